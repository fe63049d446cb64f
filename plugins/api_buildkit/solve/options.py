"""The options of a build as clients write them: one flat table of texts, turned into the engine's request."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from plugins.api_buildkit.proto import control_pb2 as wire
from sdk.docker.hosts import parse_extra_host
from sdk.engine.builds import BuildLimits, CacheExport, CacheImport
from sdk.engine.config import HostEntry, Ulimit
from sdk.errors import InvalidArgument, Unsupported
from sdk.oci.descriptor import Platform, parse_platform
from sdk.text import UNREADABLE, cleaned

_PULL = "pull"
_NUMBER = re.compile(r"-?[0-9]{1,19}")
_CACHES = ("registry", "inline")


class _CacheSource(msgspec.Struct, rename="pascal"):
    type: str = ""
    attrs: dict[str, str] = {}


_cache_sources = msgspec.json.Decoder(tuple[_CacheSource, ...])


@dataclass(frozen=True, slots=True)
class Options:
    """The frontend's attributes."""

    attrs: Mapping[str, str]

    def check(self) -> None:
        """Refuse what there is no answer to. Raises Unsupported."""
        if request := self.attrs.get("requestid"):
            raise Unsupported(f"unsupported request {request}")
        if "," in self.attrs.get("platform", ""):
            raise Unsupported("Multi-platform build is not supported: build one platform at a time")

    def text(self, name: str, default: str = "") -> str:
        """Return an option; empty counts as absent."""
        return self.attrs.get(name) or default

    def prefixed(self, prefix: str) -> dict[str, str]:
        """Return the options of a family by their own names."""
        return {key.removeprefix(prefix): value for key, value in self.attrs.items() if key.startswith(prefix)}

    @property
    def platform(self) -> Platform | None:
        """The platform to build for, None for this machine's."""
        name = self.text("platform")
        return parse_platform(name) if name else None

    @property
    def no_cache(self) -> bool:
        """Whether every stage is made anew: named, but naming none."""
        return self.attrs.get("no-cache") == ""

    @property
    def no_cache_stages(self) -> tuple[str, ...]:
        """The stages that are made anew."""
        return tuple(filter(None, self.text("no-cache").split(",")))

    @property
    def pull(self) -> bool:
        """Whether base images are looked for in the registry first."""
        return self.text("image-resolve-mode") == _PULL

    @property
    def extra_hosts(self) -> tuple[HostEntry, ...]:
        """Lines for /etc/hosts. Raises InvalidArgument."""
        return tuple(parse_extra_host(pair.replace("=", ":", 1)) for pair in _fields(self.text("add-hosts")))

    @property
    def limits(self) -> BuildLimits:
        """What processes may use."""
        return BuildLimits(
            memory=self._number("memory"),
            memory_swap=self._number("memswap"),
            cpu_shares=self._number("cpushares"),
            cpu_period=self._number("cpuperiod"),
            cpu_quota=self._number("cpuquota"),
            cpuset_cpus=self.text("cpusetcpus"),
            cpuset_mems=self.text("cpusetmems"),
            shm_size=self._number("shm-size"),
            cgroup_parent=self.text("cgroup-parent"),
            ulimits=tuple(map(_ulimit, _fields(self.text("ulimit")))),
        )

    def cache_imports(self, cache: wire.CacheOptions) -> tuple[CacheImport, ...]:
        """Return where steps may be taken from; sources this engine has no access to are left out, as a cache may be empty."""
        entries = [(each.type, dict(each.attrs)) for each in cache.imports]
        entries += [(each.type, each.attrs) for each in _cache_imports(self.text("cache-imports", "[]"))]
        entries += [("registry", {"ref": reference}) for reference in filter(None, self.text("cache-from").split(","))]
        references = dict.fromkeys(attrs["ref"] for kind, attrs in entries if kind in _CACHES and attrs.get("ref"))
        return tuple(CacheImport("registry", reference) for reference in references)

    def _number(self, name: str) -> int:
        text = self.text(name, "0")
        number = _number(text)
        if number is None:
            raise InvalidArgument(f"invalid {name}: {cleaned(text)}")
        return number


@dataclass(frozen=True, slots=True)
class LocalCache:
    """A cache in a directory of the client; `digest` is its index's."""

    directory: str
    digest: str


def local_caches(cache: wire.CacheOptions) -> tuple[LocalCache, ...]:
    """Return the directories of the client that steps may be taken from. Clients look up the digest themselves."""
    found = [dict(each.attrs) for each in cache.imports if each.type == "local"]
    return tuple(LocalCache(attrs["src"], attrs["digest"]) for attrs in found if attrs.get("src") and attrs.get("digest"))


def cache_exports(cache: wire.CacheOptions) -> tuple[CacheExport, ...]:
    """Return where to leave the cache; the reference of a local one is the client's directory. Raises Unsupported for other stores."""
    exports = []
    for entry in cache.exports:
        if entry.type not in (*_CACHES, "local"):
            raise Unsupported(f"cache export type {entry.type} is not supported: use inline, registry or local")
        if entry.type == "registry" and not entry.attrs.get("ref"):
            raise InvalidArgument("ref is required for a cache export to a registry")
        if entry.type == "local" and not entry.attrs.get("dest"):
            raise InvalidArgument("local cache exporter requires dest")
        if (mode := entry.attrs.get("mode", "min")) not in ("min", "max"):
            raise InvalidArgument(f"invalid cache export mode {mode}: min or max")
        place = entry.attrs.get("dest", "") if entry.type == "local" else entry.attrs.get("ref", "")
        exports.append(CacheExport(entry.type, place, mode=mode))
    return tuple(exports)


def _cache_imports(text: str) -> tuple[_CacheSource, ...]:
    try:
        return _cache_sources.decode(text)
    except UNREADABLE:
        raise InvalidArgument(f"failed to unmarshal cache-imports ({cleaned(text)})") from None


def _fields(text: str) -> list[str]:
    try:
        return next(csv.reader([text]), []) if text else []
    except csv.Error:
        raise InvalidArgument(f"no list of fields divided by commas: {cleaned(text)}") from None


def _ulimit(text: str) -> Ulimit:
    name, _, values = text.partition("=")
    soft, _, hard = values.partition(":")
    low, high = _number(soft), _number(hard or soft)
    if low is None or high is None:
        raise InvalidArgument(f"invalid ulimit: {cleaned(text)}")
    return Ulimit(name, low, high)


def _number(text: str) -> int | None:
    """Return a signed number of 64 bits, None for what is none."""
    number = int(text) if _NUMBER.fullmatch(text) else None
    return number if number is not None and -1 << 63 <= number < 1 << 63 else None
