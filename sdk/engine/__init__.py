"""What a frontend may ask of the core: Protocols and their data, no code."""

from dataclasses import dataclass

from sdk.engine.builds import Builds
from sdk.engine.containers import ContainerFiles, Containers, ContainerStreams, Execs
from sdk.engine.content import Content
from sdk.engine.images import Images
from sdk.engine.networks import Networks
from sdk.engine.system import System
from sdk.engine.volumes import Volumes


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine as frontends see it, noun by noun."""

    containers: Containers
    streams: ContainerStreams
    files: ContainerFiles
    execs: Execs
    images: Images
    content: Content
    networks: Networks
    volumes: Volumes
    system: System
    builds: Builds
