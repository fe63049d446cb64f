"""A made-up data root of dockerd with the storage driver overlay2: the files that a real one has, as far as anything reads them."""

import base64
import gzip
import hashlib
import io
import json
import struct
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_PAGE = 4096
_MAGIC = 0xED0CDAED
_LEAF, _BRANCH, _META = 0x02, 0x01, 0x04


def bolt(buckets: Mapping[bytes, Mapping[bytes, bytes]], per_page: int = 0) -> bytes:
    """Return a database of bbolt's: each bucket within its value, or with `per_page` on pages of so many pairs below a branch."""
    pages: dict[int, bytes] = {}
    entries = []
    for name, pairs in buckets.items():
        if not per_page:
            entries.append((1, name, struct.pack("=QQ", 0, 0) + _leaf(0, [(0, *pair) for pair in pairs.items()])))
            continue
        items = list(pairs.items())
        groups = [items[index : index + per_page] for index in range(0, len(items), per_page)]
        first = 4 + len(pages)
        for number, group in enumerate(groups):
            pages[first + number] = _leaf(first + number, [(0, *pair) for pair in group])
        root = first + len(groups)
        pages[root] = _branch(root, [(group[0][0], first + number) for number, group in enumerate(groups)])
        entries.append((1, name, struct.pack("=QQ", root, 0)))
    pages[3] = _leaf(3, entries)
    metas = [_meta(number, 3) for number in (0, 1)]
    body = b"".join(pages.get(number, b"").ljust(_PAGE, b"\0") for number in range(2, max(pages) + 1))
    return b"".join(meta.ljust(_PAGE, b"\0") for meta in metas) + body


def _meta(number: int, root: int) -> bytes:
    meta = struct.pack("=IIIIQQQQQQ", _MAGIC, 2, _PAGE, 0, root, 0, 2, 9, 5 + number, 0)
    return struct.pack("=QHHI", number, _META, 0, 0) + meta


def _leaf(number: int, entries: Sequence[tuple[int, bytes, bytes]]) -> bytes:
    elements, data = b"", b""
    for index, (flags, key, value) in enumerate(entries):
        position = (len(entries) - index) * 16 + len(data)
        elements += struct.pack("=IIII", flags, position, len(key), len(value))
        data += key + value
    content = elements + data
    return struct.pack("=QHHI", number, _LEAF, len(entries), max(0, (len(content) + 16 - 1) // _PAGE)) + content


def _branch(number: int, entries: Sequence[tuple[bytes, int]]) -> bytes:
    elements, data = b"", b""
    for index, (key, page) in enumerate(entries):
        position = (len(entries) - index) * 16 + len(data)
        elements += struct.pack("=IIQ", position, len(key), page)
        data += key
    return struct.pack("=QHHI", number, _BRANCH, len(entries), 0) + elements + data


class MadeRoot:
    """Made piece by piece; `path` is what a dockerd would be given as --data-root."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._repositories: dict[str, dict[str, str]] = {}
        self._volumes: dict[bytes, bytes] = {}
        self._networks: dict[bytes, bytes] = {}
        (path / "image" / "overlay2" / "imagedb" / "content" / "sha256").mkdir(parents=True)
        (path / "containers").mkdir()
        self._write()

    def image(self, tags: Sequence[str], layers: Sequence[Mapping[str, bytes]], config: Mapping[str, object]) -> str:
        """Add an image whose layers hold these files; return its ID."""
        diff_ids, chain = [], ""
        for files in layers:
            archive = _archive(files)
            diff_id = f"sha256:{hashlib.sha256(archive).hexdigest()}"
            parent, chain = chain, diff_id if not chain else f"sha256:{hashlib.sha256(f'{chain} {diff_id}'.encode()).hexdigest()}"
            self._layer(chain, parent, archive, files)
            diff_ids.append(diff_id)
        document = json.dumps(
            {"architecture": "amd64", "os": "linux", "config": config, "rootfs": {"type": "layers", "diff_ids": diff_ids}}
        ).encode()
        number = hashlib.sha256(document).hexdigest()
        (self.path / "image/overlay2/imagedb/content/sha256" / number).write_bytes(document)
        for tag in tags:
            self._repositories.setdefault(tag.rpartition(":")[0], {})[tag] = f"sha256:{number}"
        self._write()
        return f"sha256:{number}"

    def volume(self, name: str, files: Mapping[str, bytes], **meta: object) -> None:
        """Add a volume; `meta` is what the database has besides its name."""
        data = self.path / "volumes" / name / "_data"
        data.mkdir(parents=True)
        for path, content in files.items():
            (data / path).write_bytes(content)
        self._volumes[name.encode()] = json.dumps({"Name": name, "Driver": "local", **meta}).encode()
        self._write()

    def network(self, name: str, **fields: object) -> None:
        """Add a network as libnetwork keeps it."""
        value = {"name": name, "networkType": "bridge", "scope": "local", "ipamType": "default", "ipamV4Config": "[]", **fields}
        self._networks[f"docker/network/v1.0/network/{name}/".encode()] = bytes(8) + json.dumps(value).encode()
        self._write()

    def container(self, number: str, name: str, image: str, host_config: Mapping[str, object], **fields: object) -> None:
        """Add a container's two files."""
        directory = self.path / "containers" / number
        directory.mkdir()
        meta = {"ID": number, "Name": f"/{name}", "Image": image, **fields}
        (directory / "config.v2.json").write_text(json.dumps(meta))
        (directory / "hostconfig.json").write_text(json.dumps(host_config))

    def _layer(self, chain: str, parent: str, archive: bytes, files: Mapping[str, bytes]) -> None:
        directory = self.path / "image/overlay2/layerdb/sha256" / chain.removeprefix("sha256:")
        directory.mkdir(parents=True)
        cache = hashlib.sha256(chain.encode()).hexdigest()
        (directory / "cache-id").write_text(cache)
        if parent:
            (directory / "parent").write_text(parent)
        with gzip.open(directory / "tar-split.json.gz", "wb") as record:
            record.writelines(json.dumps(entry).encode() + b"\n" for entry in _record(archive))
        for name, content in files.items():
            file = self.path / "overlay2" / cache / "diff" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod(0o755)

    def _write(self) -> None:
        (self.path / "image/overlay2/repositories.json").write_text(json.dumps({"Repositories": self._repositories}))
        (self.path / "volumes").mkdir(exist_ok=True)
        (self.path / "volumes" / "metadata.db").write_bytes(bolt({b"volumes": self._volumes}))
        (self.path / "network" / "files").mkdir(parents=True, exist_ok=True)
        (self.path / "network" / "files" / "local-kv.db").write_bytes(bolt({b"libnetwork": self._networks}))


def _archive(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _record(archive: bytes) -> list[dict[str, object]]:
    """Take an archive apart: the content of each file is left out, everything between them is a segment."""
    entries: list[dict[str, object]] = []
    position = 0
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        for member in members:
            entries.append({"type": 2, "payload": base64.b64encode(archive[position : member.offset_data]).decode()})
            entries.append({"type": 1, "name": member.name, "size": member.size, "payload": None})
            position = member.offset_data + member.size
    return [*entries, {"type": 2, "payload": base64.b64encode(archive[position:]).decode()}]
