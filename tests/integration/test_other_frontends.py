"""A frontend of another API makes containers with the engine's own values: no word of Docker's syntax is written here."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from plugins.api_docker.convert.containers import container_inspect
from sdk.drivers.network import PortBinding
from sdk.engine import Engine
from sdk.engine.config import ContainerConfig, HostConfig, Limits, Opaque
from sdk.engine.containers import CreateRequest, WaitCondition
from sdk.engine.modes import NamespaceKind, NamespaceMode, NetworkKind, NetworkMode
from sdk.engine.mounts import Mount, MountType, VolumesFrom
from sdk.oci.ports import Port
from tests.engine import engine_root, import_busybox, real_engine

pytestmark = [pytest.mark.privileged, pytest.mark.anyio, pytest.mark.usefixtures("own_network")]

MEMORY = 64 << 20
SANDBOX = HostConfig(
    mounts=(Mount(type=MountType.VOLUME, source="data", destination="/data"),),
    port_bindings=(PortBinding(80, host_ip="127.0.0.1", host_port=8080),),
    ipc_mode=NamespaceMode(NamespaceKind.SHAREABLE),
)


@pytest.fixture
def root(tmpfs: Path) -> Iterator[Path]:
    with engine_root(tmpfs) as root:
        yield root


@pytest.fixture
async def engine(root: Path) -> AsyncIterator[Engine]:
    async with real_engine(root) as running:
        await import_busybox(running.engine.engine)
        yield running.engine.engine


def workload(sandbox: str, directory: Path) -> HostConfig:
    """Return what a container in the namespaces of another may use."""
    return HostConfig(
        mounts=(
            Mount(type=MountType.BIND, source=str(directory), destination="/results"),
            Mount(type=MountType.TMPFS, destination="/scratch", options=("noexec", "size=64k")),
        ),
        volumes_from=(VolumesFrom(sandbox, read_only=True),),
        limits=Limits(memory=MEMORY, pids_limit=50),
        network_mode=NetworkMode(NetworkKind.CONTAINER, container=sandbox),
        ipc_mode=NamespaceMode(NamespaceKind.CONTAINER, sandbox),
    )


async def test_a_pod_of_two(engine: Engine, tmpfs: Path) -> None:
    config = ContainerConfig(image="busybox", cmd=("sleep", "600"), exposed_ports=(Port(80),))
    kept = Opaque("other", b"\x00 not JSON")
    sandbox = (await engine.containers.create(CreateRequest(config, SANDBOX, name="sandbox", opaque=kept))).id
    await engine.containers.start(sandbox)
    script = "readlink /proc/self/ns/net; readlink /proc/self/ns/ipc; cat /proc/mounts; touch /data/x || echo refused"
    inside = ContainerConfig(image="busybox", cmd=("sh", "-c", f"({script}) >/results/found 2>&1"))
    made = await engine.containers.create(CreateRequest(inside, workload(sandbox, tmpfs)))
    ended = await engine.containers.wait(made.id, WaitCondition.NEXT_EXIT)
    await engine.containers.start(made.id)
    assert (await ended.result()).exit_code == 0

    found = (tmpfs / "found").read_text().splitlines()
    owner = await engine.containers.inspect(sandbox)
    assert found[:2] == [str(Path(f"/proc/{owner.pid}/ns/{kind}").readlink()) for kind in ("net", "ipc")]
    assert any(line.startswith("tmpfs /scratch ") and "size=64k" in line for line in found)
    assert found[-1] == "refused"
    assert [(port.container_port, port.host_ip, port.host_port) for port in owner.ports] == [(80, "127.0.0.1", 8080)]
    assert (await engine.containers.inspect(made.id)).host_config.limits.memory == MEMORY
    assert owner.opaque == kept
    for name in (made.id, sandbox):
        await engine.containers.remove(name, force=True, volumes=True)


async def test_clients_of_dockers_api_see_it_in_their_words(engine: Engine, tmpfs: Path) -> None:
    config = ContainerConfig(image="busybox", cmd=("true",), exposed_ports=(Port(80),))
    sandbox = (await engine.containers.create(CreateRequest(config, SANDBOX, opaque=Opaque("other", b"\x00")))).id
    joined = (await engine.containers.create(CreateRequest(ContainerConfig(image="busybox"), workload(sandbox, tmpfs)))).id
    shown = container_inspect(await engine.containers.inspect(sandbox))
    host = shown.host_config
    assert [(side.host_ip, side.host_port) for side in host.port_bindings["80/tcp"]] == [("127.0.0.1", "8080")]
    assert [(mount.type, mount.source, mount.target) for mount in host.mounts] == [("volume", "data", "/data")]
    assert (host.network_mode, host.ipc_mode) == ("bridge", "shareable")
    assert [(mount.type, mount.name, mount.destination, mount.rw) for mount in shown.mounts] == [("volume", "data", "/data", True)]
    other = container_inspect(await engine.containers.inspect(joined)).host_config
    assert (other.network_mode, other.ipc_mode, other.memory) == (f"container:{sandbox}", f"container:{sandbox}", MEMORY)
    assert other.volumes_from == (f"{sandbox}:ro",)
