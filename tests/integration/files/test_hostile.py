"""Hostile archives through every door: `docker load`, `import`, `pull`, and the archive of `docker cp`. None does harm, each error is clear."""

import gzip
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import quote

import pytest

from sdk.oci.descriptor import OCI_LAYER, OCI_LAYER_GZIP
from sdk.testing.images import MadeImage, make_image
from tests.busybox import push
from tests.conftest import REGISTRY
from tests.connection import UnixConnection
from tests.daemon import Daemon
from tests.hostile import Hostile, corpus

pytestmark = pytest.mark.privileged

Door = Callable[[Daemon, bytes], str]
"""Sends an archive and returns the error that comes back, or nothing."""


def put(daemon: Daemon, archive: bytes) -> str:
    """Unpack it in a container that runs, as `docker cp` does."""
    status, body = send(daemon, "PUT", "/containers/victim/archive?path=/srv", archive)
    assert status in (200, 400), (status, body)
    return "" if status == 200 else json.loads(body)["message"]


def import_(daemon: Daemon, archive: bytes) -> str:
    """Make an image of it."""
    return error_in(send(daemon, "POST", "/images/create?fromSrc=-&repo=hostile", archive)[1])


def load(daemon: Daemon, archive: bytes) -> str:
    """Load it as the layer of an image."""
    return error_in(send(daemon, "POST", "/images/load?quiet=1", docker_archive(image_of(archive)))[1])


def pull(daemon: Daemon, archive: bytes) -> str:
    """Pull it as the layer of an image."""
    with daemon.network.entered():
        push(image_of(archive), REGISTRY, "hostile")
    return error_in(send(daemon, "POST", f"/images/create?fromImage={quote(f'{REGISTRY}/hostile:latest')}", b"")[1])


DOORS: tuple[Door, ...] = (put, import_, load, pull)


def image_of(layer: bytes) -> MadeImage:
    """Return an image of one layer, which may be compressed already; then it says what it is unpacked."""
    with suppress(EOFError):
        if layer.startswith(b"\x1f\x8b"):
            return make_image([gzip.decompress(layer)], layer_type=OCI_LAYER_GZIP)
    return make_image([layer], layer_type=OCI_LAYER)


def docker_archive(image: MadeImage) -> bytes:
    """Return what an old `docker save` would write of it."""
    (_, config), (_, layer) = image.blobs
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["hostile:latest"], "Layers": ["layer.tar"]}]).encode()
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for name, content in (("config.json", config), ("layer.tar", layer), ("manifest.json", manifest)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return output.getvalue()


def send(daemon: Daemon, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Send a body as it is."""
    connection = UnixConnection(daemon.socket, 60)
    try:
        connection.request(method, path, body, {"Content-Type": "application/x-tar"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def error_in(stream: bytes) -> str:
    """Return the error that a stream of progress ends with, or that is all of the reply."""
    steps = [json.loads(line) for line in stream.splitlines() if line.strip()]
    return next((step.get("error") or step.get("message", "") for step in steps if "error" in step or "message" in step), "")


@pytest.fixture
def victim(shared_daemon: Daemon) -> Iterator[Daemon]:
    """A daemon with a container that runs; nothing is left behind by what was refused."""
    shared_daemon.docker("run", "-d", "--name", "victim", "--network", "none", "busybox", "sh", "-c", "mkdir /srv; sleep 1000")
    yield shared_daemon
    assert list((shared_daemon.data_root / "content" / "ingest").iterdir()) == []


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__.strip("_"))
def test_no_archive_does_harm(victim: Daemon, door: Door) -> None:
    canary, secret = victim.directory / "canary", victim.directory / "secret"
    canary.write_text("alive")
    secret.write_text("secret")
    wrong = {
        hostile.name: said
        for hostile in corpus(canary)
        if not as_expected(hostile, said := door(victim, hostile.content))
        or canary.read_text() != "alive"
        or {canary.stat().st_nlink, secret.stat().st_nlink} != {1}
        or canary.parent.stat().st_mode & 0o700 != 0o700
    }
    assert wrong == {}
    assert victim.docker("exec", "victim", "echo", "alive").stdout == "alive\n"
    victim.docker("image", "prune", "--all", "--force")


def as_expected(hostile: Hostile, said: str) -> bool:
    """Tell whether an archive was refused, or taken, as it should be."""
    return bool(re.search(hostile.refusal, said)) if hostile.refusal else not said
