"""The frontend contract, kept by api_buildkit: its paths carry gRPC, and it says so to who speaks something else."""

from plugins.api_buildkit.contract import TestBuildkit

__all__ = ["TestBuildkit"]
