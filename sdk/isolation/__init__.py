"""A driver in a process of its own: what is said between it and the daemon, and how. Only the daemon and the tests of drivers use it."""
