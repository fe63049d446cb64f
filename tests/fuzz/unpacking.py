"""Unpacks what a coverage-guided fuzzer makes of real archives into a tmpfs, in a root of its own: `make fuzz` (as root).

Whatever comes, unpacking ends with success or with one of the errors that its process reports; nothing outside its directory changes.
"""

import contextlib
import ctypes
import io
import os
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports():
    from core.archives.filetree import remove_tree
    from core.archives.tarstream import TarError, TarStream
    from core.archives.untar import Policy, Refused, Unpacking

from tests.fuzz.tar_reader import with_checksums

_NEWNS, _PRIVATE_ALL = 0x00020000, 0x44000
_TARGET, _BESIDE = Path("/mnt/target"), Path("/mnt/beside")
_OUTSIDE = b"outside"
_POLICIES = (Policy(layer=True), Policy(), Policy(keep_kinds=True), Policy(owner=(7, 8)))


def confine() -> None:
    """Mount a tmpfs of 64 MiB that only this process sees, with a directory to unpack into and a file beside it."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.unshare(_NEWNS) == 0
    assert libc.mount(b"none", b"/", None, _PRIVATE_ALL, None) == 0
    assert libc.mount(b"fuzz", b"/mnt", b"tmpfs", 0, b"size=64m,nr_inodes=20k") == 0
    _TARGET.mkdir()
    with _BESIDE.open("wb") as file:
        file.write(_OUTSIDE)


def one_input(data: bytes) -> None:
    """Unpack one archive with the policy that its first byte chooses, as the worker does: in a root of its own."""
    root, here = (os.open(path, os.O_RDONLY | os.O_DIRECTORY) for path in ("/", "."))
    try:
        os.chroot(_TARGET)
        os.chdir("/")
        _unpack(data)
    finally:
        os.fchdir(root)
        os.chroot(".")
        os.fchdir(here)  # the corpus may be named by a relative path
        os.close(root)
        os.close(here)
    assert _BESIDE.read_bytes() == _OUTSIDE
    assert _BESIDE.stat().st_nlink == 1
    assert len(os.listdir(_TARGET.parent)) == 2


def _unpack(data: bytes) -> None:
    policy = _POLICIES[data[0] % len(_POLICIES)] if data else _POLICIES[0]
    with contextlib.suppress(TarError, Refused, OSError):
        Unpacking(TarStream(io.BytesIO(with_checksums(data[1:]))), policy).run()
    for name in os.listdir(b"."):
        remove_tree(name)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    confine()
    atheris.Fuzz()
