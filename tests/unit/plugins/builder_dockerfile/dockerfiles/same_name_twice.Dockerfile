FROM alpine AS stage
RUN echo one
FROM debian AS stage
RUN echo two
FROM stage
