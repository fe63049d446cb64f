"""A command line as dockerd reads it: the rules and the words of its flag library, which are POSIX's with GNU's long options.

A switch takes a value only after `=`; single letters may be joined (`-Dp FILE`); an option is not completed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.dockerd.options import OPTIONS, REPEATABLE, Form, Option
from sdk.text import truth

_LONG = {option.flag: option for option in OPTIONS}
_SHORT = {option.short: option for option in OPTIONS if option.short}


class FlagError(Exception):
    """A command line that dockerd would refuse; the message is dockerd's."""


@dataclass(frozen=True, slots=True)
class Flags:
    """What was given: the texts of each option by its flag, in their order."""

    given: dict[str, list[str]] = field(default_factory=dict)

    def text(self, flag: str) -> str:
        """Return the last text of an option, "" if it was not given."""
        return self.given.get(flag, [""])[-1]

    def switched_on(self, flag: str) -> bool:
        """Tell whether a switch was given and is on."""
        return flag in self.given and boolean(flag, self.text(flag))


def parse_flags(arguments: Sequence[str]) -> Flags:
    """Return what a command line says. Raises FlagError."""
    flags = Flags()
    for option, text in _pairs(list(arguments)):
        if option.form is Form.SWITCH:
            boolean(option.flag, text)
        texts = flags.given.setdefault(option.flag, [])
        if option.form not in REPEATABLE:
            texts.clear()
        texts.append(text)
    return flags


def boolean(flag: str, text: str) -> bool:
    """Return a switch's value in any of Go's spellings. Raises FlagError."""
    found = truth(text)
    if found is None:
        raise FlagError(f'invalid argument "{text}" for "{shown(flag)}" flag: strconv.ParseBool: parsing "{text}": invalid syntax')
    return found


def shown(flag: str) -> str:
    """Return how messages name an option: `-D, --debug`."""
    short = _LONG[flag].short
    return f"-{short}, --{flag}" if short else f"--{flag}"


def _pairs(words: list[str]) -> Iterator[tuple[Option, str]]:
    while words:
        word = words.pop(0)
        if word == "--":
            break
        if word.startswith("--"):
            yield _long(word[2:], words)
        elif word.startswith("-") and word != "-":
            yield from _letters(word[1:], words)
        else:
            words.insert(0, word)
            break
    if words:
        raise FlagError('"dockerd" accepts no arguments')


def _long(word: str, rest: list[str]) -> tuple[Option, str]:
    name, equals, text = word.partition("=")
    option = _LONG.get(name)
    if not name or option is None:
        raise FlagError(f"unknown flag: --{name}" if name else f"bad flag syntax: --{word}")
    if equals:
        return option, text
    if option.form is Form.SWITCH:
        return option, "true"
    if not rest:
        raise FlagError(f"flag needs an argument: --{name}")
    return option, rest.pop(0)


def _letters(letters: str, rest: list[str]) -> Iterator[tuple[Option, str]]:
    """Read single-letter options: `-D`, `-pFILE`, `-p=FILE`, `-p FILE`, `-Dp FILE`."""
    whole = letters
    while letters:
        letter, letters = letters[0], letters[1:]
        option = _SHORT.get(letter)
        if option is None:
            raise FlagError(f"unknown shorthand flag: '{letter}' in -{whole}")
        if letters.startswith("="):
            yield option, letters[1:]
            return
        if option.form is Form.SWITCH:
            yield option, "true"
            continue
        if not letters and not rest:
            raise FlagError(f"flag needs an argument: '{letter}' in -{whole}")
        yield option, letters or rest.pop(0)
        return
