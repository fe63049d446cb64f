"""Propagation of bind mounts, and the daemon's root."""

import pytest

from core.containers.mounts.propagation import with_propagation
from core.containers.mounts.record import MountRecord
from sdk.errors import InvalidArgument

ROOT = "/var/lib/core"


def settled(source: str, propagation: str) -> str:
    return with_propagation(MountRecord(type="bind", source=source, destination="/x", propagation=propagation), ROOT).propagation


@pytest.mark.parametrize("source", ["/srv", "/var/lib/core2", "/var/lib/cor"])
def test_elsewhere_any_will_do(source: str) -> None:
    assert settled(source, "") == "rprivate"
    assert settled(source, "shared") == "shared"


@pytest.mark.parametrize("source", ["/", "/var", "/var/lib", "/var/lib/core", "/var/lib/core/", "/var/lib/core/volumes/a"])
def test_where_the_daemons_root_is_seen_its_unmounts_must_be_followed(source: str) -> None:
    assert [settled(source, word) for word in ("", "rslave", "rshared")] == ["rslave", "rslave", "rshared"]
    for word in ("private", "rprivate", "slave", "shared"):
        with pytest.raises(InvalidArgument) as refused:
            settled(source, word)
        assert refused.value.message == (
            'invalid mount config: must use either propagation mode "rslave" or "rshared" when mounting within the daemon root, '
            f'daemon root: "{ROOT}", bind mount source: "{source}", propagation: "{word}"'
        )


def test_others_are_left_alone() -> None:
    record = MountRecord(type="tmpfs", source="", destination="/x")
    assert with_propagation(record, ROOT) is record
