"""What is read of a dockerd's data root, and what is refused."""

import fcntl
import hashlib
from pathlib import Path

import pytest

from core.cli.migrate.archive import saved
from core.cli.migrate.docker_root import DockerRoot
from core.cli.migrate.layers import MissingLayer, find_layers
from core.config import StartupError
from tests.docker_root import MadeRoot


@pytest.fixture
def made(tmp_path: Path) -> MadeRoot:
    return MadeRoot(tmp_path / "docker")


def test_a_layer_is_made_again_byte_for_byte(made: MadeRoot) -> None:
    made.image(["app:1"], [{"bin/x": b"program" * 1000, "empty": b""}, {"etc/y": b"text"}], {})
    (image,) = DockerRoot.open(made.path).images()
    layers = find_layers(made.path, image.diff_ids)
    for layer, diff_id in zip(layers, image.diff_ids, strict=True):
        archive = b"".join(layer.chunks())
        assert len(archive) == layer.size
        assert f"sha256:{hashlib.sha256(archive).hexdigest()}" == diff_id
    assert len(b"".join(saved(image, layers))) % 512 == 0


def test_a_file_that_is_gone_shorter_or_no_file_is_said_so(made: MadeRoot, tmp_path: Path) -> None:
    made.image(["app:1"], [{"a": b"content"}], {})
    (image,) = DockerRoot.open(made.path).images()
    (layer,) = find_layers(made.path, image.diff_ids)
    (layer.files / "a").write_bytes(b"cont")
    with pytest.raises(MissingLayer, match="shorter than it was"):
        list(layer.chunks())
    (layer.files / "a").unlink()
    with pytest.raises(MissingLayer, match="cannot be read"):
        list(layer.chunks())
    secret = tmp_path / "secret"
    secret.write_bytes(b"content")
    (layer.files / "a").symlink_to(secret)
    with pytest.raises(MissingLayer, match="cannot be read"):
        list(layer.chunks())


def test_an_image_without_its_layers_is_a_complaint(made: MadeRoot) -> None:
    made.image(["app:1"], [{"a": b"content"}], {})
    (image,) = DockerRoot.open(made.path).images()
    next((made.path / "image/overlay2/layerdb/sha256").iterdir()).rename(made.path / "elsewhere")
    with pytest.raises(MissingLayer, match="cannot be read"):
        find_layers(made.path, image.diff_ids)


def test_volumes_and_networks_come_from_the_databases(made: MadeRoot) -> None:
    made.volume("named", {}, Labels={"a": "b"}, Options=None)
    made.volume("far", {}, Options={"type": "nfs"})
    made.network(
        "town",
        labels={"x": "y"},
        generic={"com.docker.network.generic": {"com.docker.network.driver.mtu": "1400"}},
        ipamV4Config='[{"PreferredPool":"10.88.0.0/24","SubPool":"","Gateway":"10.88.0.1","AuxAddresses":null}]',
    )
    made.network("bridge")
    made.network("swarmed", scope="swarm")
    root = DockerRoot.open(made.path)
    volumes = {volume.name: (volume.labels, volume.options) for volume in root.volumes()}
    assert volumes == {"named": ({"a": "b"}, {}), "far": ({}, {"type": "nfs"})}
    (network,) = root.networks()
    assert network.request == {
        "Name": "town",
        "Driver": "bridge",
        "Internal": False,
        "Attachable": False,
        "EnableIPv6": False,
        "Options": {"com.docker.network.driver.mtu": "1400"},
        "Labels": {"x": "y"},
        "IPAM": {
            "Driver": "default",
            "Options": {},
            "Config": [{"Subnet": "10.88.0.0/24", "IPRange": "", "Gateway": "10.88.0.1", "AuxiliaryAddresses": {}}],
        },
    }
    assert root.complaints == ["network swarmed: networks of a swarm and templates are not moved"]


def test_a_damaged_database_loses_its_things_only(made: MadeRoot) -> None:
    made.volume("named", {})
    (made.path / "network/files/local-kv.db").write_bytes(b"junk")
    root = DockerRoot.open(made.path)
    assert list(root.networks()) == []
    assert [volume.name for volume in root.volumes()] == ["named"]
    assert "network/files/local-kv.db" in root.complaints[0]


def test_a_dockerd_that_runs_is_refused(made: MadeRoot) -> None:
    with (made.path / "volumes/metadata.db").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StartupError, match="stop it first"):
            DockerRoot.open(made.path)


def test_what_is_no_data_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="is no data root of a dockerd"):
        DockerRoot.open(tmp_path)
