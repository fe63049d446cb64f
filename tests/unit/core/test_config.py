"""Flags over environment over file; mistakes are named."""

from pathlib import Path

import pytest

from core.config import ConfigurationError, DriverChoice, load_settings
from sdk.providers import Kind


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "core.toml"
    path.write_text(
        'log_level = "warn"\ngroup = "file"\n[drivers]\nstorage = "vfs"\nruntime = "oci"\n[plugins.storage_overlay]\na = 1\nb = 2\n'
    )
    return path


def test_defaults_without_any_file() -> None:
    settings = load_settings({})
    assert settings.hosts == ("unix:///run/core/core.sock",)
    assert settings.drivers == DriverChoice()


def test_flags_beat_environment_beats_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_LOG_LEVEL", "error")
    monkeypatch.setenv("CORE_GROUP", "environment")
    settings = load_settings({"log_level": "debug"}, file)
    assert (settings.log_level, settings.group, settings.drivers.storage) == ("debug", "environment", "vfs")


def test_tables_are_merged_key_by_key(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_PLUGINS__STORAGE_OVERLAY__B", "3")
    monkeypatch.setenv("CORE_DRIVERS__RUNTIME", "ns")
    settings = load_settings({}, file)
    assert settings.plugins == {"storage_overlay": {"a": 1, "b": "3"}}
    assert (settings.drivers.storage, settings.drivers.runtime) == ("vfs", "ns")


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such configuration file"):
        load_settings({}, tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("foo = 1", 'core.toml: unknown key "foo"'),
        ("[drivers]\nfoo = 1", 'drivers: unknown key "foo"'),
        ("[drivers]\nstorage = 1", "drivers: storage: Input should be a valid string"),
        ('log_level = "loud"', "log_level: Input should be 'debug', 'info'"),
        ('hosts = ["localhost"]', "'localhost' is not of the form unix://PATH"),
        ('hosts = ["tcp://x:65536"]', "'tcp://x:65536' is not of the form tcp://ADDRESS:PORT"),
        ('registry_mirrors = ["http://[::1"]', r"'http://\[::1' is not a URL"),
        ('registry_mirrors = ["m:x"]', "'m:x' is not a URL"),
        ('labels = ["x"]', "'x' is not of the form NAME=VALUE"),
        ("= 1", "core.toml: "),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_key(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "core.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=sentence) as caught:
        load_settings({}, path)
    assert "\n" not in str(caught.value)


def test_every_kind_has_a_choice() -> None:
    choice = DriverChoice()
    assert {kind: choice.names(kind) for kind in Kind} == {
        Kind.STORAGE: ("overlay",),
        Kind.NETWORK: ("bridge",),
        Kind.REGISTRY: ("hub",),
        Kind.RUNTIME: ("ns",),
        Kind.FRONTEND: ("docker", "buildkit"),
        Kind.VOLUME: ("local",),
        Kind.LOG: ("json-file",),
        Kind.BUILDER: ("dockerfile",),
        Kind.VERIFIER: ("allowlist",),
        Kind.AUTHORIZER: (),
        Kind.OBSERVER: (),
    }


def test_an_authorizer_is_asked_once(tmp_path: Path) -> None:
    path = tmp_path / "core.toml"
    path.write_text('[drivers]\nauthorizers = ["b", "a", "b"]\n')
    assert load_settings({}, path).drivers.names(Kind.AUTHORIZER) == ("b", "a")
