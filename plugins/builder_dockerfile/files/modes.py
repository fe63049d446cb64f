"""`--chmod`: octal, or symbolic as in chmod(1)."""

import re
import stat
from dataclasses import dataclass

from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.numbers import whole_number

_HIGHEST = 0o7777
_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)")
_ACTION = re.compile(r"([-+=])([ugo]|[rwxXst]*)")
_WHO = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777}
_BITS = {"r": 0o444, "w": 0o222, "x": 0o111, "s": 0o6000, "t": 0o1000}


@dataclass(frozen=True, slots=True)
class ModeChange:
    """Either one mode for everything, or clauses applied to the mode a file has."""

    octal: int | None
    clauses: tuple[tuple[str, str], ...] = ()

    def apply(self, mode: int) -> int:
        """Return the permissions a file of this mode gets."""
        permissions = stat.S_IMODE(mode)
        if self.octal is not None:
            return self.octal
        for who, actions in self.clauses:
            for action in _ACTION.finditer(actions):
                permissions = _changed(permissions, who, action[1], action[2], directory=stat.S_ISDIR(mode))
        return permissions


def parse_mode(text: str) -> ModeChange | None:
    """Read a `--chmod`; "" is None. Raises DockerfileError."""
    if not text:
        return None
    octal = whole_number(text, 8)
    if octal is not None and 0 <= octal <= _HIGHEST:
        return ModeChange(octal)
    clauses = [_CLAUSE.fullmatch(clause) for clause in text.split(",")]
    if not all(clauses):
        raise DockerfileError(f"invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777, or symbolic")
    return ModeChange(None, tuple((clause[1] or "a", clause[2]) for clause in clauses if clause))


def _changed(permissions: int, who: str, operator: str, letters: str, *, directory: bool) -> int:
    mask = 0
    for letter in who:
        mask |= _WHO[letter]
    bits = (
        _copied(permissions, letters)
        if letters in ("u", "g", "o") and letters
        else _named(permissions, letters, directory=directory)
    )
    bits &= mask
    if operator == "+":
        return permissions | bits
    if operator == "-":
        return permissions & ~bits
    return (permissions & ~mask) | bits


def _named(permissions: int, letters: str, *, directory: bool) -> int:
    bits = 0
    for letter in letters:
        if letter == "X":
            bits |= 0o111 if directory or permissions & 0o111 else 0
        else:
            bits |= _BITS[letter]
    return bits


def _copied(permissions: int, letter: str) -> int:
    three = (permissions >> {"u": 6, "g": 3, "o": 0}[letter]) & 0o7
    return three * 0o111
