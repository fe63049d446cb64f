# syntax=docker/dockerfile:1.7
ARG GO=1.22
FROM --platform=$BUILDPLATFORM golang:${GO}-alpine AS modules
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download

FROM modules AS binary
ARG TARGETOS TARGETARCH
ARG VERSION=dev
RUN --mount=type=bind,target=. --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -ldflags "-X main.version=${VERSION}" -o /out/service ./cmd/service

FROM gcr.io/distroless/static:nonroot
COPY --from=binary --link /out/service /service
USER 65532:65532
EXPOSE 8080/tcp 9090
ENTRYPOINT ["/service"]
