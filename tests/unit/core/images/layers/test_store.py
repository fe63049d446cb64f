"""Records of committed layers."""

from pathlib import Path

import pytest

from core.images.layers.store import LayerRecord, Layers
from core.store.database import Database
from sdk.oci.descriptor import OCI_LAYER, OCI_LAYER_GZIP, Descriptor

BLOB = Descriptor(OCI_LAYER_GZIP, "sha256:blob", 5)


@pytest.fixture
def layers(tmp_path: Path) -> Layers:
    made = Layers(Database(tmp_path / "db"))
    made.put("1", LayerRecord("d1", "", 10, BLOB))
    made.put("2", LayerRecord("d2", "1", 20))
    made.put("3", LayerRecord("d2", "2", 30).with_recipe("sha256:recipe", 77))
    return made


def test_records_outlive_the_daemon(layers: Layers, tmp_path: Path) -> None:
    again = Layers(Database(tmp_path / "db"))
    assert list(again) == ["1", "2", "3"]
    assert again.get("1") == LayerRecord("d1", "", 10, BLOB)
    layers.delete("1")
    layers.delete("1")
    assert ("1" in layers, "1" in Layers(Database(tmp_path / "db"))) == (False, False)


@pytest.mark.parametrize(
    ("chains", "size"), [([], 0), (["1", "2"], 30), (["1", "1"], 10), (["1", "unknown"], 10), (["1", "2", "3"], 60)]
)
def test_what_layers_take_together(layers: Layers, chains: list[str], size: int) -> None:
    assert layers.size(chains) == size


@pytest.mark.parametrize(
    ("chains", "closed"),
    [([], set()), (["1"], {"1"}), (["3"], {"1", "2", "3"}), (["2", "3"], {"1", "2", "3"}), (["unknown", "1"], {"unknown", "1"})],
)
def test_layers_stand_on_those_below(layers: Layers, chains: list[str], closed: set[str]) -> None:
    assert layers.with_parents(chains) == closed


def test_a_tar_can_be_rebuilt_where_there_is_a_recipe(layers: Layers) -> None:
    found = layers.rebuildable("d2")
    assert found
    assert (found[0], found[1].tar) == ("3", Descriptor(OCI_LAYER, "d2", 77))
    assert layers.rebuildable("d1") is None
    assert LayerRecord("d1", "", 10).tar is None
    assert LayerRecord("d1", "", 10).given_as(BLOB).blob == BLOB
