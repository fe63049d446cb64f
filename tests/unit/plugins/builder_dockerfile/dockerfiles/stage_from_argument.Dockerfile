ARG FLAVOUR=full
FROM debian AS common
RUN touch /common
FROM common AS full
RUN touch /full
FROM common AS slim
RUN touch /slim
FROM ${FLAVOUR} AS chosen
CMD ["ls"]
