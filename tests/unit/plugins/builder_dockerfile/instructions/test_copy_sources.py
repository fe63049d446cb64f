"""What COPY and ADD take: names, patterns, links, `--parents`, `--exclude`, heredocs."""

import os

import pytest

from tests.unit.plugins.builder_dockerfile.conftest import Paper

pytestmark = pytest.mark.privileged

SOURCE = {"a.txt": "a", "b.txt": "b", "c.md": "c", "dir/x.txt": "x", "dir/y.md": "y", "dir/sub/z.txt": "z"}


@pytest.fixture
def copied(paper: Paper) -> Paper:
    paper.write(SOURCE)
    (paper.context / "link").symlink_to("dir")
    (paper.context / "filelink").symlink_to("a.txt")
    (paper.context / "dangling").symlink_to("nowhere")
    (paper.context / "out").symlink_to("/etc")
    return paper


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("COPY a.txt /t/", {"t/a.txt": "a"}),
        ("COPY a.txt /t", {"t": "a"}),
        ("COPY *.txt /t/", {"t/a.txt": "a", "t/b.txt": "b"}),
        ("COPY [ab].* /t/", {"t/a.txt": "a", "t/b.txt": "b"}),
        ("COPY dir /t", {"t/x.txt": "x", "t/y.md": "y", "t/sub/z.txt": "z"}),
        ("COPY dir/ /t/", {"t/x.txt": "x", "t/y.md": "y", "t/sub/z.txt": "z"}),
        ("COPY ../../a.txt /t/", {"t/a.txt": "a"}),
        ("COPY link /t", {"t/x.txt": "x", "t/y.md": "y", "t/sub/z.txt": "z"}),
        ("COPY filelink /t/", {"t/filelink": "a"}),
        ("COPY dangling /t/", {"t/dangling": "-> nowhere"}),
        ("COPY --parents dir/sub/z.txt /t/", {"t/dir/sub/z.txt": "z"}),
        ("COPY --parents dir/./sub/z.txt /t/", {"t/sub/z.txt": "z"}),
        ("COPY --parents **/*.txt /t/", {"t/a.txt": "a", "t/b.txt": "b", "t/dir/x.txt": "x", "t/dir/sub/z.txt": "z"}),
        ("COPY --exclude=*.md *.* /t/", {"t/a.txt": "a", "t/b.txt": "b"}),
        ("COPY --exclude=**/*.txt dir /t", {"t/y.md": "y"}),
        ("COPY --exclude=sub dir /t", {"t/x.txt": "x", "t/y.md": "y"}),
        ("COPY <<one <<two /t/\n1\none\n2\ntwo", {"t/one": "1\n", "t/two": "2\n"}),
        ("COPY <<E /t\n$name '$name'\nE", {"t": " ''\n"}),
        ("COPY <<'E' /t\n$name\nE", {"t": "$name\n"}),
        ("COPY <<-E /t\n\t\ttab\n\tE", {"t": "tab\n"}),
        ("COPY <<E a.txt /t/\n1\nE", {"t/E": "1\n", "t/a.txt": "a"}),
    ],
)
def test_sources_are_found(copied: Paper, line: str, files: dict[str, str]) -> None:
    assert copied.files(f"FROM scratch\n{line}\n") == files


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("COPY none /t/", '"/none": not found'),
        ("COPY *.none /t/", '"/*.none": not found'),
        ("COPY out/passwd /t/", '"/out/passwd": not found'),
        ("COPY a.txt none /t/", '"/none": not found'),
        ("COPY --parents none/./a.txt /t/", '"/none/a.txt": not found'),
        ("COPY [z-a] /t/", "syntax error in pattern: [z-a]"),
        ("ADD https://[x/a /t/", 'parse "https://[x/a": invalid URL'),
    ],
)
def test_a_source_that_is_not_there_is_told(copied: Paper, line: str, message: str) -> None:
    assert message in copied.failure(f"FROM scratch\n{line}\n")


def test_an_ignored_file_is_not_there(copied: Paper) -> None:
    copied.write({".dockerignore": "a.txt\ndir\n!dir/sub\n"})
    assert '"/a.txt": not found' in copied.failure("FROM scratch\nCOPY a.txt /t\n")
    assert copied.files("FROM scratch\nCOPY dir /t\n") == {"t/sub/z.txt": "z"}
    assert copied.files("FROM scratch\nCOPY *.txt /t/\n") == {"t/b.txt": "b"}


def test_bytes_that_are_not_utf8_are_copied_as_they_are(paper: Paper) -> None:
    """The build failed: 'utf-8' codec can't encode character."""
    root = paper.tree(b"FROM scratch\n# caf\xe9\nLABEL a=\xe9\nCOPY <<E /t\ncaf\xe9\nE\n")
    assert (root / "t").read_bytes() == b"caf\xe9\n"


def test_the_content_decides_what_is_cached_and_times_do_not(copied: Paper) -> None:
    dockerfile = "FROM scratch\nCOPY dir /t\nCOPY a.txt /u\n"
    copied.build(dockerfile)
    os.utime(copied.context / "dir/x.txt", (1, 1))
    copied.build(dockerfile)
    assert copied.cached() == ["COPY dir /t", "COPY a.txt /u"]
    copied.write({"a.txt": "A"})
    copied.build(dockerfile)
    assert copied.cached() == ["COPY dir /t"]
    (copied.context / "dir/x.txt").chmod(0o600)
    copied.build(dockerfile)
    assert copied.cached() == []


def test_what_is_excluded_makes_no_difference(copied: Paper) -> None:
    dockerfile = "FROM scratch\nCOPY --exclude=*.md dir /t\n"
    copied.build(dockerfile)
    copied.write({"dir/y.md": "changed"})
    copied.build(dockerfile)
    assert copied.cached() == ["COPY --exclude=*.md dir /t"]
