"""The frontend contract, kept by api_metrics."""

from plugins.api_metrics.contract import TestMetrics

__all__ = ["TestMetrics"]
