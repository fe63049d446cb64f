"""`core migrate`: what another engine keeps, moved into a running daemon by way of its API."""
