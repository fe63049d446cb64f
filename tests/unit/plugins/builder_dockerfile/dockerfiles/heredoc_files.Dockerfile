# syntax=docker/dockerfile:1.4
FROM alpine
COPY <<-EOF /etc/motd
	Welcome to ${HOSTNAME:-here}
	EOF
COPY <<'one' <<"two" /etc/conf/
$literal
one
two words
two
RUN <<first cat > /a && <<second cat > /b
1
first
2
second
RUN python3 <<SCRIPT
print("a # is no comment here")
SCRIPT
CMD cat <<< here
