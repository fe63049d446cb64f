"""dockerd's own configuration: its flags, its `daemon.json`, what of them means something here, and what a reload changes."""
