"""A build's parameters as the engine's request, and logins in its header."""

import base64
import json

import pytest

from plugins.api_docker.convert.builds import HeaderCredentials, Query, cache_entry
from sdk.engine.builds import BuildLimits, CacheEntry, CacheImport
from sdk.engine.config import Ulimit
from sdk.errors import InvalidArgument


def query(**values: str) -> Query:
    return Query({name: [value] for name, value in values.items()})


def test_a_parameter_may_be_absent_or_repeated() -> None:
    repeated = Query({"t": ["a", "", "b"], "none": []})
    assert (repeated.text("t"), repeated.texts("t")) == ("a", ("a", "b"))
    assert (repeated.text("none"), repeated.texts("none"), repeated.text("other")) == ("", (), "")


@pytest.mark.parametrize(("text", "number"), [("", 0), ("0", 0), ("-1", -1), ("+5", 5), ("9223372036854775807", 2**63 - 1)])
def test_a_number(text: str, number: int) -> None:
    assert query(memory=text).number("memory") == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x", "invalid syntax"),
        ("1_000", "invalid syntax"),
        (" 5", "invalid syntax"),
        ("\u0665", "invalid syntax"),
        ("1.5", "invalid syntax"),
        ("9223372036854775808", "value out of range"),
        ("9" * 5000, "value out of range"),
    ],
)
def test_what_go_does_not_read_as_a_number(text: str, reason: str) -> None:
    with pytest.raises(InvalidArgument, match=f"strconv.ParseInt: parsing .*: {reason}$") as refused:
        query(memory=text).number("memory")
    assert len(refused.value.message) < 600


def test_documents() -> None:
    assert query(buildargs='{"a": "1", "b": null}').mapping("buildargs") == {"a": "1", "b": None}
    assert query(buildargs="null").mapping("buildargs") == query().mapping("buildargs") == {}
    assert query(cachefrom='["a", "", "b"]').cache_imports() == (CacheImport("registry", "a"), CacheImport("registry", "b"))
    assert query(ulimits='[{"Name": "nofile", "Soft": 1, "Hard": 2}]').ulimits() == (Ulimit("nofile", 1, 2),)


@pytest.mark.parametrize("name", ["buildargs", "labels", "cachefrom", "ulimits"])
@pytest.mark.parametrize("text", ["{", "5", '"x"', "[" * 20_000, '[{"x": ' + "[" * 20_000, '{"a": 5}'])
def test_a_document_that_is_none_is_refused(name: str, text: str) -> None:
    read = {"cachefrom": Query.cache_imports, "ulimits": Query.ulimits}.get(name, lambda given: given.mapping(name))
    with pytest.raises(InvalidArgument, match=f"error reading {name}: "):
        read(query(**{name: text}))


def test_limits() -> None:
    asked = query(
        memory="5",
        memswap="-1",
        cpushares="2",
        cpuperiod="3",
        cpuquota="4",
        cpusetcpus="0-1",
        cpusetmems="0",
        shmsize="6",
        cgroupparent="/p",
    )
    assert asked.limits() == BuildLimits(5, -1, 2, 3, 4, "0-1", "0", 6, "/p")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("https://index.docker.io/v1/", "docker.io"),
        ("registry-1.docker.io", "docker.io"),
        ("r:5000", "r:5000"),
        ("https://r:5000", "r:5000"),
        ("http://r:5000", "r:5000"),
    ],
)
async def test_a_login_is_found_by_any_name_of_its_registry(key: str, registry: str) -> None:
    header = base64.urlsafe_b64encode(json.dumps({key: {"username": "u", "password": "p"}}).encode()).decode()
    logins = HeaderCredentials(header)
    assert (await logins.get(registry)).username == "u"
    other = await logins.get("elsewhere")
    assert (other.username, other.server_address) == ("", "elsewhere")


def test_an_entry_of_the_cache() -> None:
    entry = CacheEntry("i", "regular", "RUN x", 7, 1_000_000_000, 0, 3, in_use=True, shared=False, parents=("p",))
    shown = cache_entry(entry)
    assert (shown.created_at, shown.last_used_at, shown.parents) == ("1970-01-01T00:00:01Z", None, ("p",))
