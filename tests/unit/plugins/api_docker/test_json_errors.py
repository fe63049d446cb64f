"""Malformed JSON is told in the words of Go's decoder."""

import json
import random
import time

import pytest

from plugins.api_docker.json_errors import syntax_error


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "EOF"),
        (b" \n\t", "EOF"),
        (b"{invalid json", "invalid character 'i' looking for beginning of object key string"),
        (b"invalid", "invalid character 'i' looking for beginning of value"),
        (b"{", "unexpected EOF"),
        (b'{"a', "unexpected EOF"),
        (b'{"a"', "unexpected EOF"),
        (b'{"a":', "unexpected EOF"),
        (b'{"a":1', "unexpected EOF"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":1 "b"}', "invalid character '\"' after object key:value pair"),
        (b'{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        (b"{'a':1}", "invalid character '\\'' looking for beginning of object key string"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b"[1,]", "invalid character ']' looking for beginning of value"),
        (b"[}", "invalid character '}' looking for beginning of value"),
        (b"[{}}", "invalid character '}' after array element"),
        (b"[tru", "unexpected EOF"),
        (b"[trve]", "invalid character 'v' in literal true (expecting 'u')"),
        (b"[nul1]", "invalid character '1' in literal null (expecting 'l')"),
        (b"[01]", "invalid character '1' after array element"),
        (b"[-]", "invalid character ']' in numeric literal"),
        (b"[1.x]", "invalid character 'x' after decimal point in numeric literal"),
        (b"[1e]", "invalid character ']' in exponent of numeric literal"),
        (b"[1e+", "unexpected EOF"),
        (b'["\\x"]', "invalid character 'x' in string escape code"),
        (b'["\\u12g4"]', "invalid character 'g' in \\u hexadecimal character escape"),
        (b'["a\nb"]', "invalid character '\\n' in string literal"),
        (b'["a\x00b"]', "invalid character '\\x00' in string literal"),
        (b"\xff", "invalid character '\u00ff' looking for beginning of value"),
        (b"\xef\xbb\xbf{}", "invalid character '\u00ef' looking for beginning of value"),
        (b"[" * 100_000, "exceeded max depth"),
        (b'{"a":' * 100_000, "exceeded max depth"),
    ],
)
def test_the_first_fault_is_told(content: bytes, words: str) -> None:
    assert syntax_error(content) == words


@pytest.mark.parametrize("content", [b"{}", b" [ ] ", b"1", b'"x"', b'{"a":[1,-2.5e+3,{"b":null}],"c":"\\ud834\\udd1e\\n"} rest'])
def test_what_is_well_formed_has_no_fault(content: bytes) -> None:
    assert syntax_error(content) == ""


def test_faults_are_seen_where_another_parser_sees_them() -> None:
    chance = random.Random(5)
    seed = b'{"a":[1,-2.5e+3,{"b":null,"c":true}],"d":"\\u12ab\\n x","e":{"f":[]}}'
    for _ in range(5000):
        content = bytearray(seed)
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(len(content))
            content[place : place + chance.randrange(2)] = bytes(
                chance.choices(b'{}[]",:0123456789eE.-+ tnul\\x\x01', k=chance.randrange(3))
            )
        try:
            json.loads(bytes(content).decode())
        except json.JSONDecodeError as error:
            if error.msg != "Extra data":
                assert syntax_error(bytes(content)), content
        else:
            assert syntax_error(bytes(content)) == "", content


def test_a_long_text_is_walked_in_linear_time() -> None:
    began = time.process_time()
    assert syntax_error(b"[" + b'"\\n",' * 400_000 + b"x") == "invalid character 'x' looking for beginning of value"
    assert time.process_time() - began < 10
