"""Layouts as directories and as archives, whole and broken."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from plugins.registry_layout.layouts import ArchiveLayout, DirectoryLayout, Region, blob, open_layout, read
from plugins.registry_layout.writing import make_layout
from sdk.errors import DataLoss, InvalidArgument, NotFound, Unavailable


def packed(path: Path, files: dict[str, bytes], **headers: str) -> Path:
    """Write an archive of some files; `headers` are PAX headers of each."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.pax_headers = {key.replace("__", "."): value for key, value in headers.items()}
            archive.addfile(entry, io.BytesIO(content))
    return path


WHOLE = {"./oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "./index.json": b'{"manifests": []}', "blobs/sha256/00": b"blob"}


def test_an_archive_is_read_where_it_lies(tmp_path: Path) -> None:
    layout = open_layout(packed(tmp_path / "a.tar", WHOLE))
    assert isinstance(layout, ArchiveLayout)
    assert read(layout, "index.json") == b'{"manifests": []}'
    region = layout.find("blobs/sha256/00")
    assert region is not None
    with region.opened() as file:
        assert os.pread(file, region.size, region.offset) == b"blob"
    assert layout.find("blobs/sha256/11") is None
    packed(tmp_path / "a.tar", {**WHOLE, "blobs/sha256/11": b"x"})
    assert layout.find("blobs/sha256/11") is not None


def negative(size: int) -> bytes:
    """Return an archive of one file with a size below zero, in the binary form of GNU tar."""
    raw = bytearray(512)
    raw[:10] = b"index.json"
    raw[100:108] = b"0000644\0"
    raw[124:136] = size.to_bytes(12, signed=True)
    raw[156:157] = b"0"
    raw[257:265] = b"ustar  \0"
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw)
    return bytes(raw) + bytes(1024)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("size", [-512, -1024, -1, -(1 << 40)])
def test_a_file_smaller_than_nothing_is_refused(tmp_path: Path, size: int) -> None:
    """A size of minus one block leads back to the same header: the archive was read for ever."""
    (tmp_path / "a.tar").write_bytes(negative(size))
    with pytest.raises(Unavailable, match=r"index\.json has a size below zero"):
        ArchiveLayout(tmp_path / "a.tar").find("index.json")


@pytest.mark.parametrize(
    "headers",
    [
        {"GNU__sparse__major": "0", "GNU__sparse__minor": "1", "GNU__sparse__map": "x,y", "GNU__sparse__size": "9"},
        {"GNU__sparse__major": "1", "GNU__sparse__minor": "0", "GNU__sparse__realsize": "9"},
    ],
)
def test_a_sparse_file_whose_map_is_none_is_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    path = packed(tmp_path / "a.tar", {"index.json": b"x\n" * 300}, **headers)
    with pytest.raises(Unavailable, match="is no archive of a layout"):
        ArchiveLayout(path).find("index.json")


@pytest.mark.parametrize("content", [b"", b"text", b"\x1f\x8b\x08" + bytes(600), b"x" * 2000])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(Unavailable, match="is no archive of a layout, or it is compressed"):
        open_layout(tmp_path / "a.tar")


def test_symlinks_and_directories_of_an_archive_are_no_files(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, kind in (("link", tarfile.SYMTYPE), ("directory", tarfile.DIRTYPE), ("hard", tarfile.LNKTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    layout = ArchiveLayout(tmp_path / "a.tar")
    assert [layout.find(name) for name in ("link", "directory", "hard")] == [None] * 3


def test_a_directory_is_a_layout_if_it_has_an_index(tmp_path: Path) -> None:
    assert open_layout(tmp_path / "none") is None
    (tmp_path / "plain").mkdir()
    assert open_layout(tmp_path / "plain") is None
    make_layout(tmp_path / "plain")
    assert isinstance(open_layout(tmp_path / "plain"), DirectoryLayout)
    (tmp_path / "plain/oci-layout").unlink()
    with pytest.raises(DataLoss, match="oci-layout is missing"):
        open_layout(tmp_path / "plain")


@pytest.mark.parametrize(
    ("content", "version"),
    [
        (b'{"imageLayoutVersion": "2.0.0"}', "2.0.0"),
        (b"{}", "unknown"),
        (b"", "unknown"),
        (b"\xff", "unknown"),
        (b"[" * 20_000, "unknown"),
    ],
)
def test_a_layout_of_another_version_is_refused(tmp_path: Path, content: bytes, version: str) -> None:
    make_layout(tmp_path)
    (tmp_path / "oci-layout").write_bytes(content)
    with pytest.raises(DataLoss, match=f"is a layout of version {version}, not 1.0.0"):
        open_layout(tmp_path)


def test_a_file_of_a_directory_is_a_regular_one(tmp_path: Path) -> None:
    layout = DirectoryLayout(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("none")
    assert layout.find("file") == Region(tmp_path / "file", 0, 5)
    assert layout.find("link") == Region(tmp_path / "link", 0, 5)
    assert [layout.find(name) for name in ("pipe", ".", "none", "file/x", "dangling")] == [None] * 5
    with pytest.raises(Unavailable, match="file name too long"):
        layout.find("a" * 300)


def test_a_document_has_a_limit(tmp_path: Path) -> None:
    with open(tmp_path / "large", "wb") as file:
        file.truncate((4 << 20) + 1)
    with pytest.raises(DataLoss, match="large is larger than 4194304 bytes"):
        read(DirectoryLayout(tmp_path), "large")


def test_a_file_that_went_away_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such file or directory"), Region(tmp_path / "gone", 0, 1).opened():
        pytest.fail("it is there")
    with pytest.raises(Unavailable), Region(tmp_path / ("a" * 300), 0, 1).opened():
        pytest.fail("it is there")
    with pytest.raises(NotFound):
        ArchiveLayout(tmp_path / "gone").find("x")


@pytest.mark.parametrize("digest", ["", "sha256:12", "sha256:../../../etc/passwd", "md5:" + "0" * 32])
def test_a_blob_has_the_name_of_its_digest(digest: str) -> None:
    assert blob("sha256:" + "a" * 64) == "blobs/sha256/" + "a" * 64
    with pytest.raises(InvalidArgument):
        blob(digest)
