"""What is wrong with JSON, in the words of Go's decoder, which clients and their tests match on."""

import re

MAX_DEPTH = 200
"""Go's decoder takes 10,000; no body of the API needs ten."""

TOO_DEEP = "exceeded max depth"

_SPACE = re.compile(rb"[ \t\r\n]*")
_STRING = re.compile(rb'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*')
_NUMBER = re.compile(rb"-?(?:(?:0|[1-9][0-9]*)(?:\.(?:[0-9]+(?:[eE](?:[+-]?[0-9]*))?)?|[eE][+-]?[0-9]*)?)?")
_LITERALS = {ord("t"): b"true", ord("f"): b"false", ord("n"): b"null"}
_HEX_DIGITS = 4
_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 0x5C: "\\\\", 0x27: "\\'"}
_DELETE, _LATIN1_PRINTABLE, _SOFT_HYPHEN = 0x7F, 0xA1, 0xAD


class _Malformed(Exception):
    """Says what is wrong."""


def syntax_error(content: bytes) -> str:
    """Return what is wrong with the first value in `content`; "" if it is well-formed, "EOF" if there is none.

    Time is linear in the size, and the nesting costs no stack.
    """
    place = _skip_space(content, 0)
    if place == len(content):
        return "EOF"
    try:
        _value(content, place)
    except _Malformed as error:
        return str(error)
    return ""


def _value(content: bytes, place: int) -> None:
    """Walk over one value. `closing` holds the ends of what is open."""
    closing = bytearray()
    begins = True
    while begins or closing:
        place = _skip_space(content, place)
        if begins:
            place, begins = _begin(content, place, closing)
        else:
            place, begins = _go_on(content, place, closing)


def _begin(content: bytes, place: int, closing: bytearray) -> tuple[int, bool]:
    """Take a scalar, or the beginning of an object or array; return whether another value follows at once."""
    byte = _at(content, place)
    if byte not in b"{[":
        return _scalar(content, place, byte), False
    if len(closing) >= MAX_DEPTH:
        raise _Malformed(TOO_DEEP)
    end = b"}" if byte == ord("{") else b"]"
    place = _skip_space(content, place + 1)
    if content[place : place + 1] == end:
        return place + 1, False
    closing += end
    return (_key(content, place) if end == b"}" else place), True


def _go_on(content: bytes, place: int, closing: bytearray) -> tuple[int, bool]:
    """Take the comma after a value, or the end of what holds it."""
    byte = _at(content, place)
    if byte == closing[-1]:
        closing.pop()
        return place + 1, False
    is_object = closing[-1] == ord("}")
    if byte != ord(","):
        raise _unexpected(byte, "after object key:value pair" if is_object else "after array element")
    place = _skip_space(content, place + 1)
    return (_key(content, place) if is_object else place), True


def _key(content: bytes, place: int) -> int:
    byte = _at(content, place)
    if byte != ord('"'):
        raise _unexpected(byte, "looking for beginning of object key string")
    place = _skip_space(content, _string(content, place))
    byte = _at(content, place)
    if byte != ord(":"):
        raise _unexpected(byte, "after object key")
    return place + 1


def _scalar(content: bytes, place: int, byte: int) -> int:
    if byte == ord('"'):
        return _string(content, place)
    if byte in b"-0123456789":
        return _number(content, place)
    if byte in _LITERALS:
        return _literal(content, place, _LITERALS[byte])
    raise _unexpected(byte, "looking for beginning of value")


def _string(content: bytes, place: int) -> int:
    match = _STRING.match(content, place)
    assert match is not None
    place = match.end()
    byte = _at(content, place)
    if byte == ord('"'):
        return place + 1
    if byte != ord("\\"):
        raise _unexpected(byte, "in string literal")
    byte = _at(content, place + 1)
    if byte != ord("u"):
        raise _unexpected(byte, "in string escape code")
    for offset in range(_HEX_DIGITS):
        byte = _at(content, place + 2 + offset)
        if byte not in b"0123456789abcdefABCDEF":
            raise _unexpected(byte, "in \\u hexadecimal character escape")
    raise AssertionError("a whole escape is part of the string")


def _number(content: bytes, place: int) -> int:
    match = _NUMBER.match(content, place)
    assert match is not None
    text, end = match[0], match.end()
    if text[-1:].isdigit():
        return end
    byte = _at(content, end)
    if text == b"-":
        raise _unexpected(byte, "in numeric literal")
    raise _unexpected(byte, "after decimal point in numeric literal" if text[-1:] == b"." else "in exponent of numeric literal")


def _literal(content: bytes, place: int, word: bytes) -> int:
    for offset in range(1, len(word)):
        byte = _at(content, place + offset)
        if byte != word[offset]:
            raise _unexpected(byte, f"in literal {word.decode()} (expecting {_quoted(word[offset])})")
    return place + len(word)


def _skip_space(content: bytes, place: int) -> int:
    match = _SPACE.match(content, place)
    return match.end() if match else place


def _at(content: bytes, place: int) -> int:
    if place >= len(content):
        raise _Malformed("unexpected EOF")
    return content[place]


def _unexpected(byte: int, where: str) -> _Malformed:
    return _Malformed(f"invalid character {_quoted(byte)} {where}")


def _quoted(byte: int) -> str:
    """Quote a byte as Go quotes a character."""
    if byte in _ESCAPES:
        return f"'{_ESCAPES[byte]}'"
    if byte < ord(" ") or byte == _DELETE:
        return f"'\\x{byte:02x}'"
    if _DELETE < byte < _LATIN1_PRINTABLE or byte == _SOFT_HYPHEN:
        return f"'\\u{byte:04x}'"
    return f"'{chr(byte)}'"
