"""Where COPY and ADD put things, whose they are, and what is an archive."""

import pytest

from sdk.testing.images import make_tar
from tests.unit.plugins.builder_dockerfile.conftest import Paper

pytestmark = pytest.mark.privileged


def archive(**files: str) -> bytes:
    return make_tar({name: content.encode() for name, content in files.items()})


@pytest.mark.parametrize(
    ("lines", "files"),
    [
        ("COPY a /x", {"x": "a"}),
        ("COPY a /x/", {"x/a": "a"}),
        ("COPY a x/.", {"x/a": "a"}),
        ("WORKDIR /w\nCOPY a .", {"w/a": "a"}),
        ("WORKDIR /w\nCOPY a ./x", {"w/x": "a"}),
        ("COPY a /d/\nCOPY b /d", {"d/a": "a", "d/b": "b"}),
        ("COPY a b /", {"a": "a", "b": "b"}),
        ("COPY a b .", {"a": "a", "b": "b"}),
        ('COPY ["a", "/two words"]', {"two words": "a"}),
        ("ENV t=/there\nCOPY a $t/", {"there/a": "a"}),
        ("COPY a /../../x", {"x": "a"}),
        ("COPY --link a /x", {"x": "a"}),
        ("FROM scratch AS one\nCOPY a /x\nFROM scratch\nCOPY --from=one /x /y\nCOPY --from=1 /x /z", {"y": "a", "z": "a"}),
    ],
)
def test_a_target_is_a_file_or_a_directory(paper: Paper, lines: str, files: dict[str, str]) -> None:
    paper.write({"a": "a", "b": "b"})
    assert paper.files(f"FROM scratch\n{lines}\n") == files


def test_several_sources_need_a_directory(paper: Paper) -> None:
    paper.write({"a": "a", "b": "b"})
    for line, keyword in (("COPY a b /x", "COPY"), ("ADD * /x", "ADD")):
        assert paper.failure(f"FROM scratch\n{line}\n").endswith(
            f"When using {keyword} with more than one source file, the destination must be a directory and end with a /"
        )


def test_owner_and_mode_are_those_asked_for(paper: Paper) -> None:
    paper.write({"d/a": "a"})
    (paper.context / "d/a").chmod(0o640)
    root = paper.tree("FROM scratch\nCOPY d /plain\nCOPY --chown=5:6 --chmod=g=u d /changed\nCOPY --chown=7 d/a /alone\n")
    status = {name: (root / name).stat() for name in ("plain/a", "changed/a", "alone")}
    assert [(each.st_uid, each.st_gid, each.st_mode & 0o7777) for each in status.values()] == [
        (0, 0, 0o640),
        (5, 6, 0o660),
        (7, 7, 0o640),
    ]


def test_an_owner_that_is_not_known_is_told(paper: Paper) -> None:
    paper.write({"a": "a"})
    assert "unable to find user nobody" in paper.failure("FROM scratch\nCOPY --chown=nobody a /x\n")
    assert "it should be octal string" in paper.failure("FROM scratch\nCOPY --chmod=10000 a /x\n")


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("ADD t.tar /x/", {"x/in": "inside"}),
        ("ADD t.tar /x", {"x/in": "inside"}),
        ("ADD --unpack=false t.tar /x/", {"x/t.tar": ""}),
        ("ADD a /x/", {"x/a": "a"}),
        ("COPY t.tar /x/", {"x/t.tar": ""}),
    ],
)
def test_add_unpacks_an_archive(paper: Paper, line: str, files: dict[str, str]) -> None:
    paper.write({"t.tar": archive(**{"in": "inside"}), "a": "a"})
    found = paper.files(f"FROM scratch\n{line}\n")
    assert {name: "" if name.endswith(".tar") else content for name, content in found.items()} == files


def test_a_linked_copy_does_not_depend_on_the_layers_below(paper: Paper) -> None:
    paper.write({"a": "a", "b": "b"})
    paper.build("FROM base\nCOPY b /b\nCOPY --link a /x\nCOPY a /y\n")
    paper.write({"b": "changed"})
    root = paper.tree("FROM base\nCOPY b /b\nCOPY --link a /x\nCOPY a /y\n")
    assert paper.cached() == ["COPY --link a /x"]
    assert [(root / name).read_text() for name in ("b", "x", "y")] == ["changed", "a", "a"]


def test_the_history_tells_the_copy(paper: Paper) -> None:
    paper.write({"a": "a"})
    result = paper.build("FROM scratch\nARG to=there\nCOPY a /$to\n")
    assert paper.history(result) == ["ARG to=there", "COPY a /there # buildkit"]
