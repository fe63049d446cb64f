"""A root that files are taken from: a context, or another stage.

Nothing changes in it while a build runs. Names that people wrote are resolved inside the root; walks then go down real directories.
"""

import os
import posixpath
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

from plugins.builder_dockerfile.files.filedigests import FileDigests
from plugins.builder_dockerfile.language.ignore import IgnoreRules
from plugins.builder_dockerfile.language.patterns import compile_pattern, is_pattern
from sdk.linux.openat import open_in_root


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a tree. `name` is relative to where the walk began ("" for that itself), `place` a path this process can open."""

    name: str
    place: str
    status: os.stat_result


@dataclass(frozen=True, slots=True)
class Tree:
    """`root` is a descriptor of the root directory. `owned` says that owners count; in a context they do not. `digests` are of a file
    system that stays mounted."""

    root: int
    ignore: IgnoreRules = field(default_factory=IgnoreRules)
    owned: bool = False
    digests: FileDigests | None = None

    def matches(self, pattern: str, below: str = "", *, deep: bool = False) -> list[str]:
        """Return the paths (relative to the root) that a name or pattern stands for in a directory, sorted; ignored ones do not exist.

        With `deep` a component `**` stands for any number of directories, none among them; else it is a plain `*`.
        """
        wanted = posixpath.normpath("/" + pattern).lstrip("/")
        if not is_pattern(wanted):
            path = _joined(below, wanted) if wanted else below
            return [path] if self._visible(path) else []
        return sorted({path for path in self._expand(wanted.split("/"), below, deep=deep) if self._visible(path)})

    def real(self, path: str) -> str:
        """Return a path with symlinks in its directories followed inside the root; the last component stays."""
        head, name = posixpath.split(path)
        parent = open_in_root(self.root, head or "/", os.O_PATH | os.O_DIRECTORY)
        try:
            return posixpath.join(os.readlink(f"/proc/self/fd/{parent}").removeprefix(self._base()).lstrip("/"), name)
        finally:
            os.close(parent)

    def followed(self, path: str) -> str | None:
        """Return what a symlink stands for in the end, all symlinks followed inside the root; None if that does not exist or is ignored."""
        try:
            found = open_in_root(self.root, path, os.O_PATH)
        except OSError:
            return None
        try:
            target = os.readlink(f"/proc/self/fd/{found}").removeprefix(self._base()).lstrip("/")
        finally:
            os.close(found)
        return target if self._visible(target) else None

    def _base(self) -> str:
        return os.readlink(f"/proc/self/fd/{self.root}").rstrip("/")

    def place(self, path: str) -> str:
        """Return how this process opens a real path."""
        return f"/proc/self/fd/{self.root}/{path}"

    def status(self, path: str) -> os.stat_result:
        """Return what a path is, a symlink at its end not followed. Raises FileNotFoundError."""
        return os.lstat(self.place(self.real(path)))

    def walk(self, path: str) -> Iterator[Entry]:
        """Yield a file, or a directory and all that is in it, parents first, each directory sorted; ignored files are left out."""
        real = self.real(path) if path else ""
        yield from self._walk(path, real, "")

    def _walk(self, path: str, real: str, name: str) -> Iterator[Entry]:
        place = self.place(real)
        status = os.lstat(place) if real else os.stat(place)
        is_directory = stat.S_ISDIR(status.st_mode)
        ignored = bool(path) and self.ignore.ignores(path)
        if not ignored:
            yield Entry(name, place, status)
        if not is_directory or (ignored and not self.ignore.may_include_below(path)):
            return
        for child in sorted(os.listdir(place)):
            yield from self._walk(_joined(path, child), _joined(real, child), _joined(name, child))

    def _visible(self, path: str) -> bool:
        try:
            status = self.status(path) if path else os.stat(self.place(""))
        except OSError:
            return False
        if not path or not self.ignore.ignores(path):
            return True
        return stat.S_ISDIR(status.st_mode) and self.ignore.may_include_below(path)

    def _expand(self, parts: list[str], directory: str, *, deep: bool) -> Iterator[str]:
        part, *rest = parts
        if deep and part == "**" and rest:
            yield from self._expand_below(rest, directory)
            return
        regex = compile_pattern(part, deep=False)
        for name in self._names(directory):
            if regex.fullmatch(name):
                path = _joined(directory, name)
                yield from self._expand(rest, path, deep=deep) if rest else (path,)

    def _expand_below(self, rest: list[str], directory: str) -> Iterator[str]:
        """Yield what a pattern stands for in a directory and all real directories below it."""
        waiting = [directory]
        while waiting:
            here = waiting.pop()
            yield from self._expand(rest, here, deep=True)
            waiting += [path for name in self._names(here) if self._is_real_directory(path := _joined(here, name))]

    def _is_real_directory(self, path: str) -> bool:
        try:
            return stat.S_ISDIR(self.status(path).st_mode)
        except OSError:
            return False

    def _names(self, directory: str) -> list[str]:
        try:
            opened = open_in_root(self.root, directory or "/", os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            return []
        try:
            return os.listdir(opened)
        finally:
            os.close(opened)


def _joined(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name
