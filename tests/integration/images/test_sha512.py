"""Images addressed by sha512: pulled, pushed, saved, loaded, served and removed like others; what is not what it is called is refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
import msgspec
import pytest

from core.daemon.listeners import ListenOptions, open_listeners
from core.daemon.server import serve
from core.engine.images.content.service import ContentService
from plugins.api_registry.app import create_app
from plugins.registry_layout.backend import LayoutBackend
from plugins.registry_layout.settings import LayoutSettings
from sdk.drivers.registry import RegistryBackend
from sdk.errors import EngineError
from sdk.oci.descriptor import OCI_CONFIG, Descriptor
from sdk.oci.digest import digest_of, hex_of
from sdk.oci.image import ImageConfig, Manifest, RootFS
from sdk.oci.reference import Reference, parse_reference
from sdk.testing.images import ANONYMOUS, MadeImage, make_image, make_tar

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

LAYERS = (make_tar({"a": b"a" * 70_000}), make_tar({"b": b"b"}))
IMAGE = make_image(LAYERS, algorithm="sha512")
PLAIN = make_image(LAYERS)


@asynccontextmanager
async def serving(rooms, port: int) -> AsyncIterator[str]:
    """Serve a store by the distribution protocol on loopback."""
    listeners = open_listeners([f"tcp://127.0.0.1:{port}"], ListenOptions())
    ready = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(partial(serve, create_app(ContentService(rooms.images.context)), listeners, on_ready=ready.set))
        await ready.wait()
        yield f"127.0.0.1:{port}"
        group.cancel_scope.cancel()


@pytest.fixture
def layouts(disk: Path) -> LayoutBackend:
    (disk / "layouts").mkdir()
    return LayoutBackend(LayoutSettings(hosts={"layout.local": disk / "layouts"}))


def exact(name: str, image: MadeImage = IMAGE) -> Reference:
    reference = parse_reference(name)
    return Reference(reference.domain, reference.path, None, image.descriptor.digest)


async def push(rooms, name: str) -> None:
    async for _step in rooms.images.push(name, "", ANONYMOUS):
        pass


async def assert_whole(rooms, name: str) -> None:
    info = await rooms.images.inspect(name)
    assert (info.id, info.descriptor.digest) == (IMAGE.id, IMAGE.descriptor.digest)
    for descriptor, content in IMAGE.blobs:
        assert rooms.store.content.read(descriptor.digest) == content
    assert (await rooms.images.inspect(IMAGE.id)).id == (await rooms.images.inspect(hex_of(IMAGE.id)[:12])).id == IMAGE.id


async def test_they_are_pulled_and_pushed_over_http(rooms, empty_rooms, hub: RegistryBackend) -> None:
    async with serving(empty_rooms, 5051) as address:
        await IMAGE.push(hub, exact(f"{address}/app"))
        await rooms.pull(f"{address}/app@{IMAGE.descriptor.digest}")
        await assert_whole(rooms, f"{address}/app@{IMAGE.descriptor.digest}")
        await rooms.images.tag(IMAGE.id, f"{address}/copy", "1")
        await push(rooms, f"{address}/copy:1")
        served = await hub.resolve(parse_reference(f"{address}/copy:1"), ANONYMOUS)
        assert served.content == IMAGE.manifest
    assert (empty_rooms.store.content.directory / "blobs" / "sha512" / hex_of(IMAGE.id)).exists()


async def test_they_are_saved_and_loaded(rooms, empty_rooms, hub: RegistryBackend) -> None:
    async with serving(empty_rooms, 5052) as address:
        await IMAGE.push(hub, exact(f"{address}/app"))
        await rooms.pull(f"{address}/app@{IMAGE.descriptor.digest}")
    await rooms.images.tag(IMAGE.id, "saved", "1")
    archive = b"".join([chunk async for chunk in rooms.images.save(["saved:1"])])
    await rooms.images.remove(IMAGE.id, force=True)
    assert rooms.store.content.digests() == set()

    async def pieces() -> AsyncIterator[bytes]:
        yield archive

    assert [step.stream async for step in rooms.images.load(pieces(), quiet=True)] == ["Loaded image: saved:1\n"]
    await assert_whole(rooms, "saved:1")


async def test_layouts_have_them_too(disk: Path, layouts: LayoutBackend, rooms) -> None:
    await IMAGE.push(layouts, exact("layout.local/app"))
    await IMAGE.push(layouts, parse_reference("layout.local/app:1"))
    found = await layouts.resolve(exact("layout.local/app"), ANONYMOUS)
    assert (found.content, found.descriptor.digest) == (IMAGE.manifest, IMAGE.descriptor.digest)
    assert (disk / "layouts" / "app" / "blobs" / "sha512" / hex_of(IMAGE.id)).exists()
    for descriptor, content in IMAGE.blobs:
        async with layouts.fetch(exact("layout.local/app"), descriptor, ANONYMOUS) as chunks:
            assert b"".join([chunk async for chunk in chunks]) == content


async def test_the_same_layers_under_two_algorithms_are_installed_once(rooms, empty_rooms, hub: RegistryBackend) -> None:
    async with serving(empty_rooms, 5053) as address:
        await IMAGE.push(hub, exact(f"{address}/app"))
        await PLAIN.push(hub, parse_reference(f"{address}/plain:1"))
        await rooms.pull(f"{address}/app@{IMAGE.descriptor.digest}")
        await rooms.pull(f"{address}/plain:1")
    assert len(list(await rooms.storage.list())) == 2
    assert (await rooms.images.inspect(f"{address}/plain:1")).id == PLAIN.id


async def test_layers_may_be_named_by_sha512_uncompressed_as_well(rooms, empty_rooms, hub: RegistryBackend) -> None:
    made = with_config(RootFS(tuple(digest_of(layer, "sha512") for layer in LAYERS)))
    async with serving(empty_rooms, 5054) as address:
        await made.push(hub, exact(f"{address}/app", made))
        await rooms.pull(f"{address}/app@{made.descriptor.digest}")
    assert (await rooms.images.inspect(made.id)).config.rootfs.diff_ids[0].startswith("sha512:")
    lie = with_config(RootFS(tuple(digest_of(layer + b"x", "sha512") for layer in LAYERS)))
    async with serving(empty_rooms, 5057) as address:
        await lie.push(hub, exact(f"{address}/lie", lie))
        with pytest.raises(EngineError, match="unpacks to sha512:"):
            await rooms.pull(f"{address}/lie@{lie.descriptor.digest}")


async def test_what_is_not_its_sha512_is_refused(empty_rooms, hub: RegistryBackend) -> None:
    async with serving(empty_rooms, 5055) as address:
        wrong = Descriptor("text/plain", digest_of(b"other", "sha512"), 3)

        async def lie() -> AsyncIterator[bytes]:
            yield b"lie"

        with pytest.raises(EngineError):
            await hub.push_blob(parse_reference(f"{address}/app"), wrong, lie(), ANONYMOUS)
        with pytest.raises(EngineError):
            await hub.push_manifest(exact(f"{address}/app"), PLAIN.manifest, PLAIN.descriptor.media_type, ANONYMOUS)
    assert not empty_rooms.store.content.exists(wrong.digest)


def with_config(rootfs: RootFS) -> MadeImage:
    """Return the image with another account of its layers."""
    config = msgspec.structs.replace(msgspec.json.decode(IMAGE.blobs[0][1], type=ImageConfig), rootfs=rootfs)
    encoded = msgspec.json.encode(config)
    described = Descriptor(OCI_CONFIG, digest_of(encoded, "sha512"), len(encoded))
    manifest = msgspec.json.encode(Manifest(config=described, layers=tuple(layer for layer, _ in IMAGE.blobs[1:])))
    target = Descriptor(IMAGE.descriptor.media_type, digest_of(manifest, "sha512"), len(manifest))
    return MadeImage(manifest, target, ((described, encoded), *IMAGE.blobs[1:]))
