FROM scratch
COPY rootfs/ /
COPY ["file with space.txt", "other", "/data dir/"]
ENV PATH=/bin
CMD ["/bin/init"]
