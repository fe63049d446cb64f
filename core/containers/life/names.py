"""Container names: what is allowed, and one made up for those who give none."""

import random
import re
from collections.abc import Container

from sdk.errors import InvalidArgument

_ALLOWED = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+")

_ADJECTIVES = (
    "amber", "brave", "brisk", "calm", "clever", "cosy", "crisp", "deft", "eager", "early", "fair", "fleet", "fond", "frank", "gentle",
    "glad", "grand", "happy", "hardy", "honest", "humble", "jolly", "keen", "kind", "lively", "loyal", "lucid", "mellow", "merry",
    "mild", "modest", "neat", "nimble", "noble", "patient", "plucky", "polite", "proud", "quick", "quiet", "rapid", "ready", "sage",
    "serene", "sharp", "silent", "sincere", "sleek", "smooth", "sober", "spry", "steady", "sunny", "swift", "tidy", "trusty", "vivid",
    "warm", "wise", "witty", "zesty",
)  # fmt: skip
_PEOPLE = (
    "abel", "babbage", "bartik", "bernoulli", "boole", "cantor", "cerf", "clarke", "cray", "curry", "dijkstra", "engelbart", "erdos",
    "euler", "fermat", "floyd", "galois", "gauss", "germain", "goedel", "hamilton", "hamming", "hilbert", "hoare", "hopper", "huffman",
    "iverson", "johnson", "kahn", "kay", "kleene", "knuth", "kolmogorov", "lamport", "lamarr", "leibniz", "liskov", "lovelace",
    "mccarthy", "minsky", "naur", "neumann", "noether", "pascal", "perlman", "postel", "ramanujan", "ritchie", "shannon", "snyder",
    "sussman", "tarski", "thompson", "torvalds", "turing", "ulam", "wiener", "wilkes", "wirth", "zuse",
)  # fmt: skip


def check_name(name: str) -> str:
    """Return a name without its leading slash. Raises InvalidArgument with Docker's sentence."""
    if not _ALLOWED.fullmatch(name):
        raise InvalidArgument(f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
    return name.removeprefix("/")


def invent_name(taken: Container[str]) -> str:
    """Return a pronounceable name that is free."""
    while True:
        name = f"{random.choice(_ADJECTIVES)}_{random.choice(_PEOPLE)}"
        if name not in taken:
            return name
        numbered = f"{name}{random.randrange(10, 10000)}"
        if numbered not in taken:
            return numbered
