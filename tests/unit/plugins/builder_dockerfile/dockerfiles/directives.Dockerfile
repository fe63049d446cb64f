# syntax = docker/dockerfile:1
# escape = \
# check = skip=all
# only a comment
FROM alpine
RUN echo one \
  && echo two
