from ubuntu:14.04
maintainer Old Hand "old@example.org"
env DEBIAN_FRONTEND noninteractive
run apt-get update && apt-get install -y supervisor
add supervisord.conf /etc/supervisor/conf.d/
expose 22 80
volume /var/log /srv
user root
workdir /srv
onbuild add . /srv
cmd /usr/bin/supervisord -n
