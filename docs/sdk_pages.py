"""Which page of the reference tells of which modules of the SDK: each of its modules is on one."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import surface
from interfaces import documented, module, parsed

Told = tuple[str, str, list[str]]
"""A module: its name, what it says of itself, and the sections of what it offers."""

DRIVERS = {
    "builder": "sdk.builder",
    "storage": "sdk.drivers.storage",
    "network": "sdk.drivers.network",
    "registry": "sdk.drivers.registry",
    "runtime": "sdk.drivers.runtime",
    "volume": "sdk.drivers.volume",
    "logs": "sdk.drivers.logs",
    "verifier": "sdk.drivers.verifier",
    "authorizer": "sdk.drivers.authorizer",
    "frontend": "sdk.frontend",
    "observer": "sdk.observer",
}
"""The page of each kind of driver, by its file, and the module that it tells of."""

OTHERS = {
    "hooks.md": ("Hooks", ("hookspecs", "providers", "version", "drivers.deadlines", "drivers.interfaces")),
    "sdk/engine.md": ("The engine, as frontends see it", ("engine",)),
    "sdk/events.md": ("Events", ("events",)),
    "sdk/oci.md": ("OCI types", ("oci",)),
    "sdk/storage.md": ("The kit: snapshots, layers and trees", ("storage",)),
    "sdk/network.md": ("The kit: addresses, links and sandboxes", ("network",)),
    "sdk/logfiles.md": ("The kit: logs in files", ("logfiles",)),
    "sdk/shipping.md": ("The kit: logs that are sent elsewhere", ("shipping",)),
    "sdk/linux.md": ("The kit: the kernel", ("linux",)),
    "sdk/shim.md": ("The kit: processes that outlive the daemon", ("shim",)),
    "sdk/registry.md": ("The kit: registries", ("registry",)),
    "sdk/docker.md": ("The kit: Docker's syntax", ("docker",)),
    "sdk/legacy.md": ("The kit: Docker's legacy plugins", ("legacy",)),
    "sdk/testing.md": ("Contract suites, fixtures and fakes", ("testing",)),
}
"""The other pages: title, and the modules and rooms of `sdk` that each tells of."""

SMALL = "sdk/small.md"
"""The page of what is left: modules that stand alone."""

CALLED = """## How its methods are called

On the daemon's event loop, which serves every client. An `async` method is awaited. Work in it that blocks (files, processes, `time.sleep`,
a library that waits) belongs in a thread: `await anyio.to_thread.run_sync(work, limiter=...)`, with a limiter of the driver's own. A method
without `async` is called as it stands and must return at once. While a method blocks the loop, the daemon serves no client: after a second its log
names the line.

Many calls may run at once. A call may be cancelled wherever it awaits, when its client goes or its deadline passes: what it made by halves is
removed in `finally`, and what is awaited there stands in `anyio.CancelScope(shield=True)`. An error of [`sdk.errors`](../errors.md) reaches the
client as it is. Any other exception is told as a fault of this driver, with its name and the method's.

An administrator may run drivers of some kinds [in a process of their own](../../how-to/isolate-a-plugin.md), with an event loop of its own.
"""

SERVED = """## How it is called

On the daemon's event loop, which serves every client, as is the application that it builds. What blocks (files, processes, `time.sleep`, a library
that waits) belongs in a thread: `await anyio.to_thread.run_sync(work, limiter=...)`. While one call blocks the loop, the daemon serves no client: after a
second its log names the line. The engine's methods raise the errors of [`sdk.errors`](../errors.md); which status that is, says the frontend. A
request is cancelled when its client goes. What the engine can be asked is on [its page](../sdk/engine.md).
"""

LEGEND = """A heading is the name as it is written in code; what is *in italics* below says how it is called. Times whose names end in `_ns` are
nanoseconds: since 1970 where they say when, else a duration. A field without a default has to be given. The structures that pass
between engine and drivers are immutable.
"""


def driver(kind: str) -> str:
    """Return the page of a kind of driver."""
    source = parsed(_path(DRIVERS[kind]))
    text = documented(ast.get_docstring(source))
    called = SERVED if kind == "frontend" else CALLED
    return f"# Driver interface: {kind}\n\n`{DRIVERS[kind]}`. {text}\n\n{called}\n" + "\n".join(module(source, 2))


def page(name: str) -> str:
    """Return one of the other pages."""
    title, rooms = OTHERS.get(name) or ("The kit: small modules", _left())
    found = list(_modules(*rooms))
    return f"# {title}\n\n{LEGEND}\n{_contents(found)}" + _below_headings(found)


def _contents(found: list[Told]) -> str:
    """Return the list of a page's modules, where there are several: what each is for, in its own words."""
    lines = [f"- [`{name}`](#{name.replace('.', '')}): {text.partition(chr(10))[0]}" for name, text, _ in found]
    return "\n".join(lines) + "\n\n" if len(lines) > 1 else ""


def _left() -> tuple[str, ...]:
    """Return the rooms and modules that no page names."""
    named = (
        {room for _, rooms in OTHERS.values() for room in rooms} | {name.split(".")[1] for name in DRIVERS.values()} | {"errors"}
    )
    return tuple(room for rooms in surface.floors().values() for room in sorted(rooms) if room not in named)


def sections(*rooms: str) -> str:
    """Return what rooms and modules of `sdk` offer, below a heading for each module."""
    return _below_headings(_modules(*rooms))


def _below_headings(found: Iterable[Told]) -> str:
    return "\n".join("\n".join([f"## `{name}`\n\n" + (f"{text}\n" if text else ""), *offers]) for name, text, offers in found)


def _modules(*rooms: str) -> Iterator[Told]:
    """Yield the modules of some rooms that offer anything."""
    for path in (path for room in rooms for path in _sources(room)):
        source = parsed(path)
        if offers := list(module(source, 3)):
            yield module_name(path), documented(ast.get_docstring(source)), offers


def _sources(room: str) -> list[Path]:
    return sorted(surface.sources(room.replace(".", "/")), key=lambda path: (path.name != "__init__.py", path))


def module_name(path: Path) -> str:
    """Return the name that a source is imported by."""
    return ".".join(path.relative_to(surface.ROOT).with_suffix("").parts).removesuffix(".__init__")


def _path(name: str) -> Path:
    return surface.ROOT / f"{name.replace('.', '/')}.py"


def pages() -> dict[str, str]:
    """Return every page of the SDK, by its file."""
    return {f"drivers/{kind}.md": driver(kind) for kind in DRIVERS} | {name: page(name) for name in (*OTHERS, SMALL)}
