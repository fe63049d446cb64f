"""Typed system calls: one function each, raising OSError that names the operation and the path."""
