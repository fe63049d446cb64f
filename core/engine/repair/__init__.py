"""The image store examined, and mended on request, while no daemon works with it."""
