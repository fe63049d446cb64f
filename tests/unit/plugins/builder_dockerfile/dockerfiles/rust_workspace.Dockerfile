# syntax=docker/dockerfile:1
ARG RUST_VERSION=1.79
FROM rust:${RUST_VERSION}-bookworm AS chef
RUN cargo install cargo-chef --locked
WORKDIR /build
FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json
FROM chef AS builder
COPY --from=planner /build/recipe.json recipe.json
RUN cargo chef cook --release --recipe-path recipe.json
COPY . .
RUN <<EOF
set -eux
cargo build --release --bin server
strip target/release/server
EOF
FROM debian:bookworm-slim
COPY --from=builder /build/target/release/server /usr/local/bin/
ENTRYPOINT ["server"]
CMD ["--help"]
