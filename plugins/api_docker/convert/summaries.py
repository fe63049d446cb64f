"""Containers of a list. A list of many is asked for often, so each entry is encoded once and only its `Status` is written anew."""

import time
from collections.abc import Sequence
from dataclasses import replace

import msgspec
from msgspec import UNSET
from msgspec.structs import replace as bare

from plugins.api_docker.convert.containers import SHOWS_MANIFEST
from plugins.api_docker.convert.mounts import mount_points
from plugins.api_docker.convert.networks import endpoint_settings
from plugins.api_docker.convert.ports import port_list
from plugins.api_docker.convert.times import human_duration, unix_seconds
from plugins.api_docker.models.containers import ContainerSummary, HealthSummary, SummaryHostConfig, SummaryNetworks
from plugins.api_docker.versions import MAXIMUM, ApiVersion
from sdk.docker.create import as_sent
from sdk.docker.modes import shown_network_mode
from sdk.engine.containers import ContainerInfo, ContainerState, Health, HealthStatus

SHOWS_ANNOTATIONS = (1, 46)
SHOWS_HEALTH = (1, 52)
_WITHOUT_MANIFEST, _TODAY = 1, 2
_NO_HEALTH = b'"Health":{"Status":"none","FailingStreak":0},'

_encoder = msgspec.json.Encoder()


class SummaryEncoder:
    """Encodes lists of containers. It remembers entries by the identity of their ContainerInfo, and only those of the last lists."""

    def __init__(self) -> None:
        self._cache: dict[tuple[int, int], tuple[ContainerInfo, bytes]] = {}

    def encode(self, infos: Sequence[ContainerInfo], version: ApiVersion = MAXIMUM) -> bytes:
        """Return the JSON array. Annotations have been in it since API 1.46, the image's manifest since 1.48, the health since 1.52."""
        now = time.time_ns()
        shape, rest = (version >= SHOWS_ANNOTATIONS) + (version >= SHOWS_MANIFEST), self._rest
        health = _health_summary if version >= SHOWS_HEALTH else _nothing
        entries = [b'{"Status":"' + status(info, now).encode() + b'",' + health(info) + rest(info, shape) for info in infos]
        if len(self._cache) > 2 * len(infos) + 64:
            self._cache = {(id(info), shape): (info, rest(info, shape)) for info in infos}
        return b"[" + b",".join(entries) + b"]\n"

    def _rest(self, info: ContainerInfo, shape: int) -> bytes:
        """Return an entry but for what changes, as clients of three ages know it."""
        known = self._cache.get((id(info), shape))
        if known is not None and known[0] is info:
            return known[1]
        shown = info if shape == _TODAY else replace(info, manifest=None)
        if shape < _WITHOUT_MANIFEST and info.host_config.annotations:
            shown = replace(shown, host_config=bare(info.host_config, annotations={}))
        rest = _encoder.encode(summary(shown))[1:]
        self._cache[(id(info), shape)] = (info, rest)
        return rest


def summary(info: ContainerInfo) -> ContainerSummary:
    """Return an entry without its `Status`."""
    return ContainerSummary(
        id=info.id,
        names=tuple(f"/{name}" for name in (info.name, *info.link_names)),
        image=info.image,
        image_id=info.image_id,
        command=command_line(info.path, info.args),
        created=unix_seconds(info.created_ns),
        ports=port_list(info),
        labels=info.config.labels,
        state=info.state,
        host_config=SummaryHostConfig(shown_network_mode(info.host_config.network_mode), info.host_config.annotations or UNSET),
        network_settings=SummaryNetworks({name: endpoint_settings(place) for name, place in info.networks.items()}),
        mounts=mount_points(info, as_sent(info.opaque) if info.mounts else None),
        size_rw=UNSET if info.size_rw is None else info.size_rw,
        size_root_fs=UNSET if info.size_root is None else info.size_root,
        image_manifest_descriptor=info.manifest or UNSET,
    )


def command_line(path: str, args: Sequence[str]) -> str:
    """Return a command as lists show it: arguments with a space are quoted."""
    return " ".join([path, *(f"'{arg}'" if " " in arg else arg for arg in args)])


def status(info: ContainerInfo, now_ns: int) -> str:
    """Return the sentence people read in `docker ps`."""
    match info.state:
        case ContainerState.RUNNING:
            return f"Up {human_duration(now_ns - info.started_ns)}{_health(info.health)}"
        case ContainerState.PAUSED:
            return f"Up {human_duration(now_ns - info.started_ns)} (Paused)"
        case ContainerState.RESTARTING:
            return f"Restarting ({info.exit_code}) {human_duration(now_ns - info.finished_ns)} ago"
        case ContainerState.EXITED:
            return f"Exited ({info.exit_code}) {human_duration(now_ns - info.finished_ns)} ago"
        case ContainerState.REMOVING:
            return "Removal In Progress"
        case _:
            return info.state.capitalize()


def _health_summary(info: ContainerInfo) -> bytes:
    health = info.health
    if health is None:
        return _NO_HEALTH
    return b'"Health":' + _encoder.encode(HealthSummary(health.status, health.failing_streak)) + b","


def _nothing(_info: ContainerInfo) -> bytes:
    return b""


def _health(health: Health | None) -> str:
    if health is None or health.status is HealthStatus.NONE:
        return ""
    return " (health: starting)" if health.status is HealthStatus.STARTING else f" ({health.status})"
