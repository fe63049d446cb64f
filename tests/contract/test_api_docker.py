"""The frontend contract, kept by api_docker."""

from plugins.api_docker.contract import TestDocker

__all__ = ["TestDocker"]
