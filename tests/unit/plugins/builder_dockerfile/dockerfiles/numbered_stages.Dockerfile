FROM golang AS first
RUN go version
FROM node
RUN node --version
FROM alpine
COPY --from=0 /usr/local/go/VERSION /go
COPY --from=1 /usr/local/bin/node /node
COPY --from=busybox:musl /bin/busybox /bin/busybox2
