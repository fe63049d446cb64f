FROM alpine AS lint
RUN lint
FROM alpine AS test
COPY --from=lint /report /report
FROM alpine AS docs
RUN docs
FROM alpine AS release
COPY --from=docs /html /html
