"""Traces of requests, shipped to an OpenTelemetry collector."""
