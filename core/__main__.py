"""`python -m core` is `core`."""

from core_engine import main

main()
