"""A plan: a table of system calls with their arguments, each with the reason for it.

Plans are data. They are assembled to the bytes an executor reads, can be compared and tested without root, and are shown to people.
"""

import os
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from sdk.shim.layout import (
    ANY_ERROR,
    BASE,
    FAILURE,
    HEADER,
    JUMP_IF_NOT_ZERO,
    JUMP_IF_ZERO,
    MAGIC,
    MARK,
    MARKS,
    MARKS_OFFSET,
    OPERATION,
    PAGE,
    RUNNING,
    SLOTS,
    SPAN,
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a result that later operations take as an argument. `index` counts from 0."""

    index: int


class Label:
    """A point in a plan to jump to; `Plan.place` says where it is."""

    __slots__ = ("operation",)

    def __init__(self) -> None:
        self.operation: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A structure of 64-bit fields in memory: numbers, or pointers to strings, bytes and further records."""

    fields: tuple["int | str | bytes | Record", ...]


Argument = int | str | bytes | Record | Slot | None
"""An integer; a string (passed as a pointer to it, NUL-terminated); bytes or a Record (as a pointer); a Slot's value; a null pointer."""


class Operation(NamedTuple):
    """One system call of a plan. `complaint` is the sentence when it fails; `{error}` in it stands for the kernel's.
    An error ends the plan, but for the error number `tolerate` (errno(3)).
    """

    syscall: str
    arguments: tuple[Argument, ...]
    reason: str
    complaint: str = ""
    tolerate: int = 0
    store: Slot | None = None
    if_zero: Label | None = None
    if_not_zero: Label | None = None


class Program(Protocol):
    """What can be launched: a plan, or one assembled before."""

    @property
    def operations(self) -> Sequence[Operation]:
        """The operations, for telling which one failed."""

    def assemble(self) -> bytes:
        """Return the plan file."""


class Plan:
    """Collects operations; `numbers` are the system call numbers of the machine that will carry them out. A `timed` plan keeps the moments
    at which it is marked, by a system call each; another has no marks."""

    def __init__(self, numbers: Mapping[str, int], *, timed: bool = False) -> None:
        self._timed, self._marks = timed, 0
        self._operations: list[Operation] = []
        self._numbers = numbers
        self._memory = bytearray(HEADER.size)
        self._addresses: dict[str | bytes, int] = {}
        self._table = bytearray()
        self._slots = 0

    @property
    def operations(self) -> Sequence[Operation]:
        """The operations, in order."""
        return self._operations

    def slot(self) -> Slot:
        """Return a slot that nothing else uses. Raises OverflowError when there are no more."""
        if self._slots == SLOTS:
            raise OverflowError(f"a plan has {SLOTS} slots")
        self._slots += 1
        return Slot(self._slots - 1)

    def call(
        self,
        syscall: str,
        *arguments: Argument,
        why: str,
        complaint: str = "",
        tolerate: int = 0,
        store: Slot | None = None,
        if_zero: Label | None = None,
        if_not_zero: Label | None = None,
    ) -> None:
        """Add a system call. An error ends the plan unless it is the errno `tolerate` (ANY_ERROR: any)."""
        values = [0] * 6
        slots = 0
        for position, argument in enumerate(arguments):
            if type(argument) is int:
                values[position] = argument
            elif type(argument) is Slot:
                slots |= 1 << position
                values[position] = argument.index
            elif argument is not None:
                values[position] = self._value(argument)
        jump = JUMP_IF_ZERO if if_zero else JUMP_IF_NOT_ZERO if if_not_zero else 0
        kept = store.index + 1 if store else 0
        self._table += OPERATION.pack(*values, self._numbers[syscall], 0, slots, jump, kept, tolerate, 0)
        self._operations.append(Operation(syscall, arguments, why, complaint, tolerate, store, if_zero, if_not_zero))

    def mark(self) -> None:
        """Have a timed plan keep when it gets here. A filter of system calls may not be in effect yet. Raises OverflowError for too many."""
        if not self._timed:
            return
        if self._marks == MARKS:
            raise OverflowError(f"a plan has {MARKS} marks")
        place = FAILURE + MARKS_OFFSET + self._marks * MARK.size
        self.call("clock_gettime", time.CLOCK_REALTIME, place, why="the time, for a trace", tolerate=ANY_ERROR)
        self._marks += 1

    def place(self, label: Label) -> None:
        """Make a label stand for the operation added next."""
        label.operation = len(self.operations)

    def assemble(self) -> bytes:
        """Return the plan file but for the record of a failure. Raises ValueError for a label that was never placed, OverflowError for a plan too long."""
        for index, operation in enumerate(self.operations):
            if label := operation.if_zero or operation.if_not_zero:
                self._aim(index, label)
        start = self._align()
        image = self._memory + self._table
        if len(image) > SPAN:
            raise OverflowError(f"argument list too long: a plan has at most {SPAN} bytes")
        failure = -(-len(image) // PAGE) * PAGE
        HEADER.pack_into(image, 0, MAGIC, len(self.operations), start, failure, 0, 0, RUNNING, 0, 0, 0)
        return bytes(image)

    def _aim(self, index: int, label: Label) -> None:
        if label.operation is None:
            raise ValueError(f"{self.operations[index].syscall} jumps to a label that is nowhere")
        struct.pack_into("<I", self._table, index * OPERATION.size + 52, label.operation)

    def _align(self) -> int:
        self._memory += bytes(-len(self._memory) % 8)
        return len(self._memory)

    def _value(self, argument: Argument) -> int:
        if isinstance(argument, str | bytes):
            known = self._addresses.get(argument)
            return self._place_bytes(argument) if known is None else known
        if isinstance(argument, Record):
            return self._place_record(argument)
        if isinstance(argument, int):
            return argument
        raise TypeError(f"{argument} cannot be stored in memory")

    def _place_bytes(self, content: str | bytes) -> int:
        position = self._align() if isinstance(content, bytes) else len(self._memory)
        self._memory += content if isinstance(content, bytes) else os.fsencode(content) + b"\0"
        self._addresses[content] = BASE + position
        return BASE + position

    def _place_record(self, record: Record) -> int:
        values = [self._value(field) for field in record.fields]
        position = self._align()
        self._memory += struct.pack(f"<{len(values)}q", *values)
        return BASE + position


__all__ = ["ANY_ERROR", "Argument", "Label", "Operation", "Plan", "Program", "Record", "Slot"]
