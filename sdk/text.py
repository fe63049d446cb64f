"""Text from outside as part of an error or a display."""

_LONGEST = 512


def cleaned(text: str, longest: int = _LONGEST) -> str:
    """Return a text on one line, without control characters, cut to `longest` characters."""
    printable = "".join(character if character.isprintable() else " " for character in text[: 4 * longest])
    line = " ".join(printable.split())
    return line if len(line) <= longest else f"{line[:longest]}..."
