"""Values for parameters, fields and headers: right ones, nearly right ones, and what breaks parsers.

No value names a directory of the host that exists, but for the scratch directory: what is bound into a container may be written to.
"""

import json
import random
from collections import deque
from collections.abc import Callable, Sequence

import msgspec
from msgspec import inspect

ODD = (
    "", " ", "\0", "a\0b", "\r\n", "a\r\nX-Y: z", "\x7f", "\ufffd", "é", "日本", "\U0001f600", "a" * 300, "9" * 5000, "1" * 400, "A" * 5000, "..", "../..",
    "a/../../b", "/", "//", "a/b", ".", "-", "--", "-1", "0", "1", "00", "+1", "1e9", "NaN", "inf", "0x10", "1.5", "1_0", "٣",
    "18446744073709551616", "-9223372036854775809", "4294967296", "true", "False", "null", "[]", "{}", "{", '"', "%", "%s", "%2e%2e", "*",
    "[", "(", "a(b", "^", "$(x)", "`x`", "a:b", ":", ":::", "a:b:c:d", "@", "a@b", "sha256:", "sha256:" + "0" * 64, "sha256:" + "f" * 63,
    "sha512:x", "=", "=x", "x=", "x=y", ",", "a,b", "127.0.0.1", "::1", "[::1", "[::1]:x", "10.0.0.0/8", "10.0.0.1/33", "fe80::/64",
    "256.1.1.1", "zzz", "http://[::1", "http://x:99999/", "http://" + "a" * 70 + ".example/", "http://\xa0/", "xn--", "ftp://x", "file:///x",
    "git://127.0.0.1:1/x.git", "http://127.0.0.1:1/x", "8080", "8080/tcp", "80:80", "1-0", "0-70000", "80/xxx", "1h", "1ns", "-1s", "1y",
    "2026-01-01T00:00:00Z", "2026-13-01", "0.1234567890123", "SIGKILL", "KILL", "99", "NOSUCH", "ctrl-p,ctrl-q", "ctrl-", "root", "0:0",
    "no-such-user", "1000:no-such-group", "linux/amd64", "linux/amd64/v9/x", "windows", "none", "host", "bridge", "default", "container:",
    "container:x", "private", "shareable", "local", "json-file", "nosuch", "overlay", "02:42:ac:11:00:02", "zz:zz", "app=web", "{}\n{}",
)  # fmt: skip
"""Texts that programs take amiss."""

NAMES = ("c0", "c1", "c2", "c3", "n0", "n1", "v0", "v1", "busybox", "busybox:latest", "mine", "mine:1", "nosuch", "e0")
"""Names that often exist."""

PATHS = (
    "/tmp",
    "/tmp/",
    "/etc/passwd",
    "/etc/passwd/",
    "/nosuch/x",
    "/proc/1/root",
    "/proc/self/mem",
    "/dev/null",
    "/sys",
    "/dev/../etc",
)
"""Paths inside a container."""

COMMANDS = (
    ["true"],
    ["sleep", "1"],
    ["sleep", "30"],
    ["nosuch"],
    ["cat"],
    ["sh", "-c", "echo x; exit 3"],
    ["/etc"],
    [],
    ["sh", "-c", "yes"],
)
"""What containers may run here."""

NUMBERS = (0, 1, -1, 2, 7, 100, 4096, 1 << 20, 6 << 20, 1 << 31, -(1 << 31), (1 << 63) - 1, -(1 << 63), 1 << 64, 1e308, 0.5)
DEEP = 300


class Values:
    """Throws dice for values. `scratch` is a directory of the host that may be bound into containers."""

    def __init__(self, dice: random.Random, scratch: str) -> None:
        self.dice = dice
        self.known: deque[str] = deque(maxlen=20)
        """IDs that the daemon has given out."""
        self._own = {
            "cmd": COMMANDS,
            "entrypoint": ([], None, ["sh"], ["nosuch"]),
            "image": ("busybox", "busybox:latest", "mine", "nosuch"),
            "networkmode": ("", "bridge", "none", "host", "n0", "n1", "container:c0", "container:nosuch"),
            "cgroupparent": ("", "/", "..", "../../x", "a/../../b", "x.slice", "\0"),
            "binds": (
                [],
                [f"{scratch}:/b"],
                [f"{scratch}/nosuch:/b:ro"],
                ["v0:/b"],
                ["v0"],
                ["a:b:c:d"],
                [f"{scratch}:/b:zzz"],
                ["\0:/b"],
            ),
            "source": ("", scratch, f"{scratch}/x", "v0", "relative", "\0", "busybox"),
            "device": ("", scratch, "tmpfs", f"{scratch}/nosuch", "\0"),
            "pathonhost": ("/dev/null", "/dev/nosuch", "/dev/zero", "", "\0"),
            "volumesfrom": ([], ["c0"], ["c1:ro"], ["nosuch"], ["c0:zz"]),
            "pidmode": ("", "container:c0", "container:nosuch", "zzz"),
            "detach": (True, False),
            "timeout": (0, 1),
            "t": (0, 1, -1),
            "readonlyrootfs": (True, False),
            "privileged": (False,),
        }

    def name(self) -> str:
        """Return what an object may be called by."""
        if self.known and self.dice.random() < 0.3:
            return self.dice.choice(self.known)
        return self.dice.choice(NAMES) if self.dice.random() < 0.8 else self.dice.choice(ODD)

    def text(self) -> str:
        """Return any text."""
        return self.dice.choice(self.dice.choice((ODD, ODD, NAMES, PATHS)))

    def flag(self) -> str:
        """Return a truth value as clients write it, or nearly."""
        return self.dice.choice(("0", "1", "true", "false", "yes", "", "2", "None"))

    def json(self, depth: int = 3) -> object:
        """Return any JSON value."""
        kind = self.dice.randrange(8 if depth else 5)
        if kind < 3:
            return self.text()
        if kind < 5:
            return self.dice.choice((None, True, False, *NUMBERS))
        if kind == 5:
            return [self.json(depth - 1) for _ in range(self.dice.randrange(4))]
        return {self.text(): self.json(depth - 1) for _ in range(self.dice.randrange(4))}

    def named(self, name: str, otherwise: Callable[[], object]) -> object:
        """Return a value for a field of a name, out of those that may stand there."""
        own = self._own.get(name.lower())
        return self.dice.choice(own) if own is not None else otherwise()

    def struct(self, kind: type[msgspec.Struct]) -> dict[str, object]:
        """Return an object with some of the fields of a model, mostly of the right kind."""
        return self._object(inspect.type_info(kind))

    def filters(self) -> str:
        """Return a `filters` parameter."""
        if self.dice.random() < 0.3:
            return self.text()
        keys = ("label", "name", "id", "status", "until", "since", "before", "type", "driver", "dangling", "reference", "event", "zzz", "ancestor",
                "exited", "health", "network", "volume", "publish", "scope", "all", "unused-for", "label!")  # fmt: skip
        chosen = {
            self.dice.choice(keys): [self.text() for _ in range(self.dice.randrange(3))] for _ in range(self.dice.randrange(3))
        }
        return json.dumps(chosen)

    def body(self, kinds: Sequence[type[msgspec.Struct]]) -> bytes:
        """Return a body, mostly an object of the fields of some models."""
        shape = self.dice.random()
        if shape < 0.04:
            return self.dice.choice(
                (b"[" * DEEP + b"]" * DEEP, b'{"HostConfig":' * DEEP, b"", b"null", b"[]", b"{", b"1", b'{"a":"\xff"}', b"\xff")
            )
        value: object = {}
        for kind in kinds:
            value = {**value, **self.struct(kind)} if isinstance(value, dict) else value
        if shape < 0.1:
            value = self.json()
        encoded = json.dumps(value).encode()
        if shape > 0.95:
            place = self.dice.randrange(len(encoded) + 1)
            encoded = encoded[:place] + self.dice.choice((b"", b"\0", b"\xff", b"{", b'"')) + encoded[place + 1 :]
        return encoded

    def _object(self, info: inspect.Type) -> dict[str, object]:
        assert isinstance(info, inspect.StructType)
        share = self.dice.choice((0.3, 0.7, 1.0, 3.0)) / len(info.fields)
        some = [field for field in info.fields if self.dice.random() < share]
        chosen = {field.encode_name: self.named(field.encode_name, lambda field=field: self._of(field.type)) for field in some}
        for name in ("Image", "Cmd"):
            if any(field.encode_name == name for field in info.fields) and self.dice.random() < 0.9:
                chosen[name] = self.named(name, self.text)
        return chosen

    def _of(self, info: inspect.Type) -> object:
        if self.dice.random() < 0.04:
            return self.json()
        match info:
            case inspect.UnionType(types):
                return self._of(self.dice.choice(types))
            case inspect.StructType():
                return self._object(info)
            case inspect.DictType(key_type=_, value_type=value):
                return {self.text(): self._of(value) for _ in range(self.dice.randrange(3))}
            case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
                return [self._of(item) for _ in range(self.dice.randrange(3))]
            case inspect.BoolType():
                return self.dice.random() < 0.5
            case inspect.IntType() | inspect.FloatType():
                return self.dice.choice(NUMBERS)
            case inspect.NoneType():
                return None
            case _:
                return self.text()
