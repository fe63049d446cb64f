"""What network drivers share."""
