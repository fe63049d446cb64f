""".dockerignore: which files of a context do not exist for a build (Dockerfile reference, ".dockerignore file")."""

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plugins.builder_dockerfile.language.patterns import compile_pattern
from sdk.text import lines


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: str
    includes: bool

    def matches(self, path: str) -> bool:
        """Tell whether a path, or a directory it is in, matches."""
        regex = compile_pattern(self.pattern)
        while path:
            if regex.fullmatch(path):
                return True
            path = path.rpartition("/")[0]
        return False


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The last rule that matches a path decides."""

    rules: tuple[_Rule, ...] = ()

    def ignores(self, path: str) -> bool:
        """Tell whether a path, relative to the context, is left out."""
        for rule in reversed(self.rules):
            if rule.matches(path):
                return not rule.includes
        return False

    def may_include_below(self, directory: str) -> bool:
        """Tell whether something inside an ignored directory may be taken back."""
        return any(rule.includes and _reaches(rule.pattern, directory) for rule in self.rules)


def read_ignore(text: str) -> IgnoreRules:
    """Read a .dockerignore. Raises DockerfileError for a malformed pattern."""
    return ignore_rules(line for line in lines(text.removeprefix("\ufeff")) if not line.startswith("#"))


def ignore_rules(patterns: Iterable[str]) -> IgnoreRules:
    """Return the rules of some patterns, in order; empty ones do not count."""
    return IgnoreRules(tuple(rule for line in patterns if (rule := _rule(line.strip()))))


def _rule(line: str) -> _Rule | None:
    includes = line.startswith("!")
    text = line[1:].strip() if includes else line
    if not text:
        return None
    cleaned = posixpath.normpath(text).lstrip("/")
    if cleaned in ("", "."):
        return None
    compile_pattern(cleaned)
    return _Rule(cleaned, includes)


def _reaches(pattern: str, directory: str) -> bool:
    """Tell whether a pattern can match below a directory, comparing them component by component."""
    wanted, present = pattern.split("/"), directory.split("/")
    for own, name in zip(wanted, present, strict=False):
        if "**" in own:
            return True
        if not compile_pattern(own).fullmatch(name):
            return False
    return len(wanted) > len(present)


def excluded(patterns: Sequence[str], path: str) -> bool:
    """Tell whether `COPY --exclude` patterns leave a path out."""
    return ignore_rules(patterns).ignores(path)
