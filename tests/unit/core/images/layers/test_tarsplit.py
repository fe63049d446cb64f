"""A tar taken apart and put together is the same tar, whatever is in it and whatever became of the files."""

import io
import os
import random
import subprocess
import tarfile
from pathlib import Path

import pytest

from core.archives.tarstream import TarError
from core.images.layers.tarsplit import Recipe, Splitting, joined


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, where a layer's files are looked for."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def split(tar: bytes) -> bytes:
    output = io.BytesIO()
    recipe = Recipe(output)
    Splitting(io.BytesIO(tar), recipe).run()
    recipe.close()
    return output.getvalue()


def join(recipe: bytes) -> bytes:
    return b"".join(joined(io.BytesIO(recipe)))


def archive(*members: tuple[str, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as tar:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_what_files_hold_is_left_out(root: Path, kind: int) -> None:
    contents = {f"file{size}": noise(size) for size in (1, 511, 512, 513, 300_000, 2_000_000)}
    for name, content in contents.items():
        (root / name).write_bytes(content)
    tar = archive(*contents.items(), kind=kind)
    recipe = split(tar)
    assert len(recipe) < 2000
    assert join(recipe) == tar


def test_long_names_and_no_files_at_all() -> None:
    tar = archive(("d/" * 90 + "é" * 50, b"content" * 100), ("empty", b""))
    assert join(split(tar)) == tar


def test_a_file_that_was_written_twice_is_kept_where_it_differs(root: Path) -> None:
    first, second = noise(700_000), noise(700_001)
    tar = archive(("twice", first), ("twice", second))
    (root / "twice").write_bytes(second)
    recipe = split(tar)
    assert join(recipe) == tar
    assert 700_000 < len(recipe) < 710_000


def test_a_file_that_differs_in_the_middle_counts_up_to_there(root: Path) -> None:
    content = noise(2_000_000)
    (root / "half").write_bytes(content[:1_500_000] + b"!" + content[1_500_001:])
    tar = archive(("half", content))
    recipe = split(tar)
    assert join(recipe) == tar
    assert len(recipe) < 1_200_000


def test_what_is_no_regular_file_does_not_count(root: Path) -> None:
    (root / "target").write_bytes(b"x" * 10_000)
    (root / "link").symlink_to("target")
    os.mkfifo(root / "pipe")
    (root / "directory").mkdir()
    tar = archive(*((name, b"x" * 10_000) for name in ("link", "pipe", "directory")))
    recipe = split(tar)
    (root / "target").unlink()
    assert join(recipe) == tar


def test_what_follows_the_end_is_kept() -> None:
    for tail in (b"", bytes(512), b"trailing bytes", noise(3_000_000)):
        tar = archive(("a", b"1")) + tail
        assert join(split(tar)) == tar


def test_sparse_files_of_gnu_tar(root: Path) -> None:
    with (root / "holes").open("wb") as file:
        for number in range(30):
            file.seek(number * 1_000_000)
            file.write(noise(20_000 + number))
    for form in ("--format=gnu", "--format=posix --sparse-version=1.0", "--format=posix --sparse-version=0.1"):
        command = ["tar", "--sparse", *form.split(), "-cf", "-", "holes"]
        tar = subprocess.run(command, check=True, capture_output=True).stdout
        recipe = split(tar)
        assert join(recipe) == tar
        assert len(recipe) < 10_000 < len(tar)


def test_a_changed_length_is_noticed(root: Path) -> None:
    (root / "file").write_bytes(b"x" * 5000)
    recipe = split(archive(("file", b"x" * 5000)))
    (root / "file").write_bytes(b"x" * 4999)
    with pytest.raises(EOFError, match="file is shorter than it was"):
        join(recipe)


def test_what_is_no_tar_is_refused() -> None:
    with pytest.raises(TarError):
        split(noise(2048))
