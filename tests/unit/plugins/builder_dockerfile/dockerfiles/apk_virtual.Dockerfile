FROM alpine:3.20
RUN apk add --no-cache --virtual .build-deps gcc musl-dev \
 && wget -qO- "https://example.org/src.tar.gz?a=1&b=2#frag" | tar xz \
 && cd src && ./configure --prefix=/usr && make install \
 && apk del .build-deps; echo "done: $?" # not a comment
ENTRYPOINT ["/usr/bin/tool"]
