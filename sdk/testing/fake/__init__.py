"""An engine in memory, for tests of frontends: it keeps the engine's contract (`sdk.testing.contracts.engine`) and runs nothing.

A container's command is one of a few: `cat`, `echo WORDS`, `fail CODE`, `true`, `false`, `sleep`, `sh` (reads and prints as cat does). It holds the
images it was made with, `busybox` unless told otherwise.
"""

from sdk.engine import Engine
from sdk.testing.fake.builds import FakeBuilds
from sdk.testing.fake.containers import FakeContainers
from sdk.testing.fake.content import FakeContent
from sdk.testing.fake.execs import FakeExecs
from sdk.testing.fake.files import FakeFiles
from sdk.testing.fake.images import FakeImages
from sdk.testing.fake.networks import FakeNetworks
from sdk.testing.fake.streams import FakeStreams
from sdk.testing.fake.system import FakeSystem
from sdk.testing.fake.volumes import FakeVolumes

__all__ = ["fake_engine"]


def fake_engine(*images: str) -> Engine:
    """Return a fresh engine."""
    system = FakeSystem()
    store = FakeImages(images or ("busybox:latest",))
    containers = FakeContainers(store, system)
    networks, volumes = FakeNetworks(), FakeVolumes()
    system.existing = lambda: (store.count, networks.count, volumes.count)
    return Engine(
        containers=containers,
        streams=FakeStreams(containers),
        files=FakeFiles(containers),
        execs=FakeExecs(containers),
        images=store,
        content=FakeContent(),
        networks=networks,
        volumes=volumes,
        system=system,
        builds=FakeBuilds(store),
    )
