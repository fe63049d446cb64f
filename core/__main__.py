"""`python -m core` is `core`."""

from core.cli import main

main()
