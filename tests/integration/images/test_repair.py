"""`core doctor --repair` on a store that was really damaged: what can be mended is, what cannot goes cleanly, what is whole is not touched."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from core.images.layers import LayerRecord
from core.images.store import ImageRecord
from core.store.database import Database
from sdk.testing.images import make_image, make_tar
from tests.busybox import busybox, push
from tests.conftest import MIRROR, open_daemon, open_network, open_registry
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

REGISTRY = "127.0.0.1:5000"
SOUND = make_image((make_tar({"sound": b"s" * 100_000}),))


@pytest.fixture(scope="module")
def stopped(tmpfs: Path, registry_storage: Path) -> Iterator[Daemon]:
    """A daemon, to be started and stopped by the tests, with an image that nothing happens to beside busybox."""
    with open_network() as network, open_registry(network, registry_storage) as registry:
        with network.entered():
            push(SOUND, registry.address, "library/sound")
        with open_daemon(tmpfs, network, MIRROR) as running:
            running.docker("pull", "--quiet", "sound")
            running.stop()
            yield running


@pytest.fixture
def daemon(stopped: Daemon) -> Iterator[Daemon]:
    """The daemon, stopped, with busybox; afterwards it is stopped again, without containers."""
    stopped.start()
    stopped.docker("pull", "--quiet", "busybox")
    stopped.stop()
    yield stopped
    if stopped.process is None:
        stopped.start()
    stopped.remove_containers()
    stopped.stop()


def blob(daemon: Daemon, digest: str) -> Path:
    return daemon.data_root / "content" / "blobs" / "sha256" / digest.removeprefix("sha256:")


def layer_directory(daemon: Daemon, chain: str) -> Path:
    return daemon.data_root / "plugins" / "storage_overlay" / "l" / chain.removeprefix("sha256:")[:16]


ARCHIVE, CONFIG, CHAIN = busybox().blobs[1][0].digest, busybox().id, ""
CHAIN = msgspec.json.decode(busybox().blobs[0][1])["rootfs"]["diff_ids"][0]
MANIFEST = busybox().descriptor.digest


def doctor(daemon: Daemon, *flags: str, check: bool = True) -> list[dict[str, object]]:
    """Run the doctor, with `check` to be content, and return what it found in the store."""
    roots = ("--data-root", str(daemon.data_root), "--exec-root", str(daemon.exec_root), "--config-file", str(daemon.config_file))
    done = daemon.core("doctor", "--json", *roots, *flags, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)["store"]
    return found


def sound(daemon: Daemon) -> dict[str, tuple[int, int, int]]:
    """Return what there is of the image nothing happens to: inode, size and time of change by path."""
    parts = [blob(daemon, digest) for digest in (SOUND.id, SOUND.descriptor.digest, SOUND.blobs[1][0].digest)]
    chain = msgspec.json.decode(SOUND.blobs[0][1])["rootfs"]["diff_ids"][0]
    directory = layer_directory(daemon, chain)
    paths = [*parts, directory, *directory.rglob("*")]
    return {str(path): (status.st_ino, status.st_size, status.st_mtime_ns) for path in paths for status in [path.lstat()]}


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def flip(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))


def lose_layer(daemon: Daemon) -> None:
    shutil.rmtree(layer_directory(daemon, CHAIN))


def lose_name(daemon: Daemon) -> None:
    (layer_directory(daemon, CHAIN) / "name").unlink()


def lose_layer_and_archive(daemon: Daemon) -> None:
    lose_layer(daemon)
    blob(daemon, ARCHIVE).unlink()


def runs(daemon: Daemon) -> bool:
    return daemon.docker("run", "--rm", "--pull", "never", "busybox", "echo", "it runs", check=False).stdout == "it runs\n"


def test_a_store_that_is_whole_is_left_alone(daemon: Daemon) -> None:
    before = sound(daemon)
    assert doctor(daemon) == doctor(daemon, "--deep") == doctor(daemon, "--repair", "--deep") == []
    assert sound(daemon) == before
    daemon.start()
    assert runs(daemon)


@pytest.mark.parametrize("damage", [lose_layer, lose_name])
def test_a_layer_without_files_is_unpacked_again(daemon: Daemon, damage: Callable[[Daemon], None]) -> None:
    before = sound(daemon)
    damage(daemon)
    assert [(found["kind"], found["problem"], found["outcome"]) for found in doctor(daemon, check=False)] == [
        ("layer", "its files are gone", "")
    ]
    assert [(found["kind"], found["outcome"]) for found in doctor(daemon, "--repair")] == [("layer", "unpacked again")]
    assert doctor(daemon, "--deep") == []
    assert sound(daemon) == before
    daemon.start()
    assert runs(daemon)


@pytest.mark.parametrize(
    ("damage", "flags"),
    [
        (lambda daemon: truncate(blob(daemon, ARCHIVE)), ()),
        (lambda daemon: blob(daemon, ARCHIVE).unlink(), ()),
        (lambda daemon: flip(blob(daemon, ARCHIVE)), ("--deep",)),
    ],
    ids=["truncated", "missing", "changed"],
)
def test_without_its_archive_an_image_runs_and_a_pull_brings_it_back(
    daemon: Daemon, damage: Callable[[Daemon], None], flags: tuple[str, ...]
) -> None:
    before = sound(daemon)
    damage(daemon)
    found = doctor(daemon, "--repair", *flags, check=False)
    assert (found[-1]["name"], found[-1]["outcome"]) == ("busybox:latest", "it runs; pull it again to push or save it")
    assert not blob(daemon, ARCHIVE).exists()
    daemon.start()
    assert runs(daemon)
    daemon.docker("pull", "--quiet", "busybox")
    daemon.docker("tag", "busybox", f"{REGISTRY}/again")
    daemon.docker("push", "--quiet", f"{REGISTRY}/again")
    daemon.docker("rmi", f"{REGISTRY}/again")
    daemon.stop()
    assert doctor(daemon, "--deep") == []
    assert sound(daemon) == before


@pytest.mark.parametrize(
    "damage",
    [lose_layer_and_archive, lambda daemon: truncate(blob(daemon, CONFIG)), lambda daemon: blob(daemon, CONFIG).unlink()],
    ids=["no layer", "truncated configuration", "no configuration"],
)
def test_an_image_that_cannot_be_mended_goes_and_a_pull_brings_it(daemon: Daemon, damage: Callable[[Daemon], None]) -> None:
    before = sound(daemon)
    damage(daemon)
    found = doctor(daemon, "--repair")
    assert (found[-1]["name"], found[-1]["outcome"]) == ("busybox:latest", "removed; pull it again")
    assert doctor(daemon, "--deep") == []
    assert not blob(daemon, ARCHIVE).exists()
    assert not layer_directory(daemon, CHAIN).exists()
    assert sound(daemon) == before
    daemon.start()
    assert daemon.docker("images", "--format", "{{.Repository}}").stdout == "sound\n"
    daemon.docker("pull", "--quiet", "busybox")
    assert runs(daemon)


@pytest.mark.parametrize("damage", [lose_layer_and_archive, lambda daemon: blob(daemon, CONFIG).unlink()], ids=["layer", "configuration"])
def test_an_image_that_a_container_needs_stays_for_a_pull_to_mend(daemon: Daemon, damage: Callable[[Daemon], None]) -> None:
    daemon.start()
    container = daemon.docker("run", "-d", "--name", "made", "busybox", "sh", "-c", "test -e /new && cat /new || echo kept > /new").stdout
    daemon.docker("wait", "made")
    daemon.stop()
    damage(daemon)
    (found,) = doctor(daemon, "--repair", check=False)
    assert found["outcome"] == f"pull it again: containers use it ({container[:12]})"
    daemon.start()
    daemon.docker("pull", "--quiet", "busybox")
    assert daemon.docker("start", "-a", "made").stdout == "kept\n"
    assert runs(daemon)
    daemon.stop()
    assert doctor(daemon, "--deep") == []


@pytest.mark.parametrize("damage", [truncate, Path.unlink])
def test_a_lost_manifest_is_written_anew(daemon: Daemon, damage: Callable[[Path], None]) -> None:
    damage(blob(daemon, MANIFEST))
    found = doctor(daemon, "--repair")
    assert found[-1]["problem"] == "its manifest is missing"
    assert doctor(daemon, "--deep") == []
    daemon.start()
    assert runs(daemon)
    daemon.docker("tag", "busybox", f"{REGISTRY}/anew")
    daemon.docker("push", "--quiet", f"{REGISTRY}/anew")
    daemon.docker("rmi", f"{REGISTRY}/anew")


def test_what_belongs_to_nothing_goes(daemon: Daemon) -> None:
    before = sound(daemon)
    strays = [
        blob(daemon, "sha256:" + "0" * 64),
        daemon.data_root / "content" / "ingest" / "stray.partial",
        layer_directory(daemon, "sha256:" + "1" * 64),
        daemon.data_root / "containers" / ("2" * 64),
        blob(daemon, "directory"),
    ]
    strays[0].write_bytes(b"stray")
    strays[1].write_bytes(b"stray")
    for directory in strays[2:]:
        (directory / "fs").mkdir(parents=True)
    doctor(daemon, "--repair")
    assert [path for path in strays if path.exists()] == []
    assert doctor(daemon) == []
    assert sound(daemon) == before
    daemon.start()
    assert runs(daemon)


def test_recipes_and_files_that_are_not_what_they_were(daemon: Daemon) -> None:
    daemon.config_file.write_text("keep_blobs = false\n")
    daemon.start()
    daemon.docker("pull", "--quiet", "busybox")
    daemon.stop()
    database = Database(daemon.data_root / "core.db")
    record = database.table("layers", LayerRecord).get(CHAIN)
    assert record is not None
    assert database.table("images", ImageRecord).get(CONFIG)
    database.close()
    while blob(daemon, ARCHIVE).exists():
        daemon.start()
        daemon.stop()
    assert doctor(daemon, "--deep") == []
    truncate(blob(daemon, record.recipe))
    found = doctor(daemon, "--repair", check=False)
    assert found[-1]["outcome"] == "it runs; pull it again to push or save it"
    daemon.start()
    assert runs(daemon)
    daemon.docker("pull", "--quiet", "busybox")
    daemon.stop()
    assert doctor(daemon, "--deep") == []
    flip(layer_directory(daemon, CHAIN) / "fs" / "bin" / "busybox")
    assert doctor(daemon) == []
    assert doctor(daemon, "--repair", "--deep")[-1]["outcome"] == "removed; pull it again"
    daemon.start()
    daemon.docker("pull", "--quiet", "busybox")
    assert runs(daemon)
    daemon.config_file.write_text("")


def test_a_running_daemon_is_not_repaired(daemon: Daemon) -> None:
    daemon.start()
    roots = ("--data-root", str(daemon.data_root), "--exec-root", str(daemon.exec_root))
    done = daemon.core("doctor", *roots, "--repair", check=False)
    assert (done.returncode, f"the daemon runs (process {daemon.pid})" in done.stderr) == (1, True)
    assert "is not examined while the daemon runs" in daemon.core("doctor", *roots).stdout
