FROM alpine
LABEL a=1
LABEL "b"="two words" 'c'=single\ escaped d="line \
continued"
LABEL e="quote \" inside" f='$not'
LABEL legacy this is all one value
LABEL org.opencontainers.image.created="${BUILD_DATE}"
