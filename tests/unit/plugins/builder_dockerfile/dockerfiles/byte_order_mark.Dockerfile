FROM alpine
RUN echo dos \
  lines
CMD ["sh"]
