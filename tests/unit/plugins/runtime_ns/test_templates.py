"""Plans of like containers are made by replacing their own words, and are the very bytes that building them would give."""

import secrets
from collections.abc import Sequence
from pathlib import Path

import pytest

from plugins.runtime_ns.cgroups.hierarchy import Hierarchy
from plugins.runtime_ns.exec_plan import exec_plan
from plugins.runtime_ns.machine import Machine
from plugins.runtime_ns.steps.capabilities import CapabilitySets
from plugins.runtime_ns.steps.security import Confinement
from plugins.runtime_ns.templates import PlanTemplates, Templates, own_words
from sdk.drivers.runtime import Bundle, ProcessIO
from sdk.drivers.storage import Mount
from sdk.linux.syscalls import native_syscalls
from sdk.oci.runtime import Linux, Namespace, Process, Root, Spec, User
from sdk.shim.plan import Plan, Program, Record


class Builder:
    """Builds small plans with the ID in paths, in the middle of a string and as a short name, and counts."""

    def __init__(self) -> None:
        self.built = 0

    def __call__(self, bundle: Bundle, io: ProcessIO, *, timed: bool = False) -> Plan:
        self.built += 1
        plan = Plan(native_syscalls(), timed=timed)
        plan.mark()
        plan.call("chdir", str(bundle.path), why="there")
        plan.call("sethostname", bundle.spec.hostname, len(bundle.spec.hostname), why="its name")
        for namespace in bundle.spec.linux.namespaces:
            plan.call("openat", -100, namespace.path, 0, why="the namespace to join")
        plan.call("execve", bundle.spec.process.args[0], Record(bundle.spec.process.args), None, why="the program")
        return plan


def bundle(container_id: str, args: Sequence[str] = ("true",), sandbox: str = "") -> Bundle:
    process = Process(args=tuple(args), cwd="/", user=User())
    spec = Spec(
        oci_version="1.0.2",
        process=process,
        root=Root("rootfs"),
        hostname=container_id[:12],
        linux=Linux(cgroups_path=f"/core/{container_id}", namespaces=(Namespace("network", sandbox),) if sandbox else ()),
    )
    return Bundle(
        container_id, Path(f"/run/{container_id}/bundle"), spec, (Mount("overlay", "overlay", (f"upperdir=/a/{container_id}/u",)),)
    )


@pytest.fixture
def builder() -> Builder:
    return Builder()


@pytest.fixture
def templates(builder: Builder) -> PlanTemplates:
    return PlanTemplates(builder)


def test_the_second_of_a_kind_is_not_built_and_is_the_same_bytes(templates: PlanTemplates, builder: Builder):
    templates.plan(bundle(secrets.token_hex(32)), ProcessIO())
    second = bundle(secrets.token_hex(32))
    image = templates.plan(second, ProcessIO()).assemble()
    assert builder.built == 1
    assert image == Builder()(second, ProcessIO()).assemble()


def test_namespaces_to_join_are_replaced_like_the_id(templates: PlanTemplates, builder: Builder):
    for sandbox in ("/proc/1234/fd/98", "/proc/1234/fd/99", "/proc/5678/fd/10"):
        made = bundle(secrets.token_hex(32), sandbox=sandbox)
        assert templates.plan(made, ProcessIO()).assemble() == Builder()(made, ProcessIO()).assemble()
    assert builder.built == 1
    longer = bundle(secrets.token_hex(32), sandbox="/proc/1234/fd/100")
    assert templates.plan(longer, ProcessIO()).assemble() == Builder()(longer, ProcessIO()).assemble()
    assert builder.built == 2


def test_operations_are_built_when_somebody_asks_which_failed(templates: PlanTemplates, builder: Builder):
    templates.plan(bundle(secrets.token_hex(32)), ProcessIO())
    second = bundle(secrets.token_hex(32))
    assert [operation.syscall for operation in templates.plan(second, ProcessIO()).operations] == ["chdir", "sethostname", "execve"]
    assert builder.built == 2


@pytest.mark.parametrize(
    ("args", "io"), [(("false",), ProcessIO()), (("true",), ProcessIO(terminal=True)), (("true", "x"), ProcessIO())]
)
def test_another_kind_is_built(templates: PlanTemplates, builder: Builder, args, io):
    templates.plan(bundle(secrets.token_hex(32)), ProcessIO())
    templates.plan(bundle(secrets.token_hex(32), args), io)
    assert builder.built == 2


def test_text_that_looks_like_a_mark_is_never_replaced(templates: PlanTemplates):
    for mark in ("\x01" * 64, "\x02" * 12):
        for _ in range(2):
            made = bundle(secrets.token_hex(32), ("sh", mark))
            assert templates.plan(made, ProcessIO()).assemble() == Builder()(made, ProcessIO()).assemble()


def test_unusual_ids_are_built(templates: PlanTemplates, builder: Builder):
    for name in ("one", "two"):
        made = bundle(name)
        assert templates.plan(made, ProcessIO()).assemble() == Builder()(made, ProcessIO()).assemble()
    assert builder.built == 2


def test_only_the_most_recent_kinds_are_kept(templates: PlanTemplates, builder: Builder):
    for number in range(40):
        templates.plan(bundle(secrets.token_hex(32), (str(number),)), ProcessIO())
    templates.plan(bundle(secrets.token_hex(32), ("39",)), ProcessIO())
    assert builder.built == 40
    templates.plan(bundle(secrets.token_hex(32), ("0",)), ProcessIO())
    assert builder.built == 41


def test_plans_with_megabytes_of_arguments_are_not_kept(templates: PlanTemplates, builder: Builder):
    for _ in range(2):
        made = bundle(secrets.token_hex(32), ("true", "x" * (1 << 20)))
        assert templates.plan(made, ProcessIO()).assemble() == Builder()(made, ProcessIO()).assemble()
    assert builder.built == 2


@pytest.mark.parametrize("hierarchy", [Hierarchy({"memory": "/cg/memory", "pids": "/cg/pids"}, ""), Hierarchy({}, "/cg")])
def test_a_process_that_like_containers_were_given_before_is_not_built_again(hierarchy: Hierarchy):
    machine, confinement = Machine(native_syscalls(), hierarchy), Confinement(CapabilitySets(1, 2, 3), b"a filter")
    templates, built = Templates(), []

    def program(container_id: str, command: str = "true") -> Program:
        process = Process(args=(command,), cwd="/", user=User(), env=(f"HOSTNAME={container_id[:12]}",))
        cgroup = hierarchy.cgroup(f"/core/{container_id}")

        def build() -> Plan:
            built.append(command)
            return exec_plan(process, ProcessIO(), confinement, machine, cgroup)

        made = templates.program((process, ProcessIO(), confinement, cgroup.path), own_words(container_id), build)
        assert made.assemble() == exec_plan(process, ProcessIO(), confinement, machine, cgroup).assemble()
        return made

    program(secrets.token_hex(32))
    again = program(secrets.token_hex(32))
    assert built == ["true"]
    program(secrets.token_hex(32), "false")
    assert built == ["true", "false"]
    assert any(operation.syscall == "execve" for operation in again.operations)


def test_a_timed_plan_is_another_one() -> None:
    builder = Builder()
    templates = PlanTemplates(builder)
    first, second = (bundle(secrets.token_hex(32)) for _ in range(2))
    plain, timed = (templates.plan(first, ProcessIO(), timed=timed).assemble() for timed in (False, True))
    assert len(timed) > len(plain)
    assert templates.plan(second, ProcessIO()).assemble() == builder(second, ProcessIO()).assemble()
    assert templates.plan(second, ProcessIO(), timed=True).assemble() == builder(second, ProcessIO(), timed=True).assemble()
    assert builder.built == 4
