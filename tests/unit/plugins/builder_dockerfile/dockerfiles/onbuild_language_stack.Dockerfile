FROM ruby:3.3
ONBUILD ARG RAILS_ENV=production
ONBUILD WORKDIR /app
ONBUILD COPY Gemfile Gemfile.lock ./
ONBUILD RUN --mount=type=cache,target=/usr/local/bundle/cache bundle install
ONBUILD COPY --chown=1000 . .
ONBUILD USER 1000
ONBUILD HEALTHCHECK CMD ["bin/health"]
CMD ["bin/server"]
