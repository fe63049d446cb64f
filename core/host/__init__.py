"""This machine: the daemon's directories and lock, the kernel's features, and what of ours is in the kernel."""
