"""Text from outside: its lines, as part of an error or a display, as yes or no, and what is wrong with text that is no document."""

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What decoding a document from outside raises: it is no JSON or not of its type, is not UTF-8, or lies deeper than Python's stack."""

_NOT_UTF8 = "Invalid UTF-8"
"""How msgspec's DecodeError begins for it, from version 0.23 on; before, it was a UnicodeDecodeError."""

_LONGEST = 512
_TRUTHS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


def cleaned(text: str, longest: int = _LONGEST) -> str:
    """Return a text on one line, without control characters, cut to `longest` characters."""
    printable = "".join(character if character.isprintable() else " " for character in text[: 4 * longest])
    line = " ".join(printable.split())
    return line if len(line) <= longest else f"{line[:longest]}..."


def lines(text: str) -> list[str]:
    """Return the lines of a file as the C library and Go know them: each ends at a newline, or a carriage return and a newline.

    Python's `splitlines` also ends one at a form feed, a lone carriage return and what Unicode calls a separator. The last newline
    begins no further line; no text has no lines.
    """
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def truth(text: str) -> bool | None:
    """Return what a word of Go's `strconv.ParseBool` says; None for any other text."""
    return _TRUTHS.get(text)


def unreadable_reason(error: Exception) -> str:
    """Return why a document cannot be read: one of the errors in `UNREADABLE`, in words that say nothing of Python."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    said = str(error)
    return "it is not UTF-8" if isinstance(error, UnicodeError) or said.startswith(_NOT_UTF8) else said
