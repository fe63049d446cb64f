"""Text from outside: as part of an error or a display, as yes or no, and what is wrong with text that is no document."""

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What decoding a document from outside raises: it is no JSON or not of its type, is not UTF-8, or lies deeper than Python's stack."""

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


def truth(text: str) -> bool | None:
    """Return what a word of Go's `strconv.ParseBool` says; None for any other text."""
    return _TRUTHS.get(text)


def unreadable_reason(error: Exception) -> str:
    """Return why a document cannot be read: one of the errors in `UNREADABLE`, in words that say nothing of Python."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "it is not UTF-8" if isinstance(error, UnicodeError) else str(error)
