"""Plans are data: their bytes, their limits."""

import struct

import pytest

from sdk.shim import layout
from sdk.shim.plan import ANY_ERROR, Label, Plan, Record

NUMBERS = {"one": 1, "two": 2, "mount": 165, "clone3": 435, "faccessat": 48}


@pytest.fixture
def plan() -> Plan:
    return Plan(NUMBERS)


def operations(image: bytes) -> list[tuple[int, ...]]:
    count, start = struct.unpack_from("<Iq", image, 4)
    return [layout.OPERATION.unpack_from(image, start + index * layout.OPERATION.size) for index in range(count)]


def at(image: bytes, address: int, length: int) -> bytes:
    offset = address - layout.BASE
    return image[offset : offset + length]


def test_the_header_says_where_everything_is(plan: Plan) -> None:
    plan.call("one", why="first")
    plan.call("two", why="second")
    magic, count, start, failure, shim, pid, status, *_ = layout.HEADER.unpack_from(plan.assemble())
    assert (magic, count, failure, shim, pid, status) == (layout.MAGIC, 2, layout.PAGE, 0, 0, layout.RUNNING)
    assert start % 8 == 0


def test_strings_end_in_nul_and_are_kept_once(plan: Plan) -> None:
    plan.call("one", "name", "name", why="twice the same")
    image = plan.assemble()
    first, second, *_ = operations(image)[0]
    assert first == second
    assert at(image, first, 5) == b"name\0"


def test_bytes_are_aligned_for_structures(plan: Plan) -> None:
    plan.call("one", "odd", b"12345678", why="a structure after a string")
    image = plan.assemble()
    _, address, *_ = operations(image)[0]
    assert address % 8 == 0
    assert at(image, address, 8) == b"12345678"


def test_records_hold_numbers_and_pointers(plan: Plan) -> None:
    plan.call("one", Record((7, "text", Record((9,)))), why="nested")
    image = plan.assemble()
    number, text, inner = struct.unpack("<3q", at(image, operations(image)[0][0], 24))
    assert number == 7
    assert at(image, text, 5) == b"text\0"
    assert struct.unpack("<q", at(image, inner, 8)) == (9,)


def test_a_slot_is_marked_as_such(plan: Plan) -> None:
    slot = plan.slot()
    plan.call("one", why="a result", store=slot)
    plan.call("two", 5, slot, why="its use")
    first, second = operations(plan.assemble())
    assert first[10] == slot.index + 1
    assert second[:2] == (5, slot.index)
    assert second[8] == 0b10


def test_a_label_is_the_operation_placed_after_it(plan: Plan) -> None:
    end = Label()
    plan.call("one", why="jump", if_zero=end, tolerate=ANY_ERROR)
    plan.call("two", why="skipped")
    plan.place(end)
    plan.call("one", why="the target")
    jump = operations(plan.assemble())[0]
    assert jump[7] == 2
    assert (jump[9], jump[11]) == (layout.JUMP_IF_ZERO, ANY_ERROR)


def test_a_label_that_is_nowhere_is_refused(plan: Plan) -> None:
    plan.call("one", why="jump", if_not_zero=Label())
    with pytest.raises(ValueError, match="one jumps to a label that is nowhere"):
        plan.assemble()


def test_slots_run_out(plan: Plan) -> None:
    for _ in range(layout.SLOTS):
        plan.slot()
    with pytest.raises(OverflowError, match="255 slots"):
        plan.slot()


def test_a_plan_longer_than_its_address_space_is_refused(plan: Plan) -> None:
    plan.call("one", bytes(layout.SPAN), why="too much")
    with pytest.raises(OverflowError, match="argument list too long"):
        plan.assemble()


def test_unknown_system_calls_are_refused(plan: Plan) -> None:
    with pytest.raises(KeyError):
        plan.call("three", why="nobody knows it")


def test_only_a_timed_plan_has_marks() -> None:
    plain, timed = Plan({}), Plan({"clock_gettime": 228}, timed=True)
    plain.mark()
    assert plain.operations == []
    for _ in range(layout.MARKS):
        timed.mark()
    places = [operation[1] for operation in operations(timed.assemble())]
    assert places == [layout.FAILURE + layout.MARKS_OFFSET + 16 * number for number in range(layout.MARKS)]
    assert layout.FAILED.size <= layout.MARKS_OFFSET
    with pytest.raises(OverflowError):
        timed.mark()
