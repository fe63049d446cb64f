"""One file per noun. A route parses, makes one call down, and converts."""
