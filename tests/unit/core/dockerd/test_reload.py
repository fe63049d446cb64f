"""What a reload changes, what it leaves, and what the event says."""

import json
from pathlib import Path

import pytest

from core.dockerd.configuration import Configuration, load_configuration
from core.dockerd.flags import parse_flags
from core.dockerd.reload import attributes, reloaded
from core.dockerd.styles import CORE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "daemon.json"


def load(file: Path, values: dict[str, object]) -> Configuration:
    file.write_text(json.dumps(values))
    return load_configuration(parse_flags(["--config-file", str(file)]), CORE)


def test_what_a_file_names_changes(file: Path) -> None:
    before = load(file, {}).settings
    after = reloaded(
        before,
        load(
            file,
            {
                "debug": True,
                "labels": ["a=b"],
                "live-restore": True,
                "shutdown-timeout": 3,
                "default-shm-size": 1 << 20,
                "default-ipc-mode": "shareable",
                "default-stop-timeout": 2,
                "registry-mirrors": ["https://m"],
                "max-concurrent-uploads": 1,
                "features": {"x": True},
                "runtimes": {"r": {"path": "/r"}},
                "data-root": "/elsewhere",
                "mtu": 1400,
            },
        ),
    )
    assert (after.data_root, after.bridge.mtu) == (before.data_root, before.bridge.mtu), "these need a restart"
    told = attributes(after, cgroup_version=1)
    assert told == {
        "debug": "true",
        "default-cgroupns-mode": "host",
        "default-ipc-mode": "shareable",
        "default-runtime": "ns",
        "default-shm-size": "1048576",
        "default-stop-timeout": "2",
        "features": "map[x:true]",
        "insecure-registries": "[]",
        "labels": '["a=b"]',
        "live-restore": "true",
        "max-concurrent-downloads": "6",
        "max-concurrent-uploads": "1",
        "max-download-attempts": "5",
        "registry-mirrors": '["https://m/"]',
        "runtimes": "r:/r",
        "shutdown-timeout": "3",
    }


def test_what_a_file_names_no_more_stays_except_features_and_transfers(file: Path) -> None:
    before = load(file, {"labels": ["a=b"], "features": {"x": True}, "max-concurrent-downloads": 2}).settings
    after = reloaded(before, load(file, {}))
    assert after.labels == ("a=b",)
    assert (after.features, after.transfers.downloads) == ({}, 6)


def test_of_core_toml_a_missing_key_is_the_default(tmp_path: Path) -> None:
    file = tmp_path / "core.toml"
    flags = parse_flags(["--config-file", str(file)])
    file.write_text('labels = ["a=b"]\n[containers]\nstop_timeout = 2\n')
    before = load_configuration(flags, CORE).settings
    file.write_text("debug = true\n")
    after = reloaded(before, load_configuration(flags, CORE))
    assert (after.labels, after.containers.stop_timeout, after.debug) == ((), 10, True)


def test_the_authorization_plugins_change_if_the_file_names_them(file: Path) -> None:
    before = load(file, {"authorization-plugins": ["a", "b", "a"]}).settings
    assert before.drivers.authorizers == ("a", "b")
    assert reloaded(before, load(file, {"authorization-plugins": ["c"]})).drivers.authorizers == ("c",)
    assert reloaded(before, load(file, {"authorization-plugins": []})).drivers.authorizers == ()
    assert reloaded(before, load(file, {"storage-driver": "vfs"})).drivers == before.drivers
