"""A program that decides, and everything that can be wrong with it."""

import json
import os
from pathlib import Path

import pytest

from plugins.trust_command.settings import CommandSettings
from plugins.trust_command.verifier import CommandVerifier
from sdk.drivers.verifier import ImageClaim, Occasion
from sdk.errors import ImageRefused
from sdk.oci.reference import parse_reference

pytestmark = pytest.mark.anyio

DIGEST = "sha256:" + "a" * 64
CLAIM = ImageClaim(
    Occasion.PULL, "app:1", (parse_reference(f"r.example/app:1@{DIGEST}"),), frozenset({DIGEST, "sha256:" + "0" * 64})
)


def program(tmp_path: Path, script: str) -> str:
    path = tmp_path / "verify"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


async def refusal(*command: str, timeout: float = 20) -> str:
    """Return why the image is refused, "" if it is not."""
    try:
        await CommandVerifier(CommandSettings(command=command, timeout=timeout)).verify_image(CLAIM)
    except ImageRefused as error:
        return error.message
    return ""


async def test_the_program_is_told_the_image(tmp_path: Path) -> None:
    assert await refusal(program(tmp_path, f'cat > {tmp_path}/told; echo "$1"'), "argument") == ""
    assert json.loads((tmp_path / "told").read_bytes()) == {
        "occasion": "pull",
        "name": "app:1",
        "origins": [f"r.example/app:1@{DIGEST}"],
        "digests": ["sha256:" + "0" * 64, DIGEST],
    }


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 0", ""),
        ("echo warning >&2; exit 0", ""),
        ("echo 'no  signature' >&2; echo here >&2; exit 1", "no signature here"),
        ("exit 7", "ended with status 7"),
        ("kill -9 $$", "ended with status -9"),
        ("printf '\\377' >&2; exit 1", "\ufffd"),
        ("exec 0<&-; exit 1", "ended with status 1"),
    ],
)
async def test_the_exit_status_decides(tmp_path: Path, script: str, reason: str) -> None:
    told = await refusal(program(tmp_path, script))
    assert (reason in told) if reason else (told == "")


async def test_a_reason_has_an_end(tmp_path: Path) -> None:
    told = await refusal(program(tmp_path, "head -c 5000000 /dev/zero | tr '\\0' x >&2; exit 1"))
    assert told.count("x") < 1100


async def test_a_program_that_cannot_be_run_refuses(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    assert "cannot be run: Permission denied" in await refusal(str(tmp_path / "text"))
    assert "cannot be run: No such file or directory" in await refusal(str(tmp_path / "none"))
    (tmp_path / "text").chmod(0o755)
    assert "cannot be run: Exec format error" in await refusal(str(tmp_path / "text"))


async def test_without_a_program_nothing_is_allowed() -> None:
    assert "no command is configured" in await refusal()


async def test_a_program_that_hangs_is_killed_and_refuses(tmp_path: Path) -> None:
    told = await refusal(program(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60"), timeout=5)
    assert "did not answer within 5 seconds" in told
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_use_is_verified_where_that_is_wanted() -> None:
    assert CommandVerifier(CommandSettings()).occasions == {Occasion.PULL}
    assert CommandVerifier(CommandSettings(verify_use=True)).occasions == {Occasion.PULL, Occasion.USE}
