"""mount(8)'s words."""

import pytest

from plugins.runtime_ns import constants as k
from plugins.runtime_ns.steps.mount_options import parse_options
from sdk.errors import Unsupported
from sdk.oci.runtime import Mount


def test_flags_propagation_and_data_are_told_apart() -> None:
    options = parse_options(Mount("/x", "tmpfs", "tmpfs", ("nosuid", "ro", "rw", "rslave", "mode=755", "size=1m", "tmpcopyup")))
    assert options.flags == k.MS_NOSUID
    assert options.propagation == k.MS_SLAVE | k.MS_REC
    assert options.data == "mode=755,size=1m"
    assert not options.is_bind


@pytest.mark.parametrize(
    ("words", "added", "cleared"),
    [
        (("bind", "ro"), k.MOUNT_ATTR_RDONLY, 0),
        (("bind", "nosuid", "nodev", "noexec"), k.MOUNT_ATTR_NOSUID | k.MOUNT_ATTR_NODEV | k.MOUNT_ATTR_NOEXEC, 0),
        (("bind", "noatime"), k.MOUNT_ATTR_NOATIME, k.MOUNT_ATTR_ATIME),
        (("bind", "relatime"), 0, k.MOUNT_ATTR_ATIME),
        (("bind", "nosymfollow"), k.MOUNT_ATTR_NOSYMFOLLOW, 0),
    ],
)
def test_attributes_touch_only_what_was_said(words: tuple[str, ...], added: int, cleared: int) -> None:
    attributes = parse_options(Mount("/x", "", "/y", words)).attributes()
    assert attributes is not None
    assert attributes.fields == (added, cleared, 0, 0)


def test_a_bind_without_words_has_no_attributes() -> None:
    options = parse_options(Mount("/x", "bind", "/y"))
    assert options.is_bind
    assert options.attributes() is None


def test_recursive_words() -> None:
    options = parse_options(Mount("/x", "bind", "/y", ("rbind", "rro", "rnosuid")))
    assert options.recursive == k.MOUNT_ATTR_RDONLY | k.MOUNT_ATTR_NOSUID
    assert options.attributes() is None


def test_mapped_mounts_are_refused() -> None:
    with pytest.raises(Unsupported, match="idmap"):
        parse_options(Mount("/x", "bind", "/y", ("bind", "idmap")))
