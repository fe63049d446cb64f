"""The only package a plugin imports: hooks, driver interfaces, engine protocols, OCI types and errors."""
