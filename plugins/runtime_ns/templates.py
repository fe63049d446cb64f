"""Plans already assembled, for containers that differ from an earlier one only by their ID and the namespaces they join, and for
processes that such containers were given before, as a health check is.

A container's ID is 64 random hexadecimal digits, and every path of its own contains it; its network namespace is a descriptor's path.
So the plan of a container that is like an earlier one in all else is the earlier one's with these words replaced by others of the same
length: all addresses stay. Building a plan takes a millisecond, replacing words in it a fiftieth.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Protocol

import msgspec

from sdk.drivers.runtime import Bundle, ProcessIO
from sdk.linux.descriptors import is_descriptor
from sdk.shim.plan import Operation, Plan, Program

_KEPT = 32
_LARGEST = 128 << 10
"""Bytes of a plan that is kept; most have a tenth of that, and a client may ask for megabytes of arguments."""

_LONG = 64
_SHORT = 12
"""An ID's first digits are the container's host name, unless it has another."""

Words = Sequence[tuple[bytes, bytes]]
"""What is a container's own, each with the mark that stands for it in a template."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class _Assembled:
    """A plan by its file; its operations are built again only to tell which one failed."""

    image: bytes
    build: Callable[[], Plan]

    @property
    def operations(self) -> Sequence[Operation]:
        return self.build().operations

    def assemble(self) -> bytes:
        return self.image


@dataclass(slots=True)
class Templates:
    """The most recently used plans of one sort. Safe to use from several threads."""

    _images: OrderedDict[bytes, bytes] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def program(self, kind: object, words: Words, build: Callable[[], Plan]) -> Program:
        """Return a plan; `kind` is all that `build` makes it of. Raises what `build` raises."""
        key = _anonymous(_encode(kind), words)
        known = self._find(key) if key is not None else None
        if known is not None:
            return _Assembled(_named(known, words), build)
        plan = build()
        if key is not None:
            self._keep(key, _anonymous(plan.assemble(), words))
        return plan

    def _find(self, key: bytes) -> bytes | None:
        with self._lock:
            if key in self._images:
                self._images.move_to_end(key)
            return self._images.get(key)

    def _keep(self, key: bytes, image: bytes | None) -> None:
        if image is None or len(image) > _LARGEST:
            return
        with self._lock:
            self._images[key] = image
            if len(self._images) > _KEPT:
                self._images.popitem(last=False)


class BuildPlan(Protocol):
    """How a container's plan is built."""

    def __call__(self, bundle: Bundle, io: ProcessIO, *, timed: bool = False) -> Plan: ...


@dataclass(slots=True)
class PlanTemplates:
    """Keeps plans of containers."""

    build: BuildPlan
    _templates: Templates = field(default_factory=Templates)

    def plan(self, bundle: Bundle, io: ProcessIO, *, timed: bool = False) -> Program:
        """Return a container's plan, which keeps its times if it is `timed`. Raises what `build` raises.

        What a descriptor stands for is another thing at each start, so that plans with one are not kept."""
        if any(is_descriptor(mount.source) for mount in bundle.spec.mounts):
            return self.build(bundle, io, timed=timed)
        kind = (str(bundle.path), bundle.spec, bundle.rootfs, io, timed)
        paths = (namespace.path for namespace in bundle.spec.linux.namespaces if namespace.path)
        return self._templates.program(kind, own_words(bundle.id, *paths), partial(self.build, bundle, io, timed=timed))


def own_words(container_id: str, *paths: str) -> Words:
    """Return what is a container's own, its ID and paths that no other container's plan has.

    The longest come first: the ID's beginning is looked for when the ID itself is gone.
    """
    words = (container_id, container_id[:_SHORT], *paths)
    return [(word.encode(), bytes([number]) * len(word.encode())) for number, word in enumerate(words, start=1)]


def _anonymous(content: bytes, words: Words) -> bytes | None:
    """Replace the words by their marks; None if that could not be undone, or if the ID is not of the usual kind."""
    if len(words[0][0]) != _LONG or any(mark in content for _, mark in words):
        return None
    for word, mark in words:
        content = content.replace(word, mark)
    return content


def _named(content: bytes, words: Words) -> bytes:
    for word, mark in words:
        content = content.replace(mark, word)
    return content
