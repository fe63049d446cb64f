"""What the daemon and the process of an isolated driver say to each other: msgpack arrays, each with its length before it.

Every frame is decoded into one of these types or ends the connection. Values of drivers are within, packed by the shapes of their hints.
"""

import struct
from enum import StrEnum

import msgspec

WIRE = 1
"""The version of this protocol."""

LARGEST = 16 << 20
"""Bytes that a frame may have. One that is announced as longer ends the connection."""

_LENGTH = struct.Struct("<I")

Field = str | int | bool | None


class TooLarge(ValueError):
    """A frame is larger than LARGEST."""


class _Frame(msgspec.Struct, frozen=True, array_like=True):
    """A frame; its tag comes first."""


# From the daemon -----------------------------------------------------------------------------------------------------


class Open(_Frame, frozen=True, tag=1):
    """The first frame. `module` and `hook` name the plugin's function that gives the provider, `settings` is its table as JSON, `path`
    is where the daemon finds modules, `level` that of the log; `capabilities` are those that the process keeps."""

    wire: int
    kind: str
    plugin: str
    module: str
    hook: str
    settings: str
    data_root: str
    exec_root: str
    instance: str
    level: int
    path: tuple[str, ...]
    capabilities: tuple[str, ...]


class Call(_Frame, frozen=True, tag=2):
    """A call of one of the driver's methods; `number` is that of its answer."""

    number: int
    method: str
    arguments: list[object]


class Cancel(_Frame, frozen=True, tag=3):
    """The caller of a call waits no longer. It is answered all the same."""

    number: int


class Ping(_Frame, frozen=True, tag=4):
    """Is the event loop alive?"""


class Close(_Frame, frozen=True, tag=5):
    """Close the driver and end."""


# From the plugin's process -------------------------------------------------------------------------------------------


class Why(StrEnum):
    """Why a driver does not open: this machine cannot run it, it has methods that cannot be called from elsewhere, or it is broken."""

    SKIP = "skip"
    UNSPEAKABLE = "unspeakable"
    BROKEN = "broken"


class Ready(_Frame, frozen=True, tag=16):
    """The driver is open and has these interfaces, by name."""

    interfaces: tuple[str, ...]


class Refused(_Frame, frozen=True, tag=17):
    """The driver does not open, or could not go on; `why` says what kind of reason it is."""

    reason: str
    why: Why


class Returned(_Frame, frozen=True, tag=18):
    """A call returned."""

    number: int
    value: object


class Raised(_Frame, frozen=True, tag=19):
    """A call raised an error: its class, what it says, and its plain fields."""

    number: int
    name: str
    text: str
    fields: dict[str, Field] = {}


class Cancelled(_Frame, frozen=True, tag=20):
    """A call ended because it was cancelled."""

    number: int


class Pong(_Frame, frozen=True, tag=21):
    """The event loop is alive."""


class Logged(_Frame, frozen=True, tag=22):
    """A record of the plugin's log."""

    level: int
    message: str


class Happened(_Frame, frozen=True, tag=23):
    """An event that the driver publishes; `kind` is its type."""

    kind: str
    action: str
    actor: str
    time_ns: int
    attributes: dict[str, str]
    scope: str


FromDaemon = Open | Call | Cancel | Ping | Close
FromPlugin = Ready | Refused | Returned | Raised | Cancelled | Pong | Logged | Happened

_encoder = msgspec.msgpack.Encoder()
_from_daemon = msgspec.msgpack.Decoder(FromDaemon)
_from_plugin = msgspec.msgpack.Decoder(FromPlugin)


def encode(frame: FromDaemon | FromPlugin) -> bytes:
    """Return a frame's bytes. Raises TooLarge, and ValueError, TypeError or OverflowError for what cannot be sent."""
    body = _encoder.encode(frame)
    if len(body) > LARGEST:
        raise TooLarge(f"{len(body)} bytes, {LARGEST} at most, cannot be sent at once")
    return _LENGTH.pack(len(body)) + body


def from_daemon(body: bytes | memoryview) -> FromDaemon:
    """Return a frame of the daemon's. Raises ValueError."""
    frame: FromDaemon = _from_daemon.decode(body)
    return frame


def from_plugin(body: bytes | memoryview) -> FromPlugin:
    """Return a frame of a plugin's process. Raises ValueError."""
    frame: FromPlugin = _from_plugin.decode(body)
    return frame


class Splitter:
    """Cuts what comes from a stream into the bodies of frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the bodies that are complete now. Raises TooLarge as soon as one announces itself as such."""
        self._rest += data
        bodies, begin = [], 0
        while len(self._rest) - begin >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._rest, begin)
            if length > LARGEST:
                raise TooLarge(f"a frame of {length} bytes was announced, {LARGEST} at most")
            end = begin + _LENGTH.size + length
            if end > len(self._rest):
                break
            bodies.append(bytes(self._rest[begin + _LENGTH.size : end]))
            begin = end
        del self._rest[:begin]
        return bodies
