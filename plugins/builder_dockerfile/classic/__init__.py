"""Builds as Docker's classic builder makes them: step after step, and every step is an image."""
