# first

FROM alpine

# before
RUN echo a \
# inside
   # indented
 && echo b \

 && echo c
  # after
  CMD true
