"""Directory trees on their way between client and daemon."""
