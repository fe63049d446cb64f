FROM debian
RUN --mount=type=cache,id=apt,target=/var/cache/apt,sharing=locked,from=debian,source=/var/cache/apt,mode=0755,uid=0,gid=0 \
    --mount=type=tmpfs,target=/tmp,size=64m \
    --mount=type=bind,src=scripts,dst=/scripts,rw \
    --mount=type=secret,id=key,required=true \
    --mount=type=ssh \
    --network=none /scripts/run
RUN --network=host --security=sandbox true
RUN --mount=from=debian true
