"""From text to statements: parser directives, comments, continued lines and heredocs.

A statement is one instruction's raw text. Lines count from 1. The text may hold bytes that are not UTF-8, as surrogates: a heredoc keeps
them, for it may become a file; elsewhere they become U+FFFD, as in Docker, for configurations and progress are Unicode.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from plugins.builder_dockerfile.language.errors import DockerfileError, located
from plugins.builder_dockerfile.language.shellwords import split_raw
from sdk.errors import BuildFailed

DEFAULT_ESCAPE = "\\"

_DIRECTIVE = re.compile(r"#[ \t]*([a-zA-Z][a-zA-Z0-9]*)[ \t]*=[ \t]*(.+?)[ \t]*$")
_DIRECTIVES = frozenset({"syntax", "escape", "check"})
_HEREDOC = re.compile(r"(\d*)<<(-?)(\S+)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAKES_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})


@dataclass(frozen=True, slots=True)
class Heredoc:
    """Text that follows an instruction. `expand` is False if its name was quoted; `chomp` says that leading tabs were taken away."""

    name: str
    content: str
    expand: bool = True
    chomp: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """`keyword` is in upper case; `rest` all that follows it, continued lines joined; `text` the instruction in one line as written."""

    keyword: str
    rest: str
    line: int
    end_line: int
    heredocs: tuple[Heredoc, ...] = ()

    @property
    def text(self) -> str:
        return f"{self.keyword} {self.rest}".strip()


@dataclass(frozen=True, slots=True)
class Source:
    """A Dockerfile divided into statements."""

    statements: tuple[Statement, ...]
    escape: str = DEFAULT_ESCAPE
    directives: dict[str, str] = field(default_factory=dict)


def read_source(text: str, file: str = "Dockerfile") -> Source:
    """Divide a Dockerfile. Raises BuildFailed for a bad directive, an unfinished heredoc, or no instruction at all."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    directives = _read_directives(lines, file)
    escape = directives.get("escape", DEFAULT_ESCAPE)
    reader = _Reader(lines, escape, file)
    statements = tuple(reader.statements())
    if not statements:
        raise BuildFailed("the Dockerfile cannot be empty: file with no instructions", file=file)
    return Source(statements, escape, directives)


def _read_directives(lines: list[str], file: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        match = _DIRECTIVE.match(line)
        name = match[1].lower() if match else ""
        if match is None or name not in _DIRECTIVES:
            break
        if name in found:
            raise located(DockerfileError(f"only one {name} parser directive can be used"), number, file)
        if name == "escape" and match[2] not in ("\\", "`"):
            raise located(DockerfileError(f"invalid escape token '{match[2]}' does not match ` or \\"), number, file)
        found[name] = match[2]
    return found


class _Reader:
    def __init__(self, lines: list[str], escape: str, file: str) -> None:
        self._lines = lines
        self._file = file
        self._position = 0
        mark = re.escape(escape)
        self._escape = escape
        self._continued = re.compile(rf"(^|[^{mark}]){mark}[ \t]*$")

    def statements(self) -> Iterator[Statement]:
        while self._position < len(self._lines):
            line = self._lines[self._position].lstrip()
            if not line or line.startswith("#"):
                self._position += 1
                continue
            yield self._statement()

    def _statement(self) -> Statement:
        start = self._position + 1
        joined = unicode_text(self._joined()).strip()
        keyword, *arguments = joined.split(maxsplit=1)
        rest = "".join(arguments)
        heredocs = tuple(self._heredocs(keyword.upper(), rest, start))
        return Statement(keyword.upper(), rest, start, self._position, heredocs)

    def _joined(self) -> str:
        """Take a line and those it is continued on, without comments and empty lines in between."""
        parts: list[str] = []
        while self._position < len(self._lines):
            line = self._lines[self._position]
            self._position += 1
            if parts and (not line.strip() or line.lstrip().startswith("#")):
                continue
            match = self._continued.search(line)
            if match is None:
                parts.append(line)
                break
            parts.append(line[: match.end(1)])
        return "".join(parts)

    def _heredocs(self, keyword: str, rest: str, start: int) -> Iterator[Heredoc]:
        if "<<" not in rest:
            return
        if keyword == "ONBUILD":
            keyword, _, rest = rest.partition(" ")
        if keyword.upper() not in _TAKES_HEREDOCS or is_json(rest):
            return
        for word in split_raw(rest, self._escape):
            if word.startswith("<<<"):
                continue
            if match := _HEREDOC.fullmatch(word):
                yield self._heredoc(match[3], chomp=bool(match[2]), start=start)

    def _heredoc(self, quoted: str, *, chomp: bool, start: int) -> Heredoc:
        name = quoted.strip("'\"")
        content: list[str] = []
        while self._position < len(self._lines):
            line = self._lines[self._position].lstrip("\t") if chomp else self._lines[self._position]
            self._position += 1
            if unicode_text(line) == name:
                return Heredoc(name, "".join(f"{each}\n" for each in content), expand=quoted == name, chomp=chomp)
            content.append(line)
        raise located(DockerfileError("unterminated heredoc"), start, self._file)


def unicode_text(text: str) -> str:
    """Return a text with U+FFFD for every surrogate in it."""
    return _SURROGATE.sub("\ufffd", text)


def is_json(rest: str) -> bool:
    """Tell whether an instruction's argument looks like the JSON form."""
    return rest.lstrip().startswith("[")
