"""What a build tells while it runs: a graph of vertices, what happens at each, and the result.

Times are wall-clock nanoseconds, 0 for "not yet". A vertex is announced once when the plan is known and again, whole, whenever it
changes; the newest announcement counts.
"""

from dataclasses import dataclass
from typing import TypeAlias

from sdk.drivers.logs import StdStream
from sdk.oci.descriptor import Descriptor
from sdk.oci.image import ImageConfig


@dataclass(frozen=True, slots=True)
class Vertex:
    """A step of a build. `digest` identifies it within the build, `inputs` are the digests of the steps it waits for.

    `name` is as progress displays show it (`[build 2/3] RUN make`). `step` of `steps` counts the instructions of the Dockerfile that
    belong to the plan, from 1; 0 is internal work such as loading the Dockerfile. `instruction` is that instruction in one line.
    `result` names what the step made: the image's ID for the last one, else a digest of its cache key. `container_id` is set while
    and after a process ran for it; `removed_id` is that of its container which was removed.

    Of a classic build: each `result` is an image's ID, `ends_stage` says that the step is the last of its stage, `triggers` how many
    ONBUILD triggers a FROM runs, and `trigger_of` is the digest of the FROM that a trigger belongs to.
    """

    digest: str
    name: str
    inputs: tuple[str, ...] = ()
    started_ns: int = 0
    completed_ns: int = 0
    cached: bool = False
    error: str = ""
    step: int = 0
    steps: int = 0
    instruction: str = ""
    result: str = ""
    container_id: str = ""
    removed_id: str = ""
    ends_stage: bool = False
    triggers: int = 0
    trigger_of: str = ""


@dataclass(frozen=True, slots=True)
class VertexStatus:
    """Progress of one thing a vertex does (a layer being pulled, an export). `total` 0 is unknown.
    `current` and `total` are bytes of a transfer.
    """

    vertex: str
    id: str
    name: str = ""
    current: int = 0
    total: int = 0
    time_ns: int = 0
    started_ns: int = 0
    completed_ns: int = 0


@dataclass(frozen=True, slots=True)
class VertexLog:
    """Output of a vertex, as it came; not necessarily whole lines."""

    vertex: str
    stream: StdStream
    data: bytes
    time_ns: int


@dataclass(frozen=True, slots=True)
class BuildWarning:
    """Something a person should look at, in `start_line` to `end_line` of `file`. Lines count from 1; 0 is nowhere in particular. `level` is
    what BuildKit's clients are told.
    """

    vertex: str
    short: str
    detail: tuple[str, ...] = ()
    url: str = ""
    level: int = 1
    file: str = ""
    start_line: int = 0
    end_line: int = 0


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The last event of a build that succeeded. `image_id` is "" and `descriptor` None if the request wanted nothing stored. `caches` are
    nameless images of other stages that were stored because the cache of all steps is to be exported; they are the caller's to remove."""

    image_id: str
    descriptor: Descriptor | None
    config: ImageConfig
    names: tuple[str, ...] = ()
    caches: tuple[str, ...] = ()


BuildEvent: TypeAlias = Vertex | VertexStatus | VertexLog | BuildWarning | BuildResult
