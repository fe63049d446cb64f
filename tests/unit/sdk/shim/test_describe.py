"""A plan's operations as a reader of it sees them."""

import pytest

from sdk.shim.describe import describe
from sdk.shim.plan import ANY_ERROR, Argument, Label, Plan, Record

NUMBERS = {"one": 1, "mount": 165, "setns": 308, "clone3": 435, "faccessat": 48}


@pytest.fixture
def plan() -> Plan:
    return Plan(NUMBERS)


def shown(plan: Plan, syscall: str, *arguments: Argument) -> str:
    plan.call(syscall, *arguments, why="")
    return describe(plan)[-1][0].split(maxsplit=1)[1]


def test_people_read_flags_slots_and_reasons(plan: Plan) -> None:
    slot, end = plan.slot(), Label()
    plan.call("one", slot, "a b", None, b"\1\2", why="this and that", store=slot, tolerate=2)
    plan.call("mount", "proc", "/proc", "proc", 0xE, None, why="the kernel's files")
    plan.call("clone3", Record((0x20020000, 0)), 88, why="fork", if_not_zero=end)
    plan.call("faccessat", -100, "/x", 0, why="look", tolerate=ANY_ERROR, if_zero=end)
    plan.place(end)
    assert describe(plan) == [
        ('  0 s0 = one(s0, "a b", NULL, 0x0102), or no such file or directory', "this and that"),
        ('  1 mount("proc", "/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL)', "the kernel's files"),
        ("  2 clone3({flags=CLONE_NEWNS|CLONE_NEWPID}, 88); if not 0 go to 4", "fork"),
        ('  3 faccessat(AT_FDCWD, "/x", 0), or fail; if 0 go to 4', "look"),
    ]


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (0, "0"),
        (-1, "-1"),
        (4095, "4095"),
        (4096, "0x1000"),
        (-4096, "-0x1000"),
        ("", '""'),
        (b"x" * 16, "0x" + "78" * 16),
        (b"x" * 17, "[17 bytes]"),
        (Record((1, "a", Record((b"b",)))), '{1, "a", {0x62}}'),
        (-100, "-100"),
    ],
)
def test_a_value_is_as_short_as_it_can_be(plan: Plan, argument: Argument, text: str) -> None:
    assert shown(plan, "one", argument) == f"one({text})"


@pytest.mark.parametrize(
    ("flags", "text"),
    [(0, "0"), (0x40000000, "CLONE_NEWNET"), (0x40000001, "CLONE_NEWNET|0x1"), (0x60000000, "CLONE_NEWPID|CLONE_NEWNET")],
)
def test_flags_have_names_and_the_rest_is_a_number(plan: Plan, flags: int, text: str) -> None:
    assert shown(plan, "setns", 3, flags) == f"setns(3, {text})"


def test_a_plan_of_nothing_is_nothing(plan: Plan) -> None:
    assert describe(plan) == []
