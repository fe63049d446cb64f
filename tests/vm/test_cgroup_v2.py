"""Containers on a machine with cgroup version 2 alone: limits, devices, pause, statistics, and a daemon that is killed."""

import time

import pytest

from tests.daemon import Daemon
from tests.vm.cgroup import HIERARCHY, ContainerCgroup

pytestmark = [
    pytest.mark.privileged,
    pytest.mark.skipif(not (HIERARCHY / "cgroup.controllers").exists(), reason="needs cgroup version 2 alone: make test-vm"),
]

MIB = 1 << 20


def started(daemon: Daemon, *flags: str, command: tuple[str, ...] = ("sleep", "1000")) -> str:
    """Start a container and return its ID."""
    return daemon.docker("run", "-d", *flags, "busybox", *command).stdout.strip()


def output(daemon: Daemon, *words: str) -> str:
    """Run a container to its end and return what it printed."""
    return daemon.docker("run", "--rm", *words).stdout.strip()


def test_the_engine_says_so(shared_daemon: Daemon) -> None:
    info = shared_daemon.json("/info")
    assert isinstance(info, dict)
    assert (info["CgroupVersion"], info["CgroupDriver"]) == ("2", "cgroupfs")


def test_run_exec_and_exit_codes(shared_daemon: Daemon) -> None:
    assert shared_daemon.core("run", "--rm", "busybox", "sh", "-c", "exit 7", check=False).returncode == 7
    container = started(shared_daemon)
    done = shared_daemon.core("exec", container, "sh", "-c", "echo inside; exit 3", check=False)
    assert (done.stdout, done.returncode) == ("inside\n", 3)
    assert container[:12] in shared_daemon.core("ps").stdout


def test_a_container_sees_itself_as_the_root_of_all_cgroups(shared_daemon: Daemon) -> None:
    shown = output(
        shared_daemon,
        "busybox",
        "sh",
        "-c",
        "cat /proc/self/cgroup; cat /sys/fs/cgroup/pids.max; mkdir /sys/fs/cgroup/x 2>&1 || true",
    )
    assert shown.splitlines()[:2] == ["0::/", "max"]
    assert "Read-only file system" in shown


def test_the_hosts_cgroups_if_asked_for(shared_daemon: Daemon) -> None:
    assert output(shared_daemon, "--cgroupns", "host", "busybox", "cat", "/proc/self/cgroup").startswith("0::/core-")


def test_exec_joins_the_cgroup(shared_daemon: Daemon) -> None:
    container = started(shared_daemon)
    shared_daemon.docker("exec", "-d", container, "sleep", "999")
    cgroup = ContainerCgroup(shared_daemon, container)
    deadline = time.monotonic() + 30
    while len(cgroup.read("cgroup.procs").split()) < 2:
        assert time.monotonic() < deadline


def test_exec_into_a_container_that_made_cgroups_of_its_own(shared_daemon: Daemon) -> None:
    """As systemd or a nested engine does it: then no process may join the container's cgroup itself."""
    divide = "mkdir /sys/fs/cgroup/init && echo 1 >/sys/fs/cgroup/init/cgroup.procs && echo +pids >/sys/fs/cgroup/cgroup.subtree_control && exec sleep 1000"
    container = started(shared_daemon, "--privileged", command=("sh", "-c", divide))
    deadline = time.monotonic() + 30
    while ContainerCgroup(shared_daemon, container).path.rpartition("/")[2] != "init":
        assert time.monotonic() < deadline
    assert shared_daemon.docker("exec", container, "echo", "joined").stdout == "joined\n"
    shared_daemon.docker("pause", container)
    shared_daemon.docker("unpause", container)


def test_limits(shared_daemon: Daemon) -> None:
    flags = "--memory 64m --memory-swap 96m --memory-reservation 32m --cpus 0.5 --cpu-shares 2048 --cpuset-cpus 1 --cpuset-mems 0 --pids-limit 50"
    cgroup = ContainerCgroup(shared_daemon, started(shared_daemon, *flags.split()))
    files = ("memory.max", "memory.swap.max", "memory.low", "cpu.max", "cpu.weight", "cpuset.cpus", "cpuset.mems", "pids.max")
    assert {name: cgroup.read(name) for name in files} == {
        "memory.max": str(64 * MIB),
        "memory.swap.max": str(32 * MIB),
        "memory.low": str(32 * MIB),
        "cpu.max": "50000 100000",
        "cpu.weight": "79",
        "cpuset.cpus": "1",
        "cpuset.mems": "0",
        "pids.max": "50",
    }


def test_a_container_without_limits_has_none(shared_daemon: Daemon) -> None:
    cgroup = ContainerCgroup(shared_daemon, started(shared_daemon))
    assert [cgroup.read(name) for name in ("memory.max", "pids.max", "cpu.max")] == ["max", "max", "max 100000"]


def test_update(shared_daemon: Daemon) -> None:
    container = started(shared_daemon, "--memory", "64m", "--memory-swap", "96m")
    shared_daemon.docker("update", "--cpus", "1.5", "--pids-limit", "20", "--memory", "80m", "--memory-swap", "128m", container)
    cgroup = ContainerCgroup(shared_daemon, container)
    assert [cgroup.read(name) for name in ("memory.max", "memory.swap.max")] == [str(80 * MIB), str(48 * MIB)]
    assert [cgroup.read(name) for name in ("cpu.max", "pids.max")] == ["150000 100000", "20"]


def test_update_of_one_of_memory_and_swap_keeps_the_other(shared_daemon: Daemon) -> None:
    """Docker's number is the sum of memory and swap, the kernel's is swap alone."""
    container = started(shared_daemon, "--memory", "64m", "--memory-swap", "96m")
    cgroup = ContainerCgroup(shared_daemon, container)
    shared_daemon.docker("update", "--memory-swap", "128m", container)
    assert [cgroup.read(name) for name in ("memory.max", "memory.swap.max")] == [str(64 * MIB), str(64 * MIB)]
    shared_daemon.docker("update", "--memory", "80m", container)
    assert [cgroup.read(name) for name in ("memory.max", "memory.swap.max")] == [str(80 * MIB), str(48 * MIB)]


def test_the_pids_limit_holds(shared_daemon: Daemon) -> None:
    done = shared_daemon.docker(
        "run", "--rm", "--pids-limit", "5", "busybox", "sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done", check=False
    )
    assert "can't fork" in done.stderr


def test_running_out_of_memory_is_told(shared_daemon: Daemon) -> None:
    container = started(
        shared_daemon, "--memory", "16m", "--memory-swap", "16m", command=("sh", "-c", "x=a; while :; do x=$x$x; done")
    )
    assert shared_daemon.docker("wait", container).stdout == "137\n"
    assert shared_daemon.docker("inspect", "--format", "{{.State.OOMKilled}}", container).stdout == "true\n"


def test_devices_are_refused_unless_allowed(shared_daemon: Daemon) -> None:
    script = """
        for device in /dev/null /dev/zero /dev/urandom /dev/tty; do [ -c $device ] || echo no $device; done
        echo x >/dev/null && head -c 4 /dev/zero | wc -c
        mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem
        mknod /tmp/null c 1 3 && cat /tmp/null && echo opened
    """
    done = shared_daemon.docker("run", "--rm", "busybox", "sh", "-c", script)
    assert done.stdout.split() == ["4", "opened"]
    assert done.stderr == "head: /tmp/mem: Operation not permitted\n"


def test_a_device_that_is_handed_over_to_write_only(shared_daemon: Daemon) -> None:
    script = "(: >/dev/kmsg) && echo opened; (: </dev/kmsg) 2>&1; true"
    shown = output(shared_daemon, "--cap-add", "SYSLOG", "--device", "/dev/kmsg:/dev/kmsg:w", "busybox", "sh", "-c", script)
    assert shown == "opened\nsh: can't open /dev/kmsg: Operation not permitted"


@pytest.mark.parametrize("rule", ["c 1:11 w", "c 1:* rw", "c *:* rwm", "a *:* w"])
def test_rules_for_devices(shared_daemon: Daemon, rule: str) -> None:
    script = "mknod /tmp/kmsg c 1 11 && : >/tmp/kmsg && echo opened"
    assert output(shared_daemon, "--device-cgroup-rule", rule, "busybox", "sh", "-c", script) == "opened"


def test_a_rule_for_another_device_opens_nothing(shared_daemon: Daemon) -> None:
    script = "mknod /tmp/kmsg c 1 11; (: >/tmp/kmsg) 2>&1; true"
    assert "Operation not permitted" in output(shared_daemon, "--device-cgroup-rule", "c 1:10 rwm", "busybox", "sh", "-c", script)


def test_privileged_containers_have_every_device(shared_daemon: Daemon) -> None:
    assert output(shared_daemon, "--privileged", "busybox", "sh", "-c", ": </dev/kmsg && cat /proc/self/cgroup") == "0::/"


def test_pause_freezes(shared_daemon: Daemon) -> None:
    container = started(shared_daemon, command=("sh", "-c", "while :; do :; done"))
    cgroup = ContainerCgroup(shared_daemon, container)
    shared_daemon.docker("pause", container)
    assert cgroup.table("cgroup.events")["frozen"] == 1
    before = cgroup.table("cpu.stat")["usage_usec"]
    time.sleep(0.3)
    assert cgroup.table("cpu.stat")["usage_usec"] == before
    shared_daemon.docker("unpause", container)
    assert cgroup.table("cgroup.events")["frozen"] == 0
    shared_daemon.docker("pause", container)
    shared_daemon.docker("rm", "-f", container)


def test_statistics_have_the_names_of_version_2(shared_daemon: Daemon) -> None:
    container = started(shared_daemon, "--memory", "64m", "--pids-limit", "50", command=("sh", "-c", "while :; do :; done"))
    reading = shared_daemon.json(f"/containers/{container}/stats?stream=false")
    assert isinstance(reading, dict)
    memory, cpu = reading["memory_stats"], reading["cpu_stats"]
    assert memory["limit"] == 64 * MIB
    assert 0 < memory["usage"] < 64 * MIB
    assert {"anon", "file", "inactive_file", "pgfault"} <= set(memory["stats"])
    assert cpu["cpu_usage"]["total_usage"] > reading["precpu_stats"]["cpu_usage"]["total_usage"] > 0
    assert "percpu_usage" not in cpu["cpu_usage"] or not cpu["cpu_usage"]["percpu_usage"]
    assert reading["pids_stats"] == {"current": 1, "limit": 50}
    assert container[:12] in shared_daemon.docker("stats", "--no-stream").stdout


def test_top_names_all_processes(shared_daemon: Daemon) -> None:
    container = started(shared_daemon, command=("sh", "-c", "sleep 998 & sleep 999"))
    listing = shared_daemon.docker("top", container).stdout
    assert "sleep 998" in listing
    assert "sleep 999" in listing


def test_a_published_port_answers(shared_daemon: Daemon) -> None:
    started(shared_daemon, "-p", "8080:80", command=("httpd", "-f", "-p", "80", "-h", "/etc"))
    assert shared_daemon.run("busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/group").stdout.startswith("root:x:0:")


def test_a_parent_of_choice_is_made_and_goes_with_its_last_container(shared_daemon: Daemon) -> None:
    container = started(shared_daemon, "--cgroup-parent", "/chosen/parent", "--pids-limit", "9")
    assert ContainerCgroup(shared_daemon, container).path == f"/chosen/parent/{container}"
    assert ContainerCgroup(shared_daemon, container).read("pids.max") == "9"
    shared_daemon.docker("rm", "-f", container)
    deadline = time.monotonic() + 20  # what the runtime keeps is freed a moment later
    while (HIERARCHY / "chosen/parent" / container).exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_killed_daemon_finds_its_containers_again(shared_daemon: Daemon) -> None:
    counting = started(
        shared_daemon,
        "--memory",
        "64m",
        command=("sh", "-c", "i=0; while [ $i -lt 60 ]; do echo $i; i=$((i+1)); sleep 0.1; done; exit 5"),
    )
    paused = started(shared_daemon)
    greedy = started(
        shared_daemon, "--memory", "16m", "--memory-swap", "16m", command=("sh", "-c", "sleep 3; x=a; while :; do x=$x$x; done")
    )
    shared_daemon.docker("pause", paused)
    shared_daemon.kill9()
    time.sleep(4)
    shared_daemon.restart()
    assert shared_daemon.docker("inspect", "--format", "{{.State.Status}}", paused).stdout == "paused\n"
    shared_daemon.docker("unpause", paused)
    shared_daemon.docker("update", "--pids-limit", "30", paused)
    assert ContainerCgroup(shared_daemon, paused).read("pids.max") == "30"
    assert shared_daemon.docker("exec", paused, "cat", "/proc/self/cgroup").stdout == "0::/\n"
    assert shared_daemon.docker("wait", counting).stdout == "5\n"
    assert shared_daemon.docker("logs", counting).stdout.split() == [str(number) for number in range(60)]
    assert shared_daemon.docker("wait", greedy).stdout == "137\n"
    assert shared_daemon.docker("inspect", "--format", "{{.State.OOMKilled}}", greedy).stdout == "true\n"


def test_the_doctor_finds_nothing(shared_daemon: Daemon) -> None:
    shared_daemon.docker("rm", "-f", started(shared_daemon))
    roots = ("--data-root", str(shared_daemon.data_root), "--exec-root", str(shared_daemon.exec_root))
    said = shared_daemon.core("doctor", *roots).stdout
    assert "version 2" in said
    assert [path for path in HIERARCHY.glob("core-*/*") if path.is_dir()] == []
