"""BuildKit's protocol as an API frontend: `docker buildx` and `docker compose build` talk to the engine's builder."""
