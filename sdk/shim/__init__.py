"""The micro-shim: makes a process by carrying out a plan of system calls, supervises it, and keeps it alive without the daemon.

A runtime builds a `Plan`, frames it with `supervisor`, starts it with `launch` and holds a `ShimProcess`; after a restart of the
daemon it calls `adopt`. Nothing here knows what a container is.
"""
