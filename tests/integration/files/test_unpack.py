"""Unpacking layers in the worker process: what comes out is what went in, and nothing gets out of the target."""

import gzip
import hashlib
import io
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
import zstandard

from core.images.layers.unpack import Unpacker
from sdk.errors import DataLoss, ResourceExhausted
from tests.descriptors import open_descriptors

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]


@pytest.fixture
def target(tmpfs: Path) -> Path:
    path = tmpfs / f"unpack-{os.urandom(4).hex()}" / "target"
    path.mkdir(parents=True)
    return path


class Archive:
    """A tar being written."""

    def __init__(self) -> None:
        self._output = io.BytesIO()
        self._tar = tarfile.TarFile(fileobj=self._output, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape")

    def add(self, name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, **fields: object) -> "Archive":
        info = tarfile.TarInfo(name)
        info.type, info.size = kind, len(content)
        for key, value in fields.items():
            setattr(info, key, value)
        self._tar.addfile(info, io.BytesIO(content))
        return self

    def close(self) -> bytes:
        self._tar.close()
        return self._output.getvalue()


async def stream(blob: bytes, piece: int = 10_000) -> AsyncIterator[bytes]:
    for at in range(0, len(blob), piece):
        yield blob[at : at + piece]


async def unpack(blob: bytes, target: Path):
    return await Unpacker().unpack_stream(stream(blob), target)


def listing(root: Path) -> dict[str, tuple[int, ...]]:
    """Everything about a tree that a tar keeps."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else os.readlink(path) if path.is_symlink() else b""
        size = status.st_size if stat.S_ISREG(status.st_mode) else 0
        times = () if path.is_dir() else (int(status.st_mtime),)
        found[str(path.relative_to(root))] = (
            status.st_mode, status.st_uid, status.st_gid, status.st_rdev, size, *times, hashlib.sha256(bytes(content, "utf8") if isinstance(content, str) else content).hexdigest(),
        )  # fmt: skip
    return found


def difficult(root: Path) -> Path:
    """A tree with one of everything."""
    root.mkdir()
    (root / "bin").mkdir()
    (root / "bin/tool").write_bytes(os.urandom(300_000))
    os.chown(root / "bin/tool", 1000, 1001)
    os.chmod(root / "bin/tool", 0o6755)
    os.setxattr(root / "bin/tool", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
    os.link(root / "bin/tool", root / "hard")
    (root / "link").symlink_to("/bin/tool")
    (root / "dangling").symlink_to("../../nowhere")
    os.mkfifo(root / "fifo")
    os.mknod(root / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    (root / "tmp").mkdir()
    os.chmod(root / "tmp", 0o1777)
    (root / ("deep/" * 60)).mkdir(parents=True)
    (root / ("deep/" * 60) / ("n" * 200)).touch()
    (root / "raw\udcff").write_text("odd")
    with (root / "hole").open("wb") as file:
        file.seek(5 << 20)
        file.write(b"end")
    os.utime(root / "bin", ns=(1, 1_400_000_000_000_000_000))
    return root


@pytest.mark.parametrize(
    "options", [["--format=gnu"], ["--format=pax"], ["--format=pax", "--sparse"], ["--format=gnu", "--sparse"]]
)
async def test_what_gnu_tar_packs_is_unpacked(target: Path, options: list[str]):
    source = difficult(target.parent / "source")
    xattrs = ["--xattrs", "--xattrs-include=*"] if "--format=pax" in options else []
    tar = subprocess.run(["tar", "-C", source, *options, *xattrs, "-cf", "-", "."], check=True, capture_output=True).stdout
    unpacked = await unpack(tar, target)
    assert listing(target) == listing(source)
    assert os.lstat(target / "hard").st_ino == os.lstat(target / "bin/tool").st_ino
    assert os.lstat(target / "bin").st_mtime_ns == 1_400_000_000_000_000_000
    if xattrs:
        assert os.getxattr(target / "bin/tool", "security.capability") == os.getxattr(source / "bin/tool", "security.capability")
    if "--sparse" in options:
        assert os.lstat(target / "hole").st_blocks < 100
    assert unpacked.tar_size == len(tar)
    assert unpacked.size == 300_000 + (5 << 20) + 3 + 3


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.ZstdCompressor().compress, bytes])
async def test_digests_cover_every_byte_even_after_the_archive(target: Path, compress):
    tar = Archive().add("file", b"content").close() + bytes(100_000)
    blob = compress(tar)
    for unpacked in (await unpack(blob, target), await _from_file(blob, target)):
        assert unpacked.diff_id == "sha256:" + hashlib.sha256(tar).hexdigest()


async def _from_file(blob: bytes, target: Path):
    (target.parent / "blob").write_bytes(blob)
    return await Unpacker().unpack(target.parent / "blob", target)


async def test_whiteouts_take_overlayfs_form(target: Path):
    archive = Archive().add("d", kind=tarfile.DIRTYPE, mode=0o755).add("d/.wh.gone").add("o/.wh..wh..opq").add(".wh..wh.plnk/1")
    archive.add("both", b"x").add(".wh.both").add("again", kind=tarfile.DIRTYPE, mode=0o700).add(".wh.again")
    archive.add(".wh.later").add("later", kind=tarfile.DIRTYPE, mode=0o700).add("missing/.wh.x").add(".wh.").add(".wh...")
    await unpack(archive.close(), target)
    gone = os.lstat(target / "d/gone")
    assert (stat.S_ISCHR(gone.st_mode), gone.st_rdev) == (True, 0)
    assert stat.S_ISCHR(os.lstat(target / "missing/x").st_mode)
    for opaque in ("o", "again", "later"):
        assert os.getxattr(target / opaque, "trusted.overlay.opaque") == b"y"
    assert (target / "both").read_bytes() == b"x"
    assert not any(path.name.startswith(".wh.") and path.is_file() for path in target.rglob("*"))


@pytest.mark.parametrize("name", ["../escaped", "/../../escaped", "a/../../../escaped", "//escaped", "./.././escaped"])
async def test_no_name_leads_out(target: Path, name: str):
    await unpack(Archive().add(name, b"x").close(), target)
    assert os.listdir(target.parent) == ["target"]
    assert (target / "escaped").read_bytes() == b"x"


async def test_no_symlink_leads_out(target: Path):
    secret = target.parent / "secret"
    secret.write_text("untouched")
    archive = Archive()
    archive.add("up", kind=tarfile.SYMTYPE, linkname="..").add("up/secret", b"overwritten")
    archive.add("abs", kind=tarfile.SYMTYPE, linkname=str(secret)).add("abs", b"replaced")
    archive.add("root", kind=tarfile.SYMTYPE, linkname="/").add("root/inside", b"x")
    await unpack(archive.close(), target)
    assert secret.read_text() == "untouched"
    assert (target / "secret").read_bytes() == b"overwritten"
    assert (target / "inside").read_bytes() == b"x"
    assert not (target / "abs").is_symlink()


async def test_no_hard_link_leads_out(target: Path):
    (target.parent / "secret").write_text("secret")
    archive = Archive().add("up", kind=tarfile.SYMTYPE, linkname="..").add("stolen", kind=tarfile.LNKTYPE, linkname="up/secret")
    with pytest.raises(Exception, match="link /up/secret /stolen: no such file or directory"):
        await unpack(archive.close(), target)
    assert os.lstat(target.parent / "secret").st_nlink == 1


async def test_overlayfs_own_xattrs_are_never_taken_from_a_layer(target: Path):
    pax = {"SCHILY.xattr.trusted.overlay.redirect": "/etc", "SCHILY.xattr.user.fine": "yes"}
    await unpack(Archive().add("d", kind=tarfile.DIRTYPE, mode=0o755, pax_headers=pax).close(), target)
    assert "trusted.overlay.redirect" not in os.listxattr(target / "d")


async def test_later_members_replace_earlier_ones(target: Path):
    archive = Archive().add("x", b"file").add("x/inner", b"1").add("y/inner", b"2").add("y", b"file").add("z", b"1").add("z", b"22")
    await unpack(archive.close(), target)
    assert (target / "x/inner").read_bytes() == b"1"
    assert (target / "y").read_bytes() == b"file"
    assert (target / "z").read_bytes() == b"22"


async def test_the_root_entry_gives_the_layer_its_mode(target: Path):
    await unpack(Archive().add("./", kind=tarfile.DIRTYPE, mode=0o711, uid=7).close(), target)
    assert (target.stat().st_mode & 0o7777, target.stat().st_uid) == (0o711, 7)


@pytest.mark.parametrize(
    "damage",
    [lambda blob: blob[:-2000], lambda blob: b"garbage" * 1000, lambda blob: gzip.compress(blob)[:-500], lambda blob: blob[:700]],
)
async def test_a_damaged_blob_is_data_loss(target: Path, damage):
    blob = Archive().add("file", os.urandom(100_000)).close()
    with pytest.raises(DataLoss, match="failed to unpack"):
        await unpack(damage(blob[: 512 + 100_000]), target)


async def test_a_full_disk_is_told(target: Path):
    small = target.parent / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "small", small], check=True)
    try:
        with pytest.raises(ResourceExhausted, match=r"/file: no space left on device"):
            await unpack(Archive().add("file", os.urandom(200_000)).close(), small)
    finally:
        subprocess.run(["umount", small], check=True)


async def test_an_error_of_the_source_ends_the_worker(target: Path):
    async def broken() -> AsyncIterator[bytes]:
        yield Archive().add("file", b"x" * 100_000).close()[:50_000]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await Unpacker().unpack_stream(broken(), target)
    assert _children() == []


async def test_cancelling_ends_the_worker(target: Path):
    async def endless() -> AsyncIterator[bytes]:
        yield Archive().add("file", b"x").close()[:512]
        await anyio.sleep_forever()

    with anyio.move_on_after(0.3):
        await Unpacker().unpack_stream(endless(), target)
    assert _children() == []


async def test_descriptors_are_given_back(target: Path):
    blob = Archive().add("file", b"x").close()
    await unpack(blob, target)
    before = len(open_descriptors())
    for _ in range(5):
        await unpack(blob, target)
    assert len(open_descriptors()) == before


def _children(pid: int | None = None) -> list[str]:
    pid = pid or os.getpid()
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


async def test_the_worker_ends_when_the_engine_is_killed(target: Path):
    os.mkfifo(target.parent / "endless")
    script = (
        "import asyncio, sys; from pathlib import Path; from core.images.layers.unpack import Unpacker\n"
        "asyncio.run(Unpacker().unpack(Path(sys.argv[1]), Path(sys.argv[2])))"
    )
    keep = os.open(target.parent / "endless", os.O_RDWR)
    try:
        engine = subprocess.Popen([sys.executable, "-c", script, target.parent / "endless", target])
        with anyio.fail_after(30):
            while not (workers := _children(engine.pid)):
                await anyio.sleep(0.01)
        await anyio.sleep(0.2)
        engine.kill()
        engine.wait()
        with anyio.fail_after(30):
            while Path("/proc", workers[0]).exists():
                await anyio.sleep(0.01)
    finally:
        os.close(keep)


@pytest.mark.parametrize("fields", [{"uid": 1 << 40}, {"pax_headers": {"path": "a\0b"}}, {"gid": -5}])
async def test_what_no_file_can_have_is_data_loss(target: Path, fields: dict[str, object]):
    with pytest.raises(DataLoss, match="failed to unpack"):
        await unpack(Archive().add("file", b"x", **fields).close(), target)


async def test_very_deep_names(target: Path):
    await unpack(Archive().add("d/" * 1500 + "file", b"x").add("d", b"file").close(), target)
    assert (target / "d").read_bytes() == b"file"
