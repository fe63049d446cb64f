FROM alpine
COPY --color=red a b
