"""The contract suite, as it is in the wheel."""

from core_frontend_live.contract import TestLive

__all__ = ["TestLive"]
