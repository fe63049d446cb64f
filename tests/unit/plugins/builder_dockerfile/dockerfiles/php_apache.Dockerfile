FROM php:8.2-apache
LABEL maintainer="Web Team <web@example.org>" \
      description="Shop"
ENV APACHE_DOCUMENT_ROOT /var/www/html/public
RUN set -ex; \
	apt-get update; \
	apt-get install -y --no-install-recommends libzip-dev; \
	docker-php-ext-install -j "$(nproc)" pdo_mysql zip; \
	sed -ri -e "s!/var/www/html!\${APACHE_DOCUMENT_ROOT}!g" /etc/apache2/sites-available/*.conf
COPY --chown=www-data . /var/www/html
VOLUME ["/var/www/html/uploads"]
STOPSIGNAL SIGWINCH
EXPOSE 80
CMD ["apache2-foreground"]
