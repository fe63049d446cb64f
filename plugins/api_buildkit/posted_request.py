"""`POST /build?version=2` as a solve request: what clients say in a query that know BuildKit but not yet its own protocol."""

import csv
import io
import secrets
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from plugins.api_buildkit.proto import control_pb2 as wire
from sdk.errors import InvalidArgument

FROM_CLIENT = ("", "client-session")
"""What stands for no remote context."""
_TRUE = ("1", "t", "true")
_RENAMED = {
    "target": "target",
    "dockerfile": "filename",
    "platform": "platform",
    "memory": "memory",
    "memswap": "memswap",
    "cpushares": "cpushares",
    "cpuperiod": "cpuperiod",
    "cpuquota": "cpuquota",
    "cpusetcpus": "cpusetcpus",
    "cpusetmems": "cpusetmems",
    "shmsize": "shm-size",
    "cgroupparent": "cgroup-parent",
}
"""Parameters that are options of the frontend under another name."""

Query = Mapping[str, Sequence[str]]


class _Output(msgspec.Struct, rename="pascal"):
    type: str = ""
    attrs: dict[str, str] | None = None


_texts = msgspec.json.Decoder(dict[str, str | None] | None)
_names = msgspec.json.Decoder(list[str] | None)
_outputs = msgspec.json.Decoder(list[_Output] | None)


def solve_request(query: Query) -> wire.SolveRequest:
    """Return what a query asks for. Raises InvalidArgument."""
    try:
        return wire.SolveRequest(
            ref=_text(query, "buildid") or _text(query, "session") or secrets.token_hex(16),
            session=_text(query, "session"),
            frontend="dockerfile.v0",
            frontend_attrs=dict(_attributes(query)),
            exporters=_exporters(query),
        )
    except (UnicodeError, RecursionError):
        raise InvalidArgument("error reading the build's parameters: not UTF-8, or nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise InvalidArgument(f"error reading the build's parameters: {error}") from error


def _text(query: Query, name: str) -> str:
    return next(iter(query.get(name, ())), "")


def _attributes(query: Query) -> Iterator[tuple[str, str]]:
    yield from ((option, text) for name, option in _RENAMED.items() if (text := _text(query, name)) not in ("", "0"))
    yield from ((f"build-arg:{name}", value) for name, value in (_mapping(query, "buildargs")).items() if value is not None)
    yield from ((f"label:{name}", value or "") for name, value in (_mapping(query, "labels")).items())
    if (remote := _text(query, "remote")) not in FROM_CLIENT:
        yield "context", remote
    if _text(query, "nocache") in _TRUE:
        yield "no-cache", ""
    if _text(query, "pull") in _TRUE:
        yield "image-resolve-mode", "pull"
    if (network := _text(query, "networkmode")) not in ("", "default"):
        yield "force-network-mode", network
    if hosts := [pair.replace(":", "=", 1) for text in query.get("extrahosts", ()) for pair in text.split(",")]:
        yield "add-hosts", _row(hosts)
    if names := _names.decode(_text(query, "cachefrom") or "null"):
        yield "cache-from", ",".join(names)


def _mapping(query: Query, name: str) -> dict[str, str | None]:
    return _texts.decode(_text(query, name) or "null") or {}


def _exporters(query: Query) -> list[wire.Exporter]:
    """Without outputs the image goes into the store."""
    outputs = _outputs.decode(_text(query, "outputs") or "null")
    if outputs:
        return [wire.Exporter(type=each.type, attrs=each.attrs or {}) for each in outputs]
    return [wire.Exporter(type="moby", attrs={"name": ",".join(query.get("t", ()))})]


def _row(fields: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()
