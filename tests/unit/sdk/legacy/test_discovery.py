"""Where a plugin listens is read from sockets' names and small regular files; whatever else stands there holds nothing up."""

import os
import socket
from pathlib import Path

import pytest

from sdk.errors import InvalidArgument
from sdk.legacy.discovery import Address, Tls, find_address, list_names


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


def find(place: Path, name: str = "nfs") -> Address | None:
    return find_address(name, [place], [place])


def test_a_socket_comes_before_a_file(place: Path) -> None:
    (place / "nfs.spec").write_text("tcp://127.0.0.1:1\n")
    assert find(place) == Address("tcp://127.0.0.1:1")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place / "nfs.sock"))
        assert find(place) == Address(f"unix://{place}/nfs.sock")


@pytest.mark.parametrize("name", ["nfs.spec", "nfs/nfs.spec"])
def test_a_spec_is_one_address(place: Path, name: str) -> None:
    (place / "nfs").mkdir()
    (place / name).write_text("  unix:///run/nfs.sock \n")
    assert find(place) == Address("unix:///run/nfs.sock")


def test_json_tells_of_tls(place: Path) -> None:
    (place / "nfs.json").write_text(
        '{"Name": "nfs", "Addr": "https://x:1", "TLSConfig": {"CAFile": "/ca", "InsecureSkipVerify": true}}'
    )
    assert find(place) == Address("https://x:1", Tls(insecure_skip_verify=True, ca_file="/ca"))


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "../nfs", "a\0b", "x" * 251, "é" * 126])
def test_what_is_no_name_of_a_file_is_no_plugin(place: Path, name: str) -> None:
    assert find(place, name) is None


def test_the_longest_name(place: Path) -> None:
    (place / f"{'x' * 250}.spec").write_text("tcp://x:1")
    assert find(place, "x" * 250) == Address("tcp://x:1")


def test_nothing_there(place: Path) -> None:
    (place / "nfs").write_text("a file where a directory may stand")
    assert find(place) is None
    assert find_address("nfs", [place / "none"], [place / "none"]) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "Input data was truncated"),
        (b'{"Name": "nfs"}', "missing required field `Addr`"),
        (b'{"Addr": 3}', "Expected `str`, got `int`"),
        (b'{"Addr": "\xff"}', "it is not UTF-8"),
        (b'{"Addr": "x", "y": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "it is nested too deeply"),
        (b" " * ((1 << 20) + 1), "it is larger than 1048576 bytes"),
    ],
)
def test_a_file_that_cannot_be_understood_is_named(place: Path, content: bytes, reason: str) -> None:
    (place / "nfs.json").write_bytes(content)
    with pytest.raises(InvalidArgument) as caught:
        find(place)
    assert str(caught.value).startswith(f"{place}/nfs.json: ")
    assert reason in str(caught.value)


@pytest.mark.parametrize("kind", ["fifo", "directory", "device", "socket"])
@pytest.mark.parametrize("suffix", [".spec", ".json"])
def test_nothing_but_a_regular_file_is_read(place: Path, kind: str, suffix: str) -> None:
    path = place / f"nfs{suffix}"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
    with pytest.raises(InvalidArgument, match=r"is a directory|invalid argument|not a regular file"):
        find(place)


def test_names_are_those_that_files_speak_of(place: Path) -> None:
    for name in ("a.sock", "b.spec", "c.json", "d.txt"):
        (place / name).write_text("")
    (place / "e").mkdir()
    (place / "e/e.sock").write_text("")
    (place / "e/other.sock").write_text("")
    assert list_names([place], [place]) == ("a", "b", "c", "e")
