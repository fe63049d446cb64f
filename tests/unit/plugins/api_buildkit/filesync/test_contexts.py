"""Contexts that stay between builds."""

import os
from pathlib import Path

import pytest

from plugins.api_buildkit.filesync.contexts import Contexts
from plugins.api_buildkit.filesync.tree import Entry

pytestmark = pytest.mark.anyio


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "contexts").mkdir()
    return tmp_path / "contexts"


async def used(contexts: Contexts, key: str, *, save: bool = True) -> tuple[Path, bool]:
    """Use a context in one build; return its directory and whether a file of the last build was there."""
    async with contexts.kept(key) as kept:
        assert kept is not None
        there = (kept.directory / "file").exists()
        (kept.directory / "file").touch()
        kept.tree.index["file"] = Entry(0o100644, 0, 0, 0, 0)
        if save:
            kept.save()
        return kept.directory, there


async def test_a_context_is_kept_under_its_key(root: Path) -> None:
    contexts = Contexts(root, 4)
    first, _ = await used(contexts, "a")
    assert await used(contexts, "a") == (first, True)
    assert (await used(contexts, "b"))[0] != first


async def test_without_an_index_the_tree_is_not_trusted(root: Path) -> None:
    contexts = Contexts(root, 4)
    await used(contexts, "a", save=False)
    assert not (await used(contexts, "a"))[1]
    assert (await used(contexts, "a"))[1]


@pytest.mark.parametrize(
    "content", [b"", b"\xc1", b"\x91", b"\x81\xa1\xff\xa0", b"\x81\xa1a\xa1\xff", b"\x81\xa1a\x81\xa1x" + b"\x91" * 20_000]
)
async def test_an_index_that_cannot_be_read_is_none(root: Path, content: bytes) -> None:
    """Bytes in it that are not UTF-8 made every build from that directory fail."""
    contexts = Contexts(root, 4)
    directory, _ = await used(contexts, "a")
    (directory.parent / "index").write_bytes(content)
    assert not (await used(contexts, "a"))[1]


async def test_one_build_has_a_context_and_nothing_is_kept_without_a_key_or_a_limit(root: Path) -> None:
    contexts = Contexts(root, 4)
    async with contexts.kept("a") as kept, contexts.kept("a") as again, contexts.kept("") as nothing:
        assert kept is not None
        assert (again, nothing) == (None, None)
    async with Contexts(root, 0).kept("a") as kept:
        assert kept is None


async def test_the_least_recently_used_goes_unless_a_build_has_it(root: Path) -> None:
    contexts = Contexts(root, 2)
    places = {key: (await used(contexts, key))[0].parent for key in "ab"}
    for number, place in enumerate(places.values()):
        os.utime(place, (number, number))
    async with contexts.kept("a") as kept:
        assert kept is not None
        os.utime(places["a"], (0, 0))
        places["c"] = (await used(contexts, "c"))[0].parent
        assert [place.exists() for place in places.values()] == [True, True, True]
        kept.save()
    assert sum(place.exists() for place in places.values()) == 2
