"""The flags of `docker run` that open and close doors, by the stock CLI, with each runtime."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import open_ready_daemon
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


@pytest.fixture(scope="module", params=["ns", "oci"])
def module_daemon(tmpfs: Path, registry_storage: Path, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    with open_ready_daemon(tmpfs, registry_storage, f'[drivers]\nruntime = "{request.param}"\n') as daemon:
        yield daemon


@pytest.fixture
def machine(shared_daemon: Daemon) -> Daemon:
    return shared_daemon


def output(machine: Daemon, *words: str) -> str:
    """Return what a container printed on both streams, whatever its exit code."""
    done = machine.docker("run", "--rm", *words, check=False)
    return done.stdout + done.stderr


def test_doors_are_closed_and_opened(machine: Daemon, tmp_path) -> None:
    capabilities = ("busybox", "grep", "-E", "^(CapEff|Seccomp|NoNewPrivs):", "/proc/self/status")
    assert output(machine, *capabilities).split() == ["CapEff:", "00000000a80425fb", "NoNewPrivs:", "0", "Seccomp:", "2"]
    assert "CapEff:\t0000000000000000" in output(machine, "--user", "1000", *capabilities)
    assert "CapEff:\t0000000000001000" in output(machine, "--cap-drop", "ALL", "--cap-add", "net_admin", *capabilities)
    assert "NoNewPrivs:\t1" in output(machine, "--security-opt", "no-new-privileges", *capabilities)
    assert "Seccomp:\t0" in output(machine, "--privileged", *capabilities)
    assert "Seccomp:\t0" in output(machine, "--security-opt", "seccomp=unconfined", *capabilities)
    assert "invalid CapAdd: unknown capability" in output(machine, "--cap-add", "FOO", *capabilities)
    assert 'invalid --security-opt 2: "foo=bar"' in output(machine, "--security-opt", "foo=bar", *capabilities)

    profile = tmp_path / "profile.json"
    rule = {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}
    profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}))
    own = ("--security-opt", f"seccomp={profile}")
    assert "No space left on device" in output(machine, *own, "busybox", "mkdir", "/tmp/x")
    profile.write_text('{"defaultAction": 1}')
    assert "Decoding seccomp profile failed" in output(machine, *own, "busybox", "true")

    assert "Read-only file system" in output(machine, "--read-only", "busybox", "touch", "/x")
    assert output(machine, "--read-only", "--tmpfs", "/scratch", "busybox", "touch", "/scratch/x") == ""
    assert "Read-only file system" in output(machine, "busybox", "sh", "-c", "echo 1 > /proc/sys/kernel/panic")
    assert output(machine, "--security-opt", "systempaths=unconfined", "busybox", "head", "-c", "0", "/proc/interrupts") == ""
    assert output(machine, "--device", "/dev/zero:/dev/nil:r", "busybox", "sh", "-c", "head -c 3 /dev/nil | wc -c") == "3\n"
    assert output(machine, "--ulimit", "nofile=77:88", "busybox", "sh", "-c", "ulimit -n; ulimit -Hn") == "77\n88\n"
    assert output(machine, "--sysctl", "net.ipv4.ip_default_ttl=9", "busybox", "cat", "/proc/sys/net/ipv4/ip_default_ttl") == "9\n"
    assert "1024" in output(machine, "--shm-size", "1m", "busybox", "df", "-k", "/dev/shm")
    assert output(machine, "--hostname", "h", "--domainname", "d.org", "busybox", "cat", "/proc/sys/kernel/domainname") == "d.org\n"
    assert "Minimum memory limit allowed is 6MB" in output(machine, "-m", "1m", "busybox", "true")
    assert "range of CPUs is from 0.01 to" in output(machine, "--cpus", "999", "busybox", "true")


def test_ipc_is_shared_when_asked_for(machine: Daemon) -> None:
    machine.docker(
        "run", "-d", "--name", "donor", "--ipc", "shareable", "busybox", "sh", "-c", "echo secret > /dev/shm/x; sleep 1000"
    )
    assert output(machine, "--ipc", "container:donor", "busybox", "cat", "/dev/shm/x") == "secret\n"
    machine.docker("run", "-d", "--name", "private", "busybox", "sleep", "1000")
    assert "non-shareable IPC" in output(machine, "--ipc", "container:private", "busybox", "true")
    machine.docker("rm", "-f", "donor", "private")


@pytest.mark.parametrize(("program", "code"), [("nosuch", 127), ("/etc", 126)])
def test_exit_codes_of_what_cannot_start(machine: Daemon, program: str, code: int) -> None:
    assert machine.docker("run", "--rm", "busybox", program, check=False).returncode == code


def test_a_container_outlives_the_daemon(machine: Daemon) -> None:
    machine.docker("run", "-d", "--name", "keeper", "busybox", "sh", "-c", "sleep 2; echo done; exit 7")
    machine.kill9()
    machine.start()
    assert machine.docker("wait", "keeper").stdout == "7\n"
    assert machine.docker("logs", "keeper").stdout == "done\n"
