"""What a stopped dockerd has in its data root: images, volumes, networks, containers, as far as they can be read."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct, field

from core.cli.migrate.bolt import Bolt, DamagedDatabase
from core.config import StartupError
from sdk.text import UNREADABLE, unreadable_reason

_LOCKED = ("network/files/local-kv.db", "volumes/metadata.db")
_NETWORKS = b"libnetwork"
_NETWORK_KEY = b"docker/network/v1.0/network/"
_NETWORK_PREFIX = 8
"""Bytes of a counter before each value."""

T = TypeVar("T")
Json = dict[str, object]


class _Repositories(Struct, rename="pascal"):
    repositories: dict[str, dict[str, str]] = {}


class _RootFS(Struct, frozen=True):
    diff_ids: tuple[str, ...] = ()


class _ImageConfig(Struct):
    rootfs: _RootFS = _RootFS()


class _VolumeMeta(Struct, rename="pascal"):
    driver: str = "local"
    labels: dict[str, str] | None = None
    options: dict[str, str] | None = None


class _Pool(Struct, rename="pascal"):
    preferred_pool: str = ""
    sub_pool: str = ""
    gateway: str = ""
    aux_addresses: dict[str, str] | None = None


class _Generic(Struct):
    options: dict[str, str] = field(default_factory=dict, name="com.docker.network.generic")


class _NetworkMeta(Struct, rename="camel"):
    name: str = ""
    network_type: str = ""
    scope: str = "local"
    internal: bool = False
    attachable: bool = False
    ingress: bool = False
    config_only: bool = False
    enable_i_pv6: bool = field(default=False, name="enableIPv6")
    labels: dict[str, str] | None = None
    generic: _Generic | None = None
    ipam_type: str = "default"
    ipam_options: dict[str, str] | None = None
    ipam_v4: str = field(default="[]", name="ipamV4Config")
    ipam_v6: str = field(default="[]", name="ipamV6Config")


class _ContainerMeta(Struct, rename="pascal"):
    id: str = field(name="ID")
    name: str = ""
    image: str = ""
    config: Json = {}
    network_settings: Json = {}
    mount_points: dict[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """`id` without its algorithm; `layers` are directories of the layer database, the lowest first."""

    id: str
    tags: tuple[str, ...]
    config: bytes
    diff_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Volume:
    name: str
    driver: str
    labels: Mapping[str, str]
    options: Mapping[str, str]
    data: Path


@dataclass(frozen=True, slots=True)
class Network:
    """`request` is the body that makes it anew."""

    name: str
    driver: str
    request: Json


@dataclass(frozen=True, slots=True)
class Container:
    """`config` and `host_config` as the API has them; `networks` are its endpoints, `mounts` its mount points."""

    id: str
    name: str
    image_id: str
    config: Json
    host_config: Json
    networks: Mapping[str, object]
    mounts: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class DockerRoot:
    """The data root of a dockerd with the storage driver overlay2. What cannot be read is told to `complain`."""

    path: Path
    complaints: list[str]

    @classmethod
    def open(cls, path: Path) -> "DockerRoot":
        """Open a data root. Raises StartupError where there is none, or a dockerd still uses it."""
        if not (path / "image").is_dir() and not (path / "containers").is_dir():
            raise StartupError(f"{path} is no data root of a dockerd")
        for name in _LOCKED:
            _refuse_if_used(path / name)
        complaints = []
        if not (path / "image" / "overlay2").is_dir():
            complaints.append(
                "images: none of the storage driver overlay2 are here; those of containerd's image store and of other drivers are "
                "moved by docker save and docker load"
            )
        return cls(path, complaints)

    def images(self) -> Iterator[Image]:
        """Yield the images that have a name or a container."""
        root = self.path / "image" / "overlay2"
        if not root.is_dir():
            return
        tags: dict[str, list[str]] = {}
        file = root / "repositories.json"
        named = msgspec.json.decode(file.read_bytes(), type=_Repositories) if file.exists() else _Repositories()
        for references in named.repositories.values():
            for reference, identity in references.items():
                tags.setdefault(identity, []).extend([reference] if "@" not in reference else [])
        for container in self.containers():
            tags.setdefault(container.image_id, [])
        for identity in sorted(tags):
            number = identity.removeprefix("sha256:")
            try:
                config = (root / "imagedb" / "content" / "sha256" / number).read_bytes()
                diff_ids = msgspec.json.decode(config, type=_ImageConfig).rootfs.diff_ids
            except (OSError, *UNREADABLE) as error:
                self.complaints.append(f"image {identity[:19]}: {_reason(error)}")
                continue
            yield Image(number, tuple(sorted(tags[identity])), config, diff_ids)

    def volumes(self) -> Iterator[Volume]:
        """Yield the volumes of the driver `local`, with their labels and options where the database tells them."""
        root = self.path / "volumes"
        known = {key.decode(errors="replace"): value for key, value in self._database("volumes/metadata.db", b"volumes")}
        for directory in sorted(root.iterdir()) if root.is_dir() else ():
            if not (directory / "_data").is_dir():
                continue
            meta = _decoded(known.get(directory.name, b"{}"), _VolumeMeta)
            yield Volume(directory.name, meta.driver or "local", meta.labels or {}, meta.options or {}, directory / "_data")

    def networks(self) -> Iterator[Network]:
        """Yield the networks that users made on this machine."""
        for key, value in self._database("network/files/local-kv.db", _NETWORKS):
            if key.startswith(_NETWORK_KEY):
                meta = _decoded(value[_NETWORK_PREFIX:], _NetworkMeta)
                if meta.name in ("", "bridge", "host", "none", "docker_gwbridge") or meta.ingress:
                    continue
                if meta.scope != "local" or meta.config_only:
                    self.complaints.append(f"network {meta.name}: networks of a swarm and templates are not moved")
                    continue
                yield Network(meta.name, meta.network_type, _network_request(meta))

    def containers(self) -> Iterator[Container]:
        """Yield the containers' definitions."""
        root = self.path / "containers"
        for directory in sorted(root.iterdir()) if root.is_dir() else ():
            try:
                meta = msgspec.json.decode((directory / "config.v2.json").read_bytes(), type=_ContainerMeta)
                host_config = msgspec.json.decode((directory / "hostconfig.json").read_bytes(), type=Json)
            except (OSError, *UNREADABLE) as error:
                self._complain_once(f"container {directory.name[:12]}: {_reason(error)}")
                continue
            networks = meta.network_settings.get("Networks")
            yield Container(
                id=meta.id,
                name=meta.name.removeprefix("/"),
                image_id=meta.image,
                config=meta.config,
                host_config=host_config,
                networks=networks if isinstance(networks, dict) else {},
                mounts=meta.mount_points or {},
            )

    def _complain_once(self, sentence: str) -> None:
        if sentence not in self.complaints:
            self.complaints.append(sentence)

    def _database(self, name: str, bucket: bytes) -> Iterator[tuple[bytes, bytes]]:
        path = self.path / name
        if not path.exists():
            return
        try:
            yield from Bolt.read(path).bucket(bucket)
        except DamagedDatabase as error:
            self.complaints.append(f"{name}: {error}")


def _refuse_if_used(path: Path) -> None:
    """Raise StartupError while another process holds a database, as dockerd does as long as it runs."""
    if not path.exists():
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StartupError(f"a dockerd uses {path}: stop it first (systemctl stop docker docker.socket)") from None
    finally:
        os.close(descriptor)


def _decoded(content: bytes, kind: type[T]) -> T:
    return msgspec.json.decode(content, type=kind)


def _network_request(meta: _NetworkMeta) -> Json:
    options = dict(meta.generic.options) if meta.generic else {}
    pools = [
        *msgspec.json.decode(meta.ipam_v4 or "[]", type=list[_Pool]),
        *msgspec.json.decode(meta.ipam_v6 or "[]", type=list[_Pool]),
    ]
    config: list[object] = [
        {
            "Subnet": pool.preferred_pool,
            "IPRange": pool.sub_pool,
            "Gateway": pool.gateway,
            "AuxiliaryAddresses": dict(pool.aux_addresses or {}),
        }
        for pool in pools
        if pool.preferred_pool
    ]
    return {
        "Name": meta.name,
        "Driver": meta.network_type,
        "Internal": meta.internal,
        "Attachable": meta.attachable,
        "EnableIPv6": meta.enable_i_pv6,
        "Options": dict(options),
        "Labels": dict(meta.labels or {}),
        "IPAM": {"Driver": meta.ipam_type or "default", "Options": dict(meta.ipam_options or {}), "Config": config},
    }


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {(error.strerror or 'unreadable').lower()}"
    return unreadable_reason(error)
