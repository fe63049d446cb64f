"""`core plugin`: what is installed, what one is and who uses it, whether one keeps the rules, and a start for a new one."""
