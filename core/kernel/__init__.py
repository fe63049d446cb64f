"""The microkernel: find plugins, register their hooks, open the drivers that were chosen."""
