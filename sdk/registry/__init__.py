"""Registry backends made of others: for authors to use or to leave."""
