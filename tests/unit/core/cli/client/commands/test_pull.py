"""Names of images as the API takes them apart, and the login that goes with one."""

import base64
import json
from pathlib import Path

import pytest

from core.cli.client.commands.pull import login_header, split_tag
from core.cli.client.connection.api import ApiError

HUB = "https://index.docker.io/v1/"


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("busybox", ("busybox", "")),
        ("busybox:1", ("busybox", "1")),
        ("localhost:5000/a/b", ("localhost:5000/a/b", "")),
        ("localhost:5000/a:t", ("localhost:5000/a", "t")),
        ("a@sha256:00", ("a", "sha256:00")),
        ("a:1@sha256:00", ("a:1", "sha256:00")),
        ("a@", ("a@", "")),
    ],
)
def test_names_of_images(image: str, parts: tuple[str, str]) -> None:
    assert split_tag(image) == parts


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path / "config.json"


def sent(image: str) -> dict[str, str]:
    header = login_header(image)
    return json.loads(base64.urlsafe_b64decode(header["X-Registry-Auth"])) if header else {}


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("busybox", HUB),
        ("me/busybox", HUB),
        ("r.example/a", "r.example"),
        ("localhost/a", "localhost"),
        ("r:5000/a", "r:5000"),
    ],
)
def test_a_login_goes_to_its_own_registry(config: Path, image: str, registry: str) -> None:
    auths = {name: {"auth": base64.b64encode(f"{name}:p:w".encode()).decode()} for name in (HUB, "r.example", "localhost")}
    auths["https://r:5000"] = {"auth": base64.b64encode(b"r:5000:w").decode(), "identitytoken": "t"}
    config.write_text(json.dumps({"auths": auths}))
    found = sent(image)
    assert found["serveraddress"] == registry
    assert found["username"] == registry.split(":")[0]


def test_user_password_and_token_are_sent(config: Path) -> None:
    login = {"auth": base64.b64encode("me:pässword:x".encode()).decode(), "identitytoken": "t"}
    config.write_text(json.dumps({"auths": {HUB: login}}))
    assert sent("a") == {"username": "me", "password": "pässword:x", "identitytoken": "t", "serveraddress": HUB}


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"{}",
        b"[]",
        b'{"auths": {"other": {}}}',
        b'{"auths": 5}',
        b'{"auths": {"\xff": {}}}',
        b'{"x": ' + b"[" * 100_000,
    ],
)
def test_without_a_login_nothing_is_sent(config: Path, content: bytes | None) -> None:
    if content is not None:
        config.write_bytes(content)
    assert login_header("a") == {}


@pytest.mark.parametrize("auth", ["x", "/w=="])
def test_a_login_that_cannot_be_read_is_said(config: Path, auth: str) -> None:
    config.write_text(json.dumps({"auths": {HUB: {"auth": auth}}}))
    with pytest.raises(ApiError, match=f"the login for {HUB} in {config} cannot be read"):
        login_header("a")
