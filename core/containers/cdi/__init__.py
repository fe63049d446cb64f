"""Devices by the Container Device Interface: what a vendor's files say that a container needs to use a device of this host."""
