"""What storage drivers that keep snapshots as directories have in common: for authors to use or to leave."""
