"""The token in the names of a daemon's kernel objects."""

from pathlib import Path

import pytest

from core.host import instance as instance_module
from core.host.instance import derived_instance


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(instance_module, "_MACHINE_ID", tmp_path / "machine-id")
    (tmp_path / "machine-id").write_text("0123456789abcdef\n")
    return tmp_path / "machine-id"


def test_it_is_the_same_for_the_same_place_on_the_same_machine(machine: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")
    token = derived_instance(tmp_path / "data")
    assert len(token) == 8
    assert set(token) <= set("0123456789abcdef")
    assert derived_instance(tmp_path / "link") == derived_instance(tmp_path / "other/../data") == token
    assert derived_instance(tmp_path / "else") != token
    machine.write_text("another")
    assert derived_instance(tmp_path / "data") != token


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe not text", b"0123\n\n"])
def test_any_machine_has_one(machine: Path, tmp_path: Path, content: bytes | None) -> None:
    machine.unlink()
    if content is not None:
        machine.write_bytes(content)
    assert len(derived_instance(tmp_path)) == 8


def test_a_path_may_have_any_bytes(machine: Path, tmp_path: Path) -> None:
    assert len(derived_instance(tmp_path / "\udcff")) == 8
