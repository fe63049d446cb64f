"""A build's query parameters and headers as the engine's request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from plugins.api_docker.convert.times import rfc3339_nano
from plugins.api_docker.models.builds import BuildCacheEntry
from plugins.api_docker.registry_auth import parse_registry_config
from sdk.drivers.registry import Credentials
from sdk.engine.builds import BuildLimits, CacheEntry, CacheImport
from sdk.engine.config import Ulimit
from sdk.errors import InvalidArgument
from sdk.numbers import BadNumber, parse_int64
from sdk.text import cleaned

T = TypeVar("T")

_HUB = "docker.io"
_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io")

_texts = msgspec.json.Decoder(dict[str, str | None])
_ulimits = msgspec.json.Decoder(list[Ulimit])
_references = msgspec.json.Decoder(list[str])


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of one request; each may be repeated."""

    values: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str:
        return next(iter(self.values.get(name, ())), "")

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(value for value in self.values.get(name, ()) if value)

    def number(self, name: str) -> int:
        """Return a number, 0 if it was not given. Raises InvalidArgument."""
        text = self.text(name)
        try:
            return parse_int64(text or "0")
        except BadNumber as error:
            raise InvalidArgument(f'strconv.ParseInt: parsing "{cleaned(text)}": {error}') from None

    def mapping(self, name: str) -> dict[str, str | None]:
        """Return a JSON object of texts. Raises InvalidArgument."""
        return self._decoded(name, _texts.decode) or {}

    def ulimits(self) -> tuple[Ulimit, ...]:
        return tuple(self._decoded("ulimits", _ulimits.decode) or ())

    def cache_imports(self) -> tuple[CacheImport, ...]:
        return tuple(CacheImport("registry", name) for name in self._decoded("cachefrom", _references.decode) or () if name)

    def limits(self) -> BuildLimits:
        """Return what the build's processes may use."""
        return BuildLimits(
            memory=self.number("memory"),
            memory_swap=self.number("memswap"),
            cpu_shares=self.number("cpushares"),
            cpu_period=self.number("cpuperiod"),
            cpu_quota=self.number("cpuquota"),
            cpuset_cpus=self.text("cpusetcpus"),
            cpuset_mems=self.text("cpusetmems"),
            shm_size=self.number("shmsize"),
            cgroup_parent=self.text("cgroupparent"),
            ulimits=self.ulimits(),
        )

    def _decoded(self, name: str, decode: Callable[[str], T]) -> T | None:
        text = self.text(name)
        if text in ("", "null"):
            return None
        try:
            return decode(text)
        except RecursionError:
            raise InvalidArgument(f"error reading {name}: nested too deeply") from None
        except msgspec.MsgspecError as error:
            raise InvalidArgument(f"error reading {name}: {error}") from error


class HeaderCredentials:
    """The logins of an `X-Registry-Config` header (`sdk.engine.builds.CredentialSource`)."""

    def __init__(self, header: str) -> None:
        self._logins = parse_registry_config(header)

    async def get(self, registry: str) -> Credentials:
        keys = _HUB_KEYS if registry == _HUB else (registry, f"https://{registry}", f"http://{registry}")
        return next((self._logins[key] for key in keys if key in self._logins), Credentials(server_address=registry))


def cache_entry(entry: CacheEntry) -> BuildCacheEntry:
    """Return an entry of the build cache as `system df` shows it."""
    return BuildCacheEntry(
        id=entry.id,
        parents=entry.parents,
        type=entry.type,
        description=entry.description,
        in_use=entry.in_use,
        shared=entry.shared,
        size=entry.size,
        created_at=rfc3339_nano(entry.created_ns),
        last_used_at=rfc3339_nano(entry.last_used_ns) if entry.last_used_ns else None,
        usage_count=entry.usage_count,
    )
