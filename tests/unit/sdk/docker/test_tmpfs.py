"""The options of a tmpfs: later words override earlier ones of the same meaning, and what is none is refused."""

import pytest

from sdk.docker.bodies import TmpfsOptions
from sdk.docker.tmpfs import parse_tmpfs, tmpfs_options
from sdk.errors import InvalidArgument


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", ("noexec", "nosuid", "nodev")),
        ("exec", ("nosuid", "nodev", "exec")),
        ("exec,noexec,,", ("nosuid", "nodev", "noexec")),
        ("size=1m,mode=700,size=2m", ("noexec", "nosuid", "nodev", "mode=700", "size=2m")),
        ("shared,rslave", ("noexec", "nosuid", "nodev", "rslave")),
        ("defaults,mpol=bind:0", ("noexec", "nosuid", "nodev", "defaults", "mpol=bind:0")),
        ("atime,strictatime,sync,mand", ("noexec", "nosuid", "nodev", "atime", "strictatime", "sync", "mand")),
    ],
)
def test_words_override_defaults_and_each_other(text: str, options: tuple[str, ...]) -> None:
    assert parse_tmpfs("/x", text).options == options


@pytest.mark.parametrize(("text", "read_only"), [("", False), ("ro", True), ("ro,rw", False), ("rw,ro", True)])
def test_the_last_word_says_whether_it_may_be_written(text: str, read_only: bool) -> None:
    mount = parse_tmpfs("//x/../y", text)
    assert (mount.read_only, mount.destination, mount.shown) == (read_only, "/y", False)


@pytest.mark.parametrize("word", ["x", "size", "size=", "=1m", "noexec=1", "SIZE=1m", "nr_inode=1"])
def test_a_word_that_tmpfs_does_not_take(word: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_tmpfs("/x", f"rw,{word}")
    assert caught.value.message == f'invalid tmpfs option ["{word}"]'


@pytest.mark.parametrize("destination", ["", "/", "x"])
def test_a_destination_that_is_none(destination: str) -> None:
    with pytest.raises(InvalidArgument, match=r'^invalid mount config for type "tmpfs": '):
        parse_tmpfs(destination, "")


def test_a_mounts_fields_are_words_as_well() -> None:
    options = TmpfsOptions(size_bytes=1024, mode=0o1770, options=(("uid", "5"), ("exec",)))
    assert tmpfs_options(options, read_only=True) == ("nosuid", "nodev", "size=1024", "mode=1770", "uid=5", "exec", "ro")
    assert tmpfs_options(TmpfsOptions(), read_only=False) == ("noexec", "nosuid", "nodev")
    with pytest.raises(InvalidArgument):
        tmpfs_options(TmpfsOptions(options=(("nonsense",),)), read_only=False)
