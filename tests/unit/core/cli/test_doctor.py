"""What `core doctor` says of features, leaks and damage, and when it puts back a copy of the database."""

from contextlib import closing
from pathlib import Path

import pytest

from core.beginning import open_database
from core.cli.doctor import _as_json, _examine, _kernel, _leaks, _outcome, _restored, _short, _store, _verdict
from core.config import DriverChoice, Settings, StartupError
from core.engine.repair.finding import Examined, Finding
from core.host.features import Feature
from core.host.traces import Trace
from core.images.layers.store import LayerRecord
from core.swaps import keep_storage

HEX = "0123456789ab" + "c" * 52


@pytest.mark.parametrize(
    ("found", "needed", "verdict"), [(True, True, "yes"), (True, False, "yes"), (False, False, "no"), (False, True, "MISSING")]
)
def test_only_a_feature_that_is_needed_is_missing(found: bool, needed: bool, verdict: str) -> None:
    assert _verdict(Feature("f", found, "", needed, "")) == verdict


def test_the_kernel_is_a_table_and_no_leak_a_sentence() -> None:
    assert _kernel([Feature("overlayfs", found=False, detail="no module", needed=True, why="layers")]) == [
        f"KERNEL{' ' * 16}FOR      FOUND",
        "overlayfs   MISSING   layers   no module",
    ]
    assert _leaks([]) == ["Nothing has leaked."]
    assert _leaks([Trace("mount", "/x")]) == ["LEAKED   WHAT", "mount    /x"]


@pytest.mark.parametrize(
    ("kind", "is_mended", "repair", "outcome"),
    [
        ("blob", True, True, "removed"),
        ("layer", True, True, "mended"),
        ("layer", False, True, "pull it"),
        ("layer", False, False, "core doctor --repair"),
        ("container", False, False, "pull it"),
    ],
)
def test_what_becomes_of_damage(kind: str, is_mended: bool, repair: bool, outcome: str) -> None:
    assert _outcome(Examined(Finding(kind, "x", "broken", "pull it"), is_mended), repair=repair) == outcome


def test_digests_are_shown_by_twelve_digits() -> None:
    assert _short(f"a sha256:{HEX} and sha256:{HEX[:20]}") == f"a 0123456789ab and sha256:{HEX[:20]}"


def test_a_store_is_whole_damaged_or_not_there(tmp_path: Path) -> None:
    settings = Settings(data_root=tmp_path)
    assert _store(settings, None, repair=False) == ["There is no image store."]
    assert _store(settings, [], repair=False) == ["The image store is whole."]
    found = [Examined(Finding("blob", f"sha256:{HEX}", "cut off"))]
    assert _store(settings, found, repair=False)[1].split() == ["blob", "0123456789ab", "cut", "off", "core", "doctor", "--repair"]


def test_as_json_a_store_that_was_not_examined_is_null() -> None:
    assert '"store": null' in _as_json([], [], None)
    assert '"is_mended": true' in _as_json([], [], [Examined(Finding("blob", "x", "y"), is_mended=True)])


def test_a_directory_that_is_no_data_root_has_nothing_to_put_back(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="is no data root of a daemon"):
        _restored(Settings(data_root=tmp_path))


def test_a_damaged_database_without_a_copy_is_said(tmp_path: Path) -> None:
    (tmp_path / "core.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StartupError, match=r"is damaged \(.*\), and there is no copy of it to put back"):
        _restored(Settings(data_root=tmp_path))
    assert (tmp_path / "core.db").read_bytes().startswith(b"no database")


@pytest.mark.parametrize("repair", [False, True])
def test_nothing_is_mended_into_another_storage_driver(tmp_path: Path, repair: bool) -> None:
    with closing(open_database(tmp_path)) as database:
        keep_storage(database, "overlay")
        database.table("layers", LayerRecord).put("x", LayerRecord("sha256:x", "", 1))
    settings = Settings(data_root=tmp_path, exec_root=tmp_path / "run", drivers=DriverChoice(storage="vfs"))
    with pytest.raises(StartupError, match='choose "overlay" again'):
        _examine(settings, deep=False, repair=repair)
    with closing(open_database(tmp_path)) as database:
        assert database.table("layers", LayerRecord).get("x") is not None
