"""A client of the Docker API for people without a Docker CLI: `core run`, `core ps` and so on. It knows nothing of the daemon's inside."""
