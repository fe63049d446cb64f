"""Words as a shell divides them, with their quotes left in place: variables are put in later, and then quotes matter."""

from collections.abc import Iterator

_BLANK = " \t\n"


def split_raw(text: str, escape: str) -> list[str]:
    """Divide text at blanks outside of quotes; quotes and escapes stay as they are."""
    return list(_words(text, escape))


def _words(text: str, escape: str) -> Iterator[str]:
    word, quote, position = "", "", 0
    while position < len(text):
        char = text[position]
        if char == escape and quote != "'" and position + 1 < len(text):
            word += text[position : position + 2]
            position += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in _BLANK:
            if word:
                yield word
            word = ""
            position += 1
            continue
        word += char
        position += 1
    if word:
        yield word


def split_plain(text: str) -> list[str]:
    """Divide text at blanks, whatever they stand in."""
    return text.split()
