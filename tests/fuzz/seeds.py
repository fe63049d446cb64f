"""Writes the archives a fuzzer starts from: GNU tar's and our own of a tree with one of everything, in every format."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.trees import plant

_FORMATS = (
    ("--format=v7",),
    ("--format=ustar",),
    ("--format=gnu",),
    ("--format=gnu", "--sparse"),
    *(
        ("--format=pax", "--sparse", f"--sparse-version={version}", "--xattrs", "--xattrs-include=*")
        for version in ("0.0", "0.1", "1.0")
    ),
)
_WHITEOUTS = ("gone/.wh.file", "opaque/.wh..wh..opq", ".wh..wh.plnk", ".wh.d")


def main(target: Path) -> None:
    """Write one file for each format and each thing in the tree: a fuzzer works best on small ones."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        tree.mkdir()
        plant(tree)
        for name in _WHITEOUTS:
            (tree / name).parent.mkdir(exist_ok=True)
            (tree / name).touch()
        (tree / "bin/tool").write_bytes(b"short")
        for number, options in enumerate(_FORMATS):
            for index, path in enumerate(sorted(tree.iterdir())):
                command = ["tar", "-C", tree, *options, "-b1", "-cf", "-", "--", path.name]
                archive = subprocess.run(command, capture_output=True).stdout
                if 0 < len(archive) < 1 << 16:
                    (target / f"{number}-{index}").write_bytes(b"\x20" + archive)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
