"""Authorization of requests: what authorizers are shown, and what becomes of their answers."""
