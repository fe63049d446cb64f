"""One build, from what a client asked for to what it gets."""
