"""Docker's syntax, in one place: what clients write becomes typed values, and these become text again where clients read it.

The engine imports nothing of it. Faults are told in the sentences of dockerd, which clients and tests compare.
"""
