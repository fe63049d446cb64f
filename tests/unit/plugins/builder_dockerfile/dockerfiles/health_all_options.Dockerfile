FROM nginx
HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=1h --start-interval=2s --retries=10 \
  CMD curl -fsS http://localhost/ || exit 1
