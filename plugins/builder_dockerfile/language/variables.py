"""Variables and quotes in an instruction's words (Dockerfile reference, "Environment replacement").

`$name`, `${name}`, `${name:-word}`, `:+`, `:?`, the same without colon, and the patterns `#`, `##`, `%`, `%%`, `/`, `//`. Quotes group and
vanish; nothing is replaced between single ones. An escaped `$` is a plain one.
"""

import re
from collections.abc import Mapping

from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.shellpatterns import replace_pattern, strip_pattern

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*|[0-9]|[@*#?$!-]")
_BLANK = " \t\n"
_DEEPEST = 50
"""Braces inside of braces."""


def expand(text: str, values: Mapping[str, str], escape: str = "\\") -> str:
    """Return a word with variables replaced and quotes taken away. Raises DockerfileError for a malformed one."""
    return "".join(_Expansion(text, values, escape).word())


def expand_words(text: str, values: Mapping[str, str], escape: str = "\\") -> list[str]:
    """Return the words a text consists of after variables were replaced: unquoted values are divided at their blanks."""
    return _Expansion(text, values, escape).words()


def expand_plain(text: str, values: Mapping[str, str], escape: str = "\\") -> str:
    """Return a text with variables replaced and everything else, quotes too, as it was: for heredocs."""
    return "".join(_Expansion(text, values, escape, quotes=False).word())


class _Expansion:
    """One text being read. A piece is (text, quoted): only what is not quoted is divided."""

    def __init__(self, text: str, values: Mapping[str, str], escape: str, *, quotes: bool = True) -> None:
        self._text = text
        self._values = values
        self._escape = escape
        self._quotes = quotes
        self._position = 0
        self._depth = 0

    def word(self) -> list[str]:
        return [piece for piece, _quoted in self._pieces("")]

    def words(self) -> list[str]:
        found: list[str] = []
        current: str | None = None
        for piece, quoted in self._pieces(""):
            if quoted:
                current = (current or "") + piece
                continue
            for char in piece:
                if char not in _BLANK:
                    current = (current or "") + char
                elif current is not None:
                    found.append(current)
                    current = None
        return [*found, *([] if current is None else [current])]

    def _pieces(self, end: str) -> list[tuple[str, bool]]:
        """Read up to a closing character outside of quotes, which is taken as well."""
        pieces: list[tuple[str, bool]] = []
        while self._position < len(self._text):
            char = self._text[self._position]
            if char == end:
                self._position += 1
                return pieces
            if char == "'" and self._quotes:
                pieces.append((self._single(), True))
            elif char == '"' and self._quotes:
                pieces.append((self._double(), True))
            elif char == "$":
                pieces.append((self._variable(), False))
            elif char == self._escape:
                pieces.append((self._escaped(), True))
            else:
                self._position += 1
                pieces.append((char, False))
        if end:
            raise DockerfileError("syntax error: missing '}'")
        return pieces

    def _single(self) -> str:
        close = self._text.find("'", self._position + 1)
        if close < 0:
            raise DockerfileError("unexpected end of statement while looking for matching single-quote")
        content = self._text[self._position + 1 : close]
        self._position = close + 1
        return content

    def _double(self) -> str:
        self._position += 1
        content = ""
        while self._position < len(self._text):
            char = self._text[self._position]
            if char == '"':
                self._position += 1
                return content
            if char == "$":
                content += self._variable()
            elif char == self._escape and self._text[self._position + 1 : self._position + 2] in ('"', "$", self._escape):
                content += self._text[self._position + 1]
                self._position += 2
            else:
                content += char
                self._position += 1
        raise DockerfileError("unexpected end of statement while looking for matching double-quote")

    def _escaped(self) -> str:
        """An escape before the end of the text stands for itself; in a heredoc it is one only before `$` and itself."""
        following = self._text[self._position + 1 : self._position + 2]
        if not following or (not self._quotes and following not in ("$", self._escape)):
            self._position += 1
            return self._escape
        self._position += 2
        return following

    def _variable(self) -> str:
        self._position += 1
        if self._text[self._position : self._position + 1] == "{":
            self._position += 1
            return self._braced()
        match = _NAME.match(self._text, self._position)
        if match is None:
            return "$"
        self._position = match.end()
        return self._values.get(match[0], "")

    def _braced(self) -> str:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise DockerfileError(f"syntax error: more than {_DEEPEST} substitutions inside of one another")
        value = self._substituted()
        self._depth -= 1
        return value

    def _substituted(self) -> str:
        match = _NAME.match(self._text, self._position)
        if match is None:
            raise DockerfileError("syntax error: bad substitution")
        name, self._position = match[0], match.end()
        operator = self._operator()
        if operator == "}":
            return self._values.get(name, "")
        if operator in ("/", "//"):
            pattern = "".join(piece for piece, _ in self._pieces("/"))
            replacement = "".join(piece for piece, _ in self._pieces("}"))
            return replace_pattern(self._values.get(name, ""), pattern, replacement, everywhere=operator == "//")
        word = "".join(piece for piece, _ in self._pieces("}"))
        if operator[0] in "#%":
            return strip_pattern(self._values.get(name, ""), word, prefix=operator[0] == "#", longest=len(operator) == 2)
        return self._conditional(name, operator, word)

    def _operator(self) -> str:
        for operator in (":-", ":+", ":?", "##", "%%", "//", "-", "+", "?", "#", "%", "/", "}"):
            if self._text.startswith(operator, self._position):
                self._position += len(operator)
                return operator
        if self._position >= len(self._text):
            raise DockerfileError("syntax error: missing '}'")
        raise DockerfileError(f"unsupported modifier ({self._text[self._position : self._position + 2]}) in substitution")

    def _conditional(self, name: str, operator: str, word: str) -> str:
        value = self._values.get(name)
        is_set = bool(value) if operator[0] == ":" else value is not None
        match operator[-1]:
            case "-":
                return value if is_set and value is not None else word
            case "+":
                return word if is_set else ""
        if is_set and value is not None:
            return value
        raise DockerfileError(f"{name}: {word or 'not allowed to be unset'}")
