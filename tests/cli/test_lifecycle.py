"""The verbs of a container's life, as the CLI speaks them."""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


@pytest.fixture
def sleeper(docker) -> str:
    docker(
        "run",
        "-d",
        "--name",
        "sleeper",
        "-l",
        "role=test",
        "busybox",
        "sh",
        "-c",
        "trap 'exit 0' TERM; echo started; while :; do sleep 0.05; done",
    )
    return "sleeper"


def status(docker, name: str) -> str:
    return docker("inspect", "--format", "{{.State.Status}}", name)


def test_create_start_stop_restart(docker, sleeper):
    docker("stop", sleeper)
    assert status(docker, sleeper) == "exited"
    assert docker("inspect", "--format", "{{.State.ExitCode}}", sleeper) == "0"
    docker("start", sleeper)
    first = docker("inspect", "--format", "{{.State.Pid}}", sleeper)
    docker("restart", "-t", "2", sleeper)
    assert status(docker, sleeper) == "running"
    assert docker("inspect", "--format", "{{.State.Pid}}", sleeper) != first


def test_a_deaf_process_is_killed_after_the_timeout(docker):
    name = docker("run", "-d", "busybox", "sh", "-c", "trap '' TERM; while :; do sleep 1; done")
    before = time.monotonic()
    docker("stop", "-t", "1", name)
    assert 0.9 < time.monotonic() - before < 10, "which it would have without the option"
    assert docker("inspect", "--format", "{{.State.ExitCode}}", name) == "137"


def test_kill_with_signals(docker, fails, sleeper):
    docker("kill", "-s", "TERM", sleeper)
    assert docker("wait", sleeper) == "0"
    assert re.search(r"cannot kill container.* is not running", fails("kill", sleeper)[1])
    docker("start", sleeper)
    assert "invalid signal: NOPE" in fails("kill", "-s", "NOPE", sleeper)[1]


def test_pause(docker, fails, sleeper):
    docker("pause", sleeper)
    assert docker("ps", "--filter", "status=paused", "-q", "--no-trunc") == docker("inspect", "--format", "{{.Id}}", sleeper)
    assert "is paused, unpause the container before exec" in fails("exec", sleeper, "true")[1]
    assert "is already paused" in fails("pause", sleeper)[1]
    docker("unpause", sleeper)
    assert docker("exec", sleeper, "echo", "alive") == "alive"


def test_a_paused_container_can_be_stopped(docker, sleeper):
    docker("pause", sleeper)
    docker("stop", "-t", "1", sleeper)
    assert status(docker, sleeper) == "exited"


def test_rm(docker, fails, sleeper):
    assert "container is running: stop the container before removing or force remove" in fails("rm", sleeper)[1]
    docker("rm", "-f", sleeper)
    assert "No such container: sleeper" in fails("rm", sleeper)[1]


def test_wait_prints_the_code(docker, shared_daemon: Daemon):
    name = docker("run", "-d", "busybox", "sh", "-c", "sleep 0.3; exit 5")
    assert docker("wait", name) == "5"
    assert docker("wait", name) == "5"


def test_exec(docker, fails, sleeper, shared_daemon: Daemon):
    assert (
        docker("exec", "-e", "X=1", "-w", "/tmp", "-u", "www-data", sleeper, "sh", "-c", "echo $X; pwd; id -un")
        == "1\n/tmp\nwww-data"
    )
    assert docker("exec", "-i", sleeper, "cat", stdin="typed") == "typed"
    assert fails("exec", sleeper, "sh", "-c", "exit 9")[0] == 9
    missing = shared_daemon.docker("exec", sleeper, "nosuch", check=False)
    assert missing.returncode == 127
    assert "executable file not found in $PATH" in missing.stdout
    assert fails("exec", sleeper, "/etc/passwd")[0] == 126
    docker("exec", "-d", sleeper, "touch", "/tmp/detached")
    eventually(lambda: "detached" in docker("exec", sleeper, "ls", "/tmp"))
    assert (
        int(docker("exec", "--privileged", sleeper, "sh", "-c", "grep CapEff /proc/self/status | awk '{print $2}'"), 16)
        > 0xA80425FB
    )
    assert int(docker("exec", sleeper, "sh", "-c", "grep CapEff /proc/self/status | awk '{print $2}'"), 16) == 0xA80425FB


def test_exec_with_a_terminal(shared_daemon: Daemon, sleeper):
    done = shared_daemon.run(
        "script", "-qec", f"stty rows 20 cols 50; docker exec -it {sleeper} sh -c 'tty; stty size'", "/dev/null"
    )
    assert "/dev/pts/" in done.stdout
    assert "20 50" in done.stdout


def test_exec_needs_a_running_container(docker, fails):
    name = docker("create", "busybox")
    assert "is not running" in fails("exec", name, "true")[1]


def test_logs(docker, shared_daemon: Daemon):
    name = docker("run", "-d", "busybox", "sh", "-c", "for i in 1 2 3; do echo line $i; done; echo oops >&2; printf rest")
    docker("wait", name)
    done = shared_daemon.docker("logs", name)
    assert done.stdout == "line 1\nline 2\nline 3\nrest"
    assert done.stderr == "oops\n"
    assert docker("logs", "--tail", "1", name) == "rest" or shared_daemon.docker("logs", "--tail", "1", name).stderr == "oops\n"
    stamped = docker("logs", "-t", name).splitlines()[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 1", stamped)
    assert docker("logs", "--since", "2099-01-01T00:00:00Z", name) == ""
    assert docker("logs", "--until", "1s", name) in ("", "line 1\nline 2\nline 3\nrest")


def test_logs_follow_to_the_end(shared_daemon: Daemon, docker):
    name = docker("run", "-d", "busybox", "sh", "-c", "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done")
    assert shared_daemon.docker("logs", "-f", name).stdout.split() == ["1", "2", "3", "4", "5"]


def test_attach_and_detach_keys(shared_daemon: Daemon, docker):
    docker("run", "-dit", "--name", "shell", "busybox", "sh")
    attached = shared_daemon.popen("script", "-qec", "docker attach shell", "/dev/null")
    attached.stdin.write(b"echo $((40 + 2))\n")
    attached.stdin.flush()
    seen = b""
    while b"42" not in seen:
        seen += attached.stdout.read1()
    attached.stdin.write(b"\x10\x11")
    attached.stdin.flush()
    assert b"read escape sequence" in attached.stdout.read()
    attached.wait(30)
    for pipe in (attached.stdin, attached.stdout, attached.stderr):
        pipe.close()
    assert status(docker, "shell") == "running"


def test_attach_carries_output_and_the_exit_code(shared_daemon: Daemon, docker):
    name = docker("run", "-di", "busybox", "sh", "-c", "read line; echo got $line; exit 6")
    done = shared_daemon.docker("attach", name, stdin="word\n", check=False)
    assert done.stdout == "got word\n"
    assert done.returncode == 6


def test_ps_and_its_filters(docker, fails, sleeper):
    other = docker("create", "--name", "other", "-l", "role=none", "busybox", "false")
    docker("start", other)
    docker("wait", other)

    def names(*flags: str) -> set[str]:
        return set(docker("ps", "-a", "--format", "{{.Names}}", *flags).split())

    assert set(docker("ps", "--format", "{{.Names}}").split()) == {sleeper}
    assert names() == {sleeper, "other"}
    assert docker("ps", "-n", "1", "-q", "--no-trunc") == other
    assert docker("ps", "-l", "-q", "--no-trunc") == other
    assert names("-f", "status=exited") == {"other"}
    assert names("-f", "exited=1") == {"other"}
    assert names("-f", "label=role=test") == {sleeper}
    assert names("-f", "label=role") == {sleeper, "other"}
    assert names("-f", "name=slee") == {sleeper}
    assert names("-f", f"id={other[:8]}") == {"other"}
    assert names("-f", "ancestor=busybox") == {sleeper, "other"}
    assert names("-f", "ancestor=nothing") == set()
    assert names("-f", f"before={other}") == {sleeper}
    assert names("-f", f"since={sleeper}") == {"other"}
    assert names("-f", "network=bridge") == {sleeper, "other"}
    assert names("-f", "health=none") == {sleeper, "other"}
    assert names("-f", "volume=/none", "-f", "status=running") == set()
    assert "invalid filter" in fails("ps", "-f", "bogus=1")[1]
    assert re.search(r"Up (Less than a second|\d+ seconds?|About a)", docker("ps", "--format", "{{.Status}}"))
    assert re.search(r"Exited \(1\) ", docker("ps", "-a", "-f", "name=other", "--format", "{{.Status}}"))
    assert "B (virtual" in docker("ps", "-as", "--format", "{{.Size}}")


def test_publish_and_expose_filters(docker):
    docker("run", "-d", "--name", "web", "-p", "8080:80", "--expose", "90", "busybox", "sleep", "60")
    assert docker("ps", "-q", "-f", "publish=8080") != ""
    assert docker("ps", "-q", "-f", "publish=8000-8090") != ""
    assert docker("ps", "-q", "-f", "expose=90") != ""
    assert docker("ps", "-q", "-f", "publish=9999") == ""
    assert "0.0.0.0:8080->80/tcp" in docker("ps", "--format", "{{.Ports}}")


def test_top_and_stats(docker, sleeper):
    table = docker("top", sleeper).splitlines()
    assert table[0].split()[:2] == ["UID", "PID"]
    assert len(table) >= 2
    assert docker("top", sleeper, "-o", "pid,comm").splitlines()[0].split() == ["PID", "COMMAND"]
    sample = json.loads(docker("stats", "--no-stream", "--format", "json", sleeper))
    assert sample["Name"] == "sleeper"
    assert float(sample["CPUPerc"].rstrip("%")) >= 0
    assert int(sample["PIDs"]) >= 1
    assert not sample["MemUsage"].startswith("0B")


def test_port_rename_update(docker, fails, sleeper):
    docker("rename", sleeper, "renamed")
    assert status(docker, "renamed") == "running"
    assert "No such" in fails("inspect", sleeper)[1]
    docker(
        "update",
        "-m",
        "64m",
        "--memory-swap",
        "128m",
        "--cpus",
        "1",
        "--pids-limit",
        "99",
        "--restart",
        "unless-stopped",
        "renamed",
    )
    shown = docker(
        "inspect",
        "--format",
        "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{.HostConfig.RestartPolicy.Name}}",
        "renamed",
    )
    assert shown == f"{64 << 20} 1000000000 99 unless-stopped"
    pid = docker("inspect", "--format", "{{.State.Pid}}", "renamed")
    group = next(line.split(":")[2] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines() if ":memory:" in line)
    assert Path(f"/sys/fs/cgroup/memory{group}/memory.limit_in_bytes").read_text().strip() == str(64 << 20)


def test_cp_both_ways(docker, fails, sleeper, tmp_path: Path):
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    (tmp_path / "tree" / "sub" / "file").write_text("content")
    docker("cp", str(tmp_path / "tree"), f"{sleeper}:/tmp/")
    assert docker("exec", sleeper, "cat", "/tmp/tree/sub/file") == "content"
    docker("cp", f"{sleeper}:/tmp/tree/sub/file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_text() == "content"
    docker("stop", "-t", "1", sleeper)
    docker("cp", f"{sleeper}:/etc/passwd", str(tmp_path / "passwd"))
    assert (tmp_path / "passwd").read_text().startswith("root:")
    docker("cp", str(tmp_path / "back"), f"{sleeper}:/root/late")
    docker("start", sleeper)
    assert docker("exec", sleeper, "cat", "/root/late") == "content"
    assert "Could not find the file /nowhere" in fails("cp", f"{sleeper}:/nowhere", str(tmp_path))[1]


def test_cp_through_pipes(shared_daemon: Daemon, sleeper):
    archive = subprocess.run(["tar", "-C", "/etc", "-c", "hostname"], capture_output=True, check=True).stdout
    copying = shared_daemon.popen("docker", "cp", "-", f"{sleeper}:/tmp")
    _, said = copying.communicate(archive, timeout=30)
    assert copying.returncode == 0, said
    copying = shared_daemon.popen("docker", "cp", f"{sleeper}:/tmp/hostname", "-")
    tar, _ = copying.communicate(timeout=30)
    assert b"hostname" in tar[:100]


def test_links_cannot_lead_cp_out_of_the_container(docker, sleeper, tmp_path: Path):
    docker("exec", sleeper, "ln", "-s", "/../../../../../../" + str(tmp_path), "/tmp/out")
    docker("exec", sleeper, "mkdir", "-p", str(tmp_path))
    (tmp_path / "file").write_text("x")
    docker("cp", str(tmp_path / "file"), f"{sleeper}:/tmp/out/inside")
    assert not (tmp_path / "inside").exists()
    assert docker("exec", sleeper, "cat", f"{tmp_path}/inside") == "x"


def test_diff(docker):
    name = docker("run", "-d", "busybox", "sh", "-c", "echo x > /etc/new; rm /etc/group; echo y >> /etc/passwd; sleep 60")
    wanted = ["A /etc/new", "C /etc", "C /etc/passwd", "D /etc/group"]
    eventually(lambda: sorted(docker("diff", name).splitlines()) == wanted, lambda: docker("diff", name))


def test_events(shared_daemon: Daemon, docker):
    since = str(time.time())
    docker("run", "--rm", "--name", "short", "busybox", "true")

    def actions() -> list[str]:
        words = ["--since", since, "--until", str(time.time()), "--filter", "container=short", "--format", "{{.Action}}"]
        return docker("events", *words).splitlines()

    eventually(lambda: "destroy" in actions())
    lines = actions()
    assert lines[:2] == ["create", "attach"] or lines[0] == "create"
    assert [line for line in lines if line in ("create", "start", "die", "destroy")] == ["create", "start", "die", "destroy"]
    everything = docker("events", "--since", since, "--until", str(time.time()), "--format", "json").splitlines()
    died = next(event for event in map(json.loads, everything) if event["Action"] == "die")
    assert died["Actor"]["Attributes"]["exitCode"] == "0"
    assert died["Actor"]["Attributes"]["image"] == "busybox"


def test_prune(docker, sleeper):
    done = docker("create", "busybox")
    assert done in docker("container", "prune", "-f")
    assert docker("ps", "-aq", "--no-trunc") == docker("inspect", "--format", "{{.Id}}", sleeper)


def test_inspect_has_what_tools_read(docker, sleeper):
    told = json.loads(docker("inspect", sleeper))[0]
    assert told["Path"] == "sh"
    assert told["State"]["Pid"] > 0
    assert told["State"]["StartedAt"].endswith("Z")
    assert told["State"]["FinishedAt"] == "0001-01-01T00:00:00Z"
    assert told["NetworkSettings"]["Networks"]["bridge"]["IPAddress"] == told["NetworkSettings"]["IPAddress"]
    assert Path(told["NetworkSettings"]["SandboxKey"]).exists()
    assert Path(told["LogPath"]).exists()
    assert told["HostConfig"]["NetworkMode"] in ("default", "bridge")
    assert told["Image"].startswith("sha256:")
    assert told["Mounts"] == []


def test_prefixes_and_unknown_names(docker, fails, sleeper):
    identity = docker("inspect", "--format", "{{.Id}}", sleeper)
    assert docker("inspect", "--format", "{{.Id}}", identity[:6]) == identity
    assert "No such container: nothing" in fails("start", "nothing")[1]


def test_ps_tells_sizes(docker):
    identity = docker("run", "--detach", "busybox", "sh", "-c", "head -c 100000 /dev/zero > /big; sleep 600").strip()
    docker("exec", identity, "sh", "-c", "while [ $(stat -c %s /big) != 100000 ]; do sleep 0.1; done")
    size = docker("ps", "--size", "--format", "{{.Size}}", "--filter", f"id={identity}").strip()
    assert re.fullmatch(r"[\d.]+[kM]B \(virtual [\d.]+MB\)", size)
    shown = docker("inspect", "--size", "--format", "{{.SizeRw}} {{.SizeRootFs}}", identity).split()
    assert int(shown[0]) >= 100_000
    assert int(shown[1]) - int(shown[0]) > 1_000_000, "with the image's layers"
