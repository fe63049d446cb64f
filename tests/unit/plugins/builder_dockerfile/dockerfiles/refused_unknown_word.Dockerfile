FROM alpine
RUN echo
INSTALL curl
