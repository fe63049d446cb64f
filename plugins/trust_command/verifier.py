"""The policy is a program: it reads what an image is and says by its exit status whether it may be used.

    {"occasion": "pull", "name": "app:1", "origins": ["registry.example/app:1@sha256:..."], "digests": ["sha256:..."]}

Passwords are not passed on.
"""

import os
from subprocess import DEVNULL, PIPE

import anyio
import msgspec

from plugins.trust_command.settings import NAME, CommandSettings
from sdk.drivers.verifier import ImageClaim, ImageVerifier, Occasion
from sdk.errors import ImageRefused

_LONGEST_REASON = 1000


class CommandVerifier(ImageVerifier):
    """Runs the program once for every question; what it writes to stderr is the reason."""

    def __init__(self, settings: CommandSettings) -> None:
        self._settings = settings

    @property
    def occasions(self) -> frozenset[Occasion]:
        return frozenset(Occasion) if self._settings.verify_use else frozenset({Occasion.PULL})

    async def verify_image(self, image: ImageClaim) -> None:
        if reason := await self._refusal(image):
            raise ImageRefused(image.name, NAME, reason)

    async def _refusal(self, image: ImageClaim) -> str:
        if not self._settings.command:
            return "no command is configured (plugins.trust_command)"
        program = self._settings.command[0]
        try:
            with anyio.fail_after(self._settings.timeout):
                status, said = await _run(self._settings.command, _encoded(image))
        except TimeoutError:
            return f"{program} did not answer within {self._settings.timeout:g} seconds"
        except OSError as error:
            return f"{program} cannot be run: {error.strerror}"
        return (said or f"{program} ended with status {status}") if status else ""


async def _run(command: tuple[str, ...], document: bytes) -> tuple[int, str]:
    """Run a program with a file as its input, which it need not read; return its status and what it said in one line."""
    with os.fdopen(os.memfd_create("image"), "w+b") as file:
        file.write(document)
        file.seek(0)
        async with await anyio.open_process(command, stdin=file, stdout=DEVNULL, stderr=PIPE) as process:
            said = bytearray()
            assert process.stderr is not None
            async for chunk in process.stderr:
                said += chunk[: _LONGEST_REASON - len(said)]
            status = await process.wait()
    return status, " ".join(said.decode(errors="replace").split())


def _encoded(image: ImageClaim) -> bytes:
    document = {
        "occasion": image.occasion.value,
        "name": image.name,
        "origins": [str(origin) for origin in image.origins],
        "digests": sorted(image.digests),
    }
    return msgspec.json.encode(document)
