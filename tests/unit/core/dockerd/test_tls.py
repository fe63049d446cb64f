"""dockerd's rules for TLS: what naming an option implies, where its files are, and the port."""

from collections.abc import Set
from pathlib import Path

import pytest

from core.config import Settings
from core.dockerd.tls import with_dockers_tls

OPTIONS = ("tls", "tlsverify", "hosts", "tlscacert", "tlscert", "tlskey")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def tls(given: Set[str], **settings: object) -> dict[str, object]:
    result = with_dockers_tls(Settings.model_validate(settings), given)
    return {name: getattr(result, name) for name in OPTIONS if name in result.model_fields_set or name in ("tls", "tlsverify")}


def test_without_a_word_of_tls_nothing_changes() -> None:
    settings = Settings()
    assert with_dockers_tls(settings, frozenset({"host"})) is settings


@pytest.mark.parametrize(
    ("given", "settings", "verifies"),
    [
        ({"tls"}, {"tls": True}, True),
        ({"tlsverify"}, {"tlsverify": True}, True),
        ({"tlsverify"}, {"tlsverify": False}, False),
        ({"tls", "tlsverify"}, {"tls": False, "tlsverify": True}, True),
    ],
)
def test_tls_verifies_clients_unless_told_otherwise(given: Set[str], settings: dict[str, object], verifies: bool) -> None:
    found = tls(given, **settings)
    assert (found["tls"], found["tlsverify"]) == (True, verifies)


def test_the_environment_switches_it_on_unless_the_option_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    assert tls(frozenset())["tls"] is True
    assert tls({"tlsverify"}, tlsverify=False)["tlsverify"] is False
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "")
    assert tls(frozenset())["tls"] is False


def test_a_daemon_without_an_address_listens_on_dockers_port_of_tls() -> None:
    assert tls({"tls"}, tls=True)["hosts"] == ("tcp://localhost:2376",)
    assert tls({"tls", "host"}, tls=True, hosts=("unix:///x",))["hosts"] == ("unix:///x",)


@pytest.mark.parametrize("variable", ["", "DOCKER_CONFIG", "DOCKER_CERT_PATH"])
def test_files_have_dockers_names_in_dockers_directory(home: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    directory = home / (variable or ".docker")
    if variable == "DOCKER_CERT_PATH":
        monkeypatch.setenv("DOCKER_CONFIG", "/nowhere")
    if variable:
        monkeypatch.setenv(variable, str(directory))
    directory.mkdir()
    (directory / "ca.pem").touch()
    (directory / "key.pem").touch()
    found = tls({"tls", "tlskey"}, tls=True, tlskey="/mine")
    assert (found["tlscacert"], found["tlskey"]) == (directory / "ca.pem", Path("/mine"))
    assert "tlscert" not in found
