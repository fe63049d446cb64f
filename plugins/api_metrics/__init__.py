"""Metrics of the daemon and its containers, for Prometheus."""
