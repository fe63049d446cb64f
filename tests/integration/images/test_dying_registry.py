"""A registry that dies in the middle of a push or a pull: one sentence, nothing half made, and the next try succeeds."""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

import pytest

from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.engine.images import Progress, PullRequest
from sdk.errors import NotFound, Unavailable
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry, serve_registry
from sdk.testing.images import MadeImage, make_image, make_tar

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

PORT = 5055


@cache
def image() -> MadeImage:
    """An image whose pull takes a while; made when it is wanted, not when tests are collected."""
    return make_image([make_tar({"large": random.Random(1).randbytes(24 << 20)}), make_tar({"small": b"s"})])


REFUSED = rf"dial tcp 127\.0\.0\.1:{PORT}: connect: connection refused"


class Mortal:
    """A registry that can be ended and begun again on the same files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._serving: AbstractContextManager[RunningRegistry] | None = None
        self.address = f"127.0.0.1:{PORT}"

    def live(self) -> None:
        self._serving = serve_registry(self._directory, port=PORT)
        self._serving.__enter__()

    def die(self) -> None:
        serving, self._serving = self._serving, None
        if serving is not None:
            serving.__exit__(None, None, None)


@pytest.fixture
def mortal(network: None, tmp_path: Path) -> Iterator[Mortal]:
    registry = Mortal(tmp_path / "mortal")
    registry.live()
    yield registry
    registry.die()


async def _until_it_dies(steps: AsyncIterator[Progress], status: str, mortal: Mortal) -> list[Progress]:
    seen = []
    async for step in steps:
        seen.append(step)
        if step.status == status:
            mortal.die()
    return seen


async def test_a_push(rooms, empty_rooms, hub: RegistryBackend, docker_registry: RunningRegistry, mortal: Mortal) -> None:
    source, target = f"{docker_registry.address}/dying/source", f"{mortal.address}/dying/target"
    await image().push(hub, parse_reference(source))
    await rooms.pull(source)
    await rooms.images.tag(source, target, "latest")
    with pytest.raises(Unavailable, match=REFUSED):
        await _until_it_dies(rooms.images.push(target, "latest", Credentials()), "Pushing", mortal)
    mortal.live()
    steps = [step async for step in rooms.images.push(target, "latest", Credentials())]
    assert steps[-1].aux["Tag"] == "latest"
    await empty_rooms.pull(target)
    assert (await empty_rooms.images.inspect(target)).id == image().id


async def test_a_pull(rooms, hub: RegistryBackend, mortal: Mortal) -> None:
    name = f"{mortal.address}/dying/pulled"
    await image().push(hub, parse_reference(name))
    with pytest.raises(Unavailable, match=REFUSED):
        await _until_it_dies(rooms.images.pull(PullRequest(name)), "Downloading", mortal)
    with pytest.raises(NotFound):
        await rooms.images.inspect(name)
    mortal.live()
    await rooms.pull(name)
    assert (await rooms.images.inspect(name)).id == image().id
