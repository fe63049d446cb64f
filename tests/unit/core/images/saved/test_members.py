"""An image archive taken apart: files under numbers, hashed; names and links stay among themselves."""

import io
import tarfile
from pathlib import Path

import pytest

from core.archives.tarstream import TarError, TarStream
from core.images.saved.archived import Member
from core.images.saved.members import Members
from sdk.oci.descriptor import OCI_LAYER, OCI_LAYER_GZIP
from sdk.oci.digest import digest_of

Made = tuple[str, bytes] | tuple[str, bytes, str]
"""A file's name and content; or a link's name, its kind and what it points at."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def received(*made: Made) -> Members:
    members = Members()
    members.receive(TarStream(io.BytesIO(tar(*made))))
    return members


def tar(*made: Made) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for name, second, *target in made:
            info = tarfile.TarInfo(name)
            if target:
                info.type, info.linkname = second, target[0]
            else:
                info.size = len(second)
            archive.addfile(info, None if target else io.BytesIO(second))
    return output.getvalue()


def content(member: Member | None) -> bytes:
    assert member is not None
    return Path(member.file).read_bytes()


def test_a_file_is_written_and_described():
    members = received(("a/config.json", b"{}"), ("layer", b"\x1f\x8b" + bytes(300_000)))
    config, layer = members.find(b"a/config.json"), members.find(b"layer")
    assert config == Member("0", digest_of(b"{}"), 2, OCI_LAYER)
    assert layer == Member("1", digest_of(b"\x1f\x8b" + bytes(300_000)), 300_002, OCI_LAYER_GZIP)
    assert content(layer) == b"\x1f\x8b" + bytes(300_000)
    assert members.find(b"missing") is None


def test_names_lead_nowhere_else(tmp_path: Path):
    members = received(("../../out", b"1"), ("/etc/x", b"2"), ("./d/./y", b"3"))
    assert [content(members.find(name)) for name in (b"out", b"etc/x", b"d/y")] == [b"1", b"2", b"3"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("name", "kind", "target"),
    [
        ("b/link", tarfile.SYMTYPE, "../a/file"),
        ("b/link", tarfile.SYMTYPE, "/a/file"),
        ("b/link", tarfile.LNKTYPE, "a/file"),
        ("b/link", tarfile.SYMTYPE, "../../../../a/file"),
    ],
)
def test_links_are_followed_in_the_archive(name: str, kind: bytes, target: str):
    assert content(received((name, kind, target), ("a/file", b"x")).find(b"b/link")) == b"x"


@pytest.mark.parametrize("target", ["/etc/passwd", "link", "../../../../etc/passwd"])
def test_links_to_the_outside_and_to_themselves_are_to_nothing(target: str):
    assert received(("link", tarfile.SYMTYPE, target)).find(b"link") is None


def test_the_last_of_a_name_counts(tmp_path: Path):
    members = received(("a", b"1"), ("l", tarfile.SYMTYPE, "a"), ("a", b"2"), ("l", b"3"), ("x", b"4"), ("x", tarfile.SYMTYPE, "a"))
    assert [content(members.find(name)) for name in (b"a", b"l", b"x")] == [b"2", b"3", b"2"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "3"]


def test_what_no_image_archive_needs_is_refused():
    sparse = tarfile.TarInfo("hole")
    sparse.pax_headers = {"GNU.sparse.map": "", "GNU.sparse.size": str(1 << 62)}
    for header, refusal in ((sparse.tobuf(tarfile.PAX_FORMAT), "sparse"), (tarfile.TarInfo("n" * 5000).tobuf(), "name too long")):
        with pytest.raises(TarError, match=refusal):
            Members().receive(TarStream(io.BytesIO(header + bytes(1024))))


def test_a_blob_is_hashed_by_the_algorithm_of_its_name() -> None:
    digest = digest_of(b"x", "sha512")
    found = received((f"blobs/sha512/{digest[7:]}", b"x"), ("blobs/sha256/0", b"y"), ("z", b"z"))
    assert [found.find(name).digest for name in (f"blobs/sha512/{digest[7:]}".encode(), b"blobs/sha256/0", b"z")] == [
        digest,
        digest_of(b"y"),
        digest_of(b"z"),
    ]
