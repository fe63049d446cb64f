"""A third party's API: what the engine does, told as it happens."""
