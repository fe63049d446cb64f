"""Which devices there are: directories, precedence, conflicts, and files that are no files."""

import json
import os
from pathlib import Path

import pytest

from core.containers.cdi.catalog import read_catalog


def write(path: Path, *names: str, kind: str = "example.com/lamp", variable: str = "A=1") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    devices = [{"name": name, "containerEdits": {"env": [variable]}} for name in names]
    path.write_text(json.dumps({"cdiVersion": "1.0.0", "kind": kind, "devices": devices}))


def test_json_and_yaml_files_of_all_directories_but_not_of_those_below(tmp_path: Path):
    write(tmp_path / "a/one.json", "one")
    write(tmp_path / "a/two.yaml", "two")
    write(tmp_path / "a/three.yml", "three")
    write(tmp_path / "a/below/four.json", "four")
    write(tmp_path / "b/five.json", "five", kind="example.org/fan")
    catalog = read_catalog([str(tmp_path / "a"), str(tmp_path / "none"), str(tmp_path / "b") + "/"])
    assert list(catalog.devices) == ["example.com/lamp=one", "example.com/lamp=two", "example.org/fan=five"]
    assert catalog.faults == ()
    assert catalog.has_vendor("example.org")
    assert not catalog.has_vendor("example")


def test_a_later_directory_wins(tmp_path: Path):
    write(tmp_path / "etc/lamp.json", "one", "two", variable="A=etc")
    write(tmp_path / "run/lamp.json", "one", variable="A=run")
    catalog = read_catalog([str(tmp_path / "etc"), str(tmp_path / "run")])
    found = {name: device.device.container_edits.env for name, device in catalog.devices.items()}
    assert found == {"example.com/lamp=one": ("A=run",), "example.com/lamp=two": ("A=etc",)}
    assert catalog.faults == ()


def test_two_of_one_name_in_one_directory_are_none(tmp_path: Path):
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    write(first, "one", "two")
    write(second, "one")
    catalog = read_catalog([str(tmp_path)])
    assert list(catalog.devices) == ["example.com/lamp=two"]
    sentence = f'conflicting device "example.com/lamp=one" (specs "{first}", "{second}")'
    assert catalog.faults == ((str(first), sentence), (str(second), sentence))


def test_a_file_is_read_again_when_it_changed(tmp_path: Path):
    write(tmp_path / "lamp.json", "one")
    assert list(read_catalog([str(tmp_path)]).devices) == ["example.com/lamp=one"]
    write(tmp_path / "lamp.json", "another")
    assert list(read_catalog([str(tmp_path)]).devices) == ["example.com/lamp=another"]
    (tmp_path / "lamp.json").unlink()
    assert not read_catalog([str(tmp_path)]).devices


@pytest.mark.timeout(20)
def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path):
    write(tmp_path / "one.json", "one")
    os.mkfifo(tmp_path / "fifo.json")
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "directory.json").mkdir()
    (tmp_path / "broken.yaml").write_text("kind: [")
    with (tmp_path / "huge.json").open("wb") as huge:
        huge.truncate(1 << 30)
    catalog = read_catalog([str(tmp_path)])
    assert list(catalog.devices) == ["example.com/lamp=one"]
    faults = {os.path.basename(path): sentence for path, sentence in catalog.faults}
    assert faults["fifo.json"] == f'failed to load CDI Spec failed to read CDI Spec "{tmp_path}/fifo.json": not a regular file'
    assert faults["gone.json"].endswith("no such file or directory")
    assert faults["huge.json"].endswith("it is larger than 16777216 bytes")
    assert "failed to parse CDI Spec" in faults["broken.yaml"]
    assert faults.keys() == {"fifo.json", "gone.json", "huge.json", "broken.yaml"}
