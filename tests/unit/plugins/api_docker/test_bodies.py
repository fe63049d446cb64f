import msgspec
import pytest
from starlette.requests import Request

from plugins.api_docker.bodies import JSON, convert, object_of, read_object
from plugins.api_docker.models.execs import ExecConfig
from sdk.engine.config import ContainerConfig
from sdk.errors import InvalidArgument


@pytest.mark.parametrize("name", ["DetachKeys", "detachKeys", "detachkeys", "DETACHKEYS"])
def test_names_match_whatever_their_case(name: str) -> None:
    assert convert({name: "ctrl-p", "Cmd": ["x"]}, ExecConfig).detach_keys == "ctrl-p"


def test_irregular_names_are_found_too() -> None:
    assert convert({"image": "x", "hostname": "h"}, ContainerConfig).hostname == "h"


def test_other_types_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="invalid JSON"):
        convert({"Cmd": "x"}, ExecConfig)
    with pytest.raises(InvalidArgument):
        object_of([])
    assert object_of(None) == {}


async def read(content: bytes, *more: bytes, length: int | None = None) -> dict[str, JSON]:
    """Read a body as a route does."""
    pieces = [content, *more]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    headers = [(b"content-type", b"application/json")]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return await read_object(Request({"type": "http", "method": "POST", "headers": headers}, receive))


@pytest.mark.anyio
async def test_null_is_an_empty_object() -> None:
    """Docker's client before version 23 sends it with a commit."""
    assert await read(b"null") == {}
    assert await read(b'{"Cmd":null}') == {}
    with pytest.raises(InvalidArgument, match="the body must be an object"):
        await read(b"[]")


@pytest.mark.anyio
async def test_a_name_counts_where_only_names_matter() -> None:
    """As in Go, whose maps keep the name of a null: `{"Volumes": {"/data": null}}` asks for a volume."""
    body = b'{"Volumes":{"/data":null},"HostConfig":{"PortBindings":{"80/tcp":null}},"Labels":{"a":null},"ExposedPorts":null}'
    assert await read(body) == {"Volumes": {"/data": {}}, "HostConfig": {"PortBindings": {"80/tcp": []}}, "Labels": {"a": ""}}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{invalid json", "invalid JSON: invalid character 'i' looking for beginning of object key string"),
        (b'{"a":', "invalid JSON: unexpected EOF"),
        (b"  ", "invalid JSON: got EOF while reading request body"),
        (b"{} trailing", "unexpected content after JSON"),
        (b'{"a":' * 250 + b"1" + b"}" * 250, "invalid JSON: exceeded max depth"),
        (b"[" * 100_000, "invalid JSON: exceeded max depth"),
        (b'{"a":' * 100_000, "invalid JSON: exceeded max depth"),
        (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "invalid JSON: exceeded max depth"),
        (b'{"a":"\xff"} trailing', "unexpected content after JSON"),
    ],
)
async def test_malformed_json_is_refused_in_gos_words(content: bytes, words: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await read(content)
    assert refused.value.message == words


@pytest.mark.anyio
async def test_what_is_no_character_counts_as_one_that_is_unknown() -> None:
    assert await read(b'{"a":"x\xffy","b":"\\ud800","c":"\\ud834\\udd1e","d":"\\\\ud800"}') == {
        "a": "x\ufffdy",
        "b": "\ufffd",
        "c": "\U0001d11e",
        "d": "\\ud800",
    }


@pytest.mark.anyio
async def test_a_body_that_is_too_large_is_refused_before_it_is_whole() -> None:
    for refused in (read(b"", length=5 << 20), read(b" " * (3 << 20), b" " * (3 << 20), b"never read")):
        with pytest.raises(InvalidArgument, match="request body too large: the limit is 4 MiB"):
            await refused


@pytest.mark.anyio
async def test_a_large_body_is_read_all_the_same() -> None:
    labels = {f"label{number}": "x" * 100 for number in range(20_000)}
    assert (await read(msgspec.json.encode({"Labels": labels})))["Labels"] == labels


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"Cmd": "x"}, "json: cannot unmarshal string into Go struct field .Cmd of type slice"),
        ({"Cmd": [1]}, "json: cannot unmarshal number into Go struct field .Cmd[0] of type string"),
        ({"Tty": "yes"}, "json: cannot unmarshal string into Go struct field .Tty of type bool"),
    ],
)
def test_what_does_not_fit_is_told_in_gos_words(value: dict[str, JSON], words: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        convert(value, ExecConfig)
    assert refused.value.message == f"invalid JSON: {words}"
