FROM --platform=linux/amd64 debian:bookworm AS amd64
FROM --platform=linux/arm64/v8 debian:bookworm AS arm64
FROM --platform=${TARGETPLATFORM:-linux/amd64} debian:bookworm
COPY --from=amd64 /etc/os-release /amd64
COPY --from=arm64 /etc/os-release /arm64
