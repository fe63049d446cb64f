"""`--name=value` at the beginning of an instruction."""

from collections.abc import Collection
from dataclasses import dataclass, field

from plugins.builder_dockerfile.language.errors import DockerfileError, suggestion
from plugins.builder_dockerfile.language.shellwords import split_raw

_FALSE, _TRUE = frozenset({"false", "0"}), frozenset({"", "true", "1"})


@dataclass(slots=True)
class Flags:
    """The flags of one instruction by name, in their order; `rest` is what follows them."""

    rest: str
    values: dict[str, list[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a flag's value, "" if it was not given."""
        return self.values.get(name, [""])[-1]

    def switch(self, name: str) -> bool | None:
        """Return whether a flag is on, None if it was not given. Raises DockerfileError."""
        if name not in self.values:
            return None
        value = self.text(name).lower()
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
        raise DockerfileError(f'expecting boolean value for flag {name}, not: "{self.text(name)}"')


def read_flags(
    rest: str, escape: str, known: Collection[str], repeated: Collection[str] = (), switches: Collection[str] = ()
) -> Flags:
    """Take the flags off an instruction's argument. Raises DockerfileError for one that is unknown, doubled, or lacks its value."""
    flags = Flags(rest)
    while flags.rest.startswith("--"):
        word = split_raw(flags.rest, escape)[0]
        flags.rest = flags.rest[len(word) :].lstrip()
        if word == "--":
            break
        name, equals, value = word[2:].partition("=")
        if name not in known:
            raise DockerfileError(f"unknown flag: --{name}{suggestion(name, known)}")
        if not equals and name not in switches:
            raise DockerfileError(f"missing a value on flag: {name}")
        if name in flags.values and name not in repeated:
            raise DockerfileError(f"duplicate flag specified: {name}")
        flags.values.setdefault(name, []).append(value)
    return flags
