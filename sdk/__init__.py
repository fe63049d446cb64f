"""The only package a plugin imports, in three floors (docs/reference/sdk-surface.txt lists all names).

The contract is what an author must read: `hookspecs`, `providers`, `drivers`, `engine`, `frontend`, `oci`, `errors`, `events`, `version`. The
kit is what an author may use: `storage`, `network`, `logfiles`, `linux`, `shim`, `registry`, `docker` and small helpers. `testing` has the
contract suites, fakes that keep them, and fixtures. Each floor stands on those before it.
"""
