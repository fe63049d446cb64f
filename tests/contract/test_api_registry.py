"""The frontend contract, kept by api_registry."""

from plugins.api_registry.contract import TestRegistry

__all__ = ["TestRegistry"]
