"""The cache's records, filtered as clients write filters."""

import pytest

from plugins.api_buildkit.proto.control_pb2 import PruneRequest
from plugins.api_buildkit.services.cache import prune_request, records
from sdk.engine.builds import BuildPruneRequest, CacheEntry
from sdk.errors import InvalidArgument


def entry(name: str, kind: str = "regular", **fields: bool) -> CacheEntry:
    facts = {"in_use": False, "shared": False, **fields}
    return CacheEntry(name, kind, f"step {name}", 7, 1_500_000_000, 0, 2, facts["in_use"], facts["shared"], parents=("p", "q"))


ENTRIES = (entry("ab"), entry("bc", "exec.cachemount"), entry("cd", in_use=True, shared=True))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], "ab bc cd"),
        ([""], "ab bc cd"),
        (["id==ab"], "ab"),
        (["id=ab"], "ab"),
        (["id != ab"], "bc cd"),
        (["id~=b"], "ab bc"),
        (["id~=b", "type==regular"], "ab"),
        (["type=exec.cachemount"], "bc"),
        (["description~=step c"], "cd"),
        (["parents==p,q"], "ab bc cd"),
        (["inuse"], "cd"),
        (["inuse=true"], "cd"),
        (["inuse=FALSE"], "ab bc"),
        (["shared=0"], "ab bc"),
        (["mutable"], "bc"),
        (["immutable"], "ab cd"),
    ],
)
def test_a_record_matches_all_filters(filters: list[str], found: str) -> None:
    assert " ".join(record.id for record in records(ENTRIES, filters)) == found


def test_a_record_tells_the_entry() -> None:
    (record,) = records([ENTRIES[1]], [])
    assert (record.mutable, record.size, record.usage_count, list(record.parents)) == (True, 7, 2, ["p", "q"])
    assert (record.created_at.seconds, record.created_at.nanos) == (1, 500_000_000)
    assert not record.HasField("last_used_at")


@pytest.mark.parametrize("text", ["colour==red", "=x", "x"])
def test_a_filter_of_no_known_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="invalid filter: "):
        records(ENTRIES, [text])


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (PruneRequest(), BuildPruneRequest()),
        (PruneRequest(all=True, reserved_space=5, max_used_space=9), BuildPruneRequest(all=True, keep_bytes=5)),
        (PruneRequest(max_used_space=9), BuildPruneRequest(keep_bytes=9)),
        (PruneRequest(keep_duration=90_000_000_000), BuildPruneRequest(filters={"until": ("90s",)})),
        (
            PruneRequest(filter=["id=a", "", "id==b", "type=regular"]),
            BuildPruneRequest(filters={"id": ("a", "b"), "type": ("regular",)}),
        ),
    ],
)
def test_a_prune_is_the_engines(request_: PruneRequest, expected: BuildPruneRequest) -> None:
    assert prune_request(request_) == expected
