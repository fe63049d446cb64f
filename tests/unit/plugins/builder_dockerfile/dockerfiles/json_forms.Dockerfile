FROM alpine
SHELL ["/bin/ash", "-eo", "pipefail", "-c"]
RUN ["/bin/sh", "-c", "echo \"quoted\" \u00e9"]
RUN [ -d /etc ] && echo not json
RUN ['single', 'quotes']
CMD []
ENTRYPOINT ["/bin/sh",   "-c" ,"exec \"$@\"", "--"]
VOLUME [ "/a", "/b c" ]
