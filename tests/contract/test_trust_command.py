"""The verifier contract, kept by trust_command with a program that really runs; and how programs fail."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from plugins.trust_command.settings import CommandSettings
from plugins.trust_command.verifier import CommandVerifier
from sdk.drivers.registry import Credentials
from sdk.drivers.verifier import ImageClaim, ImageVerifier, Occasion, Repositories
from sdk.errors import ImageRefused
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference
from sdk.testing.contracts.verifier import VerifierContract

DIGEST = digest_of(b"manifest")
MakeVerifier = Callable[..., ImageVerifier]


@pytest.fixture
def make(tmp_path: Path) -> MakeVerifier:
    def made(script: str, **settings: object) -> ImageVerifier:
        program = tmp_path / "policy"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return CommandVerifier(CommandSettings.model_validate({"command": [str(program)], **settings}))

    return made


def claim(name: str, occasion: Occasion = Occasion.PULL) -> ImageClaim:
    return ImageClaim(occasion, name, (parse_reference(f"{name}@{DIGEST}"),), frozenset({DIGEST}))


class TestProgram(VerifierContract):
    @pytest.fixture
    def verifier(self, make: MakeVerifier) -> ImageVerifier:
        return make("""grep -q '"origins":."ghcr.io/good/' || { echo "not signed" >&2; exit 1; }""")

    @pytest.fixture
    def accepted(self) -> ImageClaim:
        return claim("ghcr.io/good/app:1")

    @pytest.fixture
    def refused(self) -> ImageClaim:
        return claim("ghcr.io/evil/app:1")


@pytest.mark.anyio
async def test_it_reads_what_the_image_is_and_no_password(make: MakeVerifier, tmp_path: Path) -> None:
    secret = Repositories(registry=None, credentials=Credentials("user", "secret"))
    await make(f"cat > {tmp_path}/said").verify_image(replace(claim("app:1"), repositories=secret))
    assert json.loads((tmp_path / "said").read_text()) == {
        "occasion": "pull",
        "name": "app:1",
        "origins": [f"docker.io/library/app:1@{DIGEST}"],
        "digests": [DIGEST],
    }


@pytest.mark.parametrize(
    ("script", "settings", "reason"),
    [
        ("echo two >&2; echo lines >&2; exit 3", {}, "two lines"),
        ("exit 3", {}, "/policy ended with status 3"),
        ("kill -9 $$", {}, "/policy ended with status -9"),
        ("exec sleep 60", {"timeout": 0.2}, "/policy did not answer within 0.2 seconds"),
        ("", {"command": ["/nowhere/policy"]}, "/nowhere/policy cannot be run: No such file or directory"),
        ("", {"command": []}, "no command is configured (plugins.trust_command)"),
    ],
    ids=["sentence", "status", "signal", "timeout", "missing", "none"],
)
@pytest.mark.anyio
async def test_what_does_not_say_yes_says_no(make: MakeVerifier, script: str, settings: dict[str, object], reason: str) -> None:
    with pytest.raises(ImageRefused) as caught:
        await make(script, **settings).verify_image(claim("app:1"))
    assert caught.value.reason.endswith(reason)


@pytest.mark.anyio
async def test_a_program_that_answers_without_reading_is_heard(make: MakeVerifier) -> None:
    many = replace(claim("app:1"), digests=frozenset(digest_of(os.urandom(8)) for _ in range(5000)))
    await make("exit 0").verify_image(many)
    with pytest.raises(ImageRefused):
        await make("exit 1").verify_image(many)


@pytest.mark.anyio
async def test_use_is_asked_about_if_the_settings_say_so(make: MakeVerifier) -> None:
    assert make("exit 1").occasions == {Occasion.PULL}
    strict = make("exit 1", verify_use=True)
    assert strict.occasions == {Occasion.PULL, Occasion.USE}
    with pytest.raises(ImageRefused):
        await strict.verify_image(claim("app:1", Occasion.USE))


def test_a_command_is_an_absolute_path() -> None:
    with pytest.raises(ValidationError, match="is not an absolute path"):
        CommandSettings(command=("cosign",))
