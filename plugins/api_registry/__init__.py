"""The engine's images by the OCI distribution protocol."""
