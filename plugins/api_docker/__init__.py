"""The Docker Engine API, an API frontend like any other."""
