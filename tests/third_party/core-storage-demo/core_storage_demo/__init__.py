"""A third party's storage driver."""
