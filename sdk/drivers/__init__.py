"""Driver interfaces: one documented ABC per kind. A driver gets data and returns data; it never sees the engine."""
