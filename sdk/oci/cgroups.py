"""Paths of control groups (runtime-spec: config-linux.md "Control groups")."""

import posixpath


def clean_cgroup_path(path: str) -> str:
    """Return a path below the root of every hierarchy, absolute and without detours: `..` ends at that root, as in path.Join("/", path)."""
    return "/" + posixpath.normpath(f"/{path}").lstrip("/")
