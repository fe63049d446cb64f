ARG REGISTRY=docker.io
ARG DISTRO=debian TAG=bookworm
FROM ${REGISTRY}/library/${DISTRO}:${TAG:-latest} AS base
ARG TAG
ARG UID=1000 GID=1000
ARG NAME="app user"
ENV LABEL="${NAME%% *}" HOME=/home/${UID:+u${UID}}
RUN groupadd -g ${GID} app && useradd -u ${UID} -g app -d $HOME app
FROM base AS final
