FROM alpine AS tools
FROM alpine
COPY --link --chown=1000:1000 --chmod=u=rwX,go=rX --exclude=**/*.md --parents ./src/./app/ ./docs/*.txt /srv/
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.org/file.tar.gz /opt/
ADD --keep-git-dir=true https://git.example.org/team/project.git#v1.2:sub /git
ADD --unpack=false archive.tar /archives/
COPY --from=tools --link=false /etc/alpine-release /
