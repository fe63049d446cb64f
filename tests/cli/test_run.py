"""`docker run` and `create`: every flag does in the container what it says."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def test_output_and_exit_code(docker, fails):
    assert docker("run", "--rm", "busybox", "echo", "hello") == "hello"
    assert fails("run", "--rm", "busybox", "sh", "-c", "exit 7")[0] == 7


def test_stdout_and_stderr_stay_apart(shared_daemon: Daemon):
    done = shared_daemon.docker("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2")
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        (("nosuchcommand",), 127, "executable file not found in $PATH"),
        (("/no/such/file",), 127, "no such file or directory"),
        (("/etc/passwd",), 126, "permission denied"),
        (("/etc",), 126, "permission denied"),
    ],
)
def test_what_cannot_be_executed(fails, command, code, sentence):
    status, said = fails("run", "--rm", "busybox", *command)
    assert status == code
    assert sentence in said or (command == ("/etc",) and "is a directory" in said)


def test_signals_show_in_the_exit_code(docker, fails):
    assert fails("run", "--rm", "--init", "busybox", "sh", "-c", "kill -TERM $$")[0] == 143
    name = docker("run", "-d", "busybox", "sleep", "60")
    docker("kill", name)
    assert docker("wait", name) == "137"


def test_125_is_the_engines_own(fails):
    status, said = fails("run", "--rm", "--memory", "1k", "busybox")
    assert status == 125
    assert "Minimum memory limit allowed is 6MB" in said


def test_stdin_reaches_the_process_and_ends(docker):
    assert docker("run", "--rm", "-i", "busybox", "sh", "-c", "cat; echo end", stdin="typed\n") == "typed\nend"


def test_megabytes_of_stdin_come_back(docker):
    text = "0123456789abcdef" * 65536
    assert docker("run", "--rm", "-i", "busybox", "cat", stdin=text) == text


def test_detached_with_name_and_cidfile(docker, tmp_path: Path):
    container = docker("run", "-d", "--name", "web", "--cidfile", str(tmp_path / "cid"), "busybox", "sleep", "60")
    assert re.fullmatch("[0-9a-f]{64}", container)
    assert (tmp_path / "cid").read_text() == container
    assert docker("inspect", "--format", "{{.Name}} {{.State.Status}} {{.State.Running}}", "web") == "/web running true"


def test_a_taken_name_is_a_conflict(docker, fails):
    holder = docker("create", "--name", "one", "busybox")
    status, said = fails("run", "--name", "one", "busybox")
    assert status == 125
    assert f'The container name "/one" is already in use by container "{holder}"' in said


def test_environment(docker, tmp_path: Path):
    (tmp_path / "env").write_text("FROM_FILE=yes\n# comment\n")
    out = docker(
        "run", "--rm", "-e", "A=1", "-e", "EMPTY=", "--env-file", str(tmp_path / "env"), "-h", "box", "busybox", "env"
    ).splitlines()
    assert {"A=1", "EMPTY=", "FROM_FILE=yes", "HOSTNAME=box", "HOME=/root"} <= set(out)
    assert any(line.startswith("PATH=/usr/local/sbin:") for line in out)


def test_working_directory_user_and_hostname(docker):
    out = docker(
        "run",
        "--rm",
        "-w",
        "/made/here",
        "-h",
        "box",
        "-u",
        "33:100",
        "busybox",
        "sh",
        "-c",
        "pwd; hostname; id -u; id -g; cat /etc/hostname",
    )
    assert out.split() == ["/made/here", "box", "33", "100", "box"]


def test_user_by_name_gets_its_groups_and_home(docker):
    assert docker("run", "--rm", "-u", "www-data", "--group-add", "users", "busybox", "sh", "-c", "id; echo $HOME") == (
        "uid=33(www-data) gid=33(www-data) groups=33(www-data),100(users)\n/var/www"
    )


def test_an_unknown_user_is_named(fails):
    assert (
        "unable to find user nobodyhere: no matching entries in passwd file"
        in fails("run", "--rm", "-u", "nobodyhere", "busybox")[1]
    )


def test_entrypoint_and_labels(docker):
    container = docker("create", "--entrypoint", "echo", "-l", "a=1", "-l", "b", "busybox", "x", "y")
    assert docker("start", "-a", container) == "x y"
    labels = json.loads(docker("inspect", "--format", "{{json .Config.Labels}}", container))
    assert labels == {"a": "1", "b": ""}


def test_init_is_pid_1_and_reaps(docker):
    out = docker("run", "--rm", "--init", "busybox", "sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline")
    assert out.startswith("/sbin/docker-init -- sh -c")


def test_bind_named_and_anonymous_volumes(docker, tmp_path: Path):
    (tmp_path / "file").write_text("from the host")
    out = docker(
        "run", "--rm", "-v", f"{tmp_path}:/bound", "-v", "data:/named", "-v", "/anonymous", "-v", f"{tmp_path}/file:/etc/one:ro", "busybox",
        "sh", "-c", "cat /bound/file; echo kept > /named/f; echo back > /bound/back; touch /anonymous/x; echo no 2>/dev/null > /etc/one; cat /etc/one",
    )  # fmt: skip
    assert out == "from the hostfrom the host"
    assert (tmp_path / "back").read_text() == "back\n"
    assert docker("run", "--rm", "-v", "data:/d", "busybox", "cat", "/d/f") == "kept"
    assert docker("volume", "ls", "-q") == "data"
    docker("volume", "rm", "data")


def test_mounts_in_the_long_form(docker, fails, tmp_path: Path):
    out = docker(
        "run", "--rm", "--mount", f"type=bind,src={tmp_path},dst=/b,readonly", "--mount", "type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=700",
        "--mount", "type=volume,src=vol,dst=/v", "busybox", "sh", "-c", "touch /b/x 2>&1; stat -c %a /t; df -k /t | tail -1 | awk '{print $2}'; touch /v/ok && ls /v",
    )  # fmt: skip
    assert "Read-only file system" in out
    assert out.split()[-3:] == ["700", "1024", "ok"]
    docker("volume", "rm", "vol")
    assert (
        'invalid mount config for type "bind": bind source path does not exist: /no/such'
        in fails("run", "--mount", "type=bind,src=/no/such,dst=/x", "busybox")[1]
    )


def test_a_new_volume_is_filled_from_the_image(docker):
    assert "passwd" in docker("run", "--rm", "-v", "etc:/etc", "busybox", "ls", "/etc").split()
    assert "passwd" not in docker("run", "--rm", "-v", "empty:/etc:nocopy", "busybox", "ls", "/etc").split()
    docker("volume", "rm", "etc", "empty")


def test_tmpfs_and_read_only_root(docker):
    out = docker(
        "run",
        "--rm",
        "--read-only",
        "--tmpfs",
        "/scratch:size=64k,noexec",
        "busybox",
        "sh",
        "-c",
        "touch /x 2>&1; touch /scratch/y && mount | grep ' /scratch '",
    )
    assert "Read-only file system" in out
    assert "noexec" in out
    assert "size=64k" in out


def test_published_ports(shared_daemon: Daemon, docker):
    docker(
        "run",
        "-d",
        "--name",
        "web",
        "-p",
        "8080:80",
        "-p",
        "127.0.0.1:8081:80",
        "--expose",
        "90",
        "busybox",
        "httpd",
        "-f",
        "-p",
        "80",
        "-h",
        "/etc",
    )
    assert docker("port", "web").splitlines() == [
        "80/tcp -> 0.0.0.0:8080",
        "80/tcp -> 127.0.0.1:8081",
    ] or "80/tcp -> 0.0.0.0:8080" in docker("port", "web")
    for port in ("8080", "8081"):
        page = shared_daemon.run("busybox", "wget", "-q", "-O", "-", f"http://127.0.0.1:{port}/group").stdout
        assert page.startswith("root:x:0:")


def test_publish_all_and_random_ports(shared_daemon: Daemon, docker):
    docker("run", "-d", "--name", "web", "-P", "--expose", "80", "busybox", "httpd", "-f", "-p", "80", "-h", "/etc")
    port = docker("port", "web", "80/tcp").splitlines()[0].rpartition(":")[2]
    assert int(port) >= 32768
    assert shared_daemon.run("busybox", "wget", "-q", "-O", "-", f"http://127.0.0.1:{port}/passwd").stdout.startswith("root:")


def test_a_taken_port_is_said_so_and_nothing_stays(docker, fails):
    docker("run", "-d", "--name", "first", "-p", "8080:80", "busybox", "sleep", "60")
    status, said = fails("run", "-d", "--name", "second", "-p", "8080:80", "busybox", "sleep", "60")
    assert status == 125
    assert "Bind for 0.0.0.0:8080 failed: port is already allocated" in said
    assert docker("inspect", "--format", "{{.State.Status}}", "second") == "created"
    docker("rm", "-f", "first")
    docker("start", "second")
    assert docker("inspect", "--format", "{{.State.Status}}", "second") == "running"


def test_networks_bridge_none_host_and_container(docker):
    assert re.search(r"inet addr:172\.", docker("run", "--rm", "busybox", "ifconfig", "eth0"))
    assert (
        docker("run", "--rm", "--network", "none", "busybox", "sh", "-c", "ls /sys/class/net; ifconfig lo | grep -c UP") == "lo\n1"
    )
    host = docker("run", "--rm", "--network", "host", "busybox", "ls", "/sys/class/net").split()
    assert len(host) > 1
    docker("run", "-d", "--name", "owner", "busybox", "sleep", "60")
    mine = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", "owner")
    assert mine in docker("run", "--rm", "--network", "container:owner", "busybox", "ifconfig", "eth0")


def test_dns_and_hosts(docker):
    out = docker(
        "run", "--rm", "--dns", "192.0.2.1", "--dns-search", "example.test", "--dns-option", "ndots:3", "--add-host", "db:192.0.2.7",
        "--add-host", "host.docker.internal:host-gateway", "-h", "box", "busybox", "sh", "-c", "cat /etc/resolv.conf /etc/hosts",
    )  # fmt: skip
    assert "nameserver 192.0.2.1" in out
    assert "search example.test" in out
    assert "options ndots:3" in out
    assert re.search(r"192\.0\.2\.7\s+db", out)
    assert re.search(r"172\.\d+\.\d+\.1\s+host\.docker\.internal", out)
    assert re.search(r"172\.\S+\s+box", out)


def test_limits_reach_the_cgroup(docker):
    name = docker(
        "run",
        "-d",
        "-m",
        "64m",
        "--cpus",
        "0.5",
        "--cpuset-cpus",
        "0",
        "--pids-limit",
        "50",
        "--cpu-shares",
        "512",
        "busybox",
        "sleep",
        "60",
    )
    pid = docker("inspect", "--format", "{{.State.Pid}}", name)
    groups = dict(line.split(":")[1:] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines())

    def value(controller: str, file: str) -> str:
        return Path(f"/sys/fs/cgroup/{controller}{groups[controller]}/{file}").read_text().strip()

    assert value("memory", "memory.limit_in_bytes") == str(64 << 20)
    assert value("pids", "pids.max") == "50"
    assert value("cpuset", "cpuset.cpus") == "0"
    assert value("cpu", "cpu.shares") == "512"
    assert int(value("cpu", "cpu.cfs_quota_us")) * 2 == int(value("cpu", "cpu.cfs_period_us"))


def test_out_of_memory_is_told(docker):
    name = docker("create", "-m", "8m", "busybox", "sh", "-c", "tail -c 100m /dev/zero | tail")
    docker("start", name)
    docker("wait", name)
    assert docker("inspect", "--format", "{{.State.OOMKilled}}", name) == "true"


def test_ulimits_shm_and_sysctls(docker):
    out = docker(
        "run", "--rm", "--ulimit", "nofile=512:1024", "--shm-size", "8m", "--sysctl", "net.ipv4.ip_forward=1", "busybox",
        "sh", "-c", "ulimit -n; ulimit -Hn; df -k /dev/shm | tail -1 | awk '{print $2}'; cat /proc/sys/net/ipv4/ip_forward",
    )  # fmt: skip
    assert out.split() == ["512", "1024", "8192", "1"]


def capabilities(docker, *flags: str) -> int:
    return int(docker("run", "--rm", *flags, "busybox", "sh", "-c", "grep CapEff /proc/self/status | awk '{print $2}'"), 16)


def test_capabilities(docker):
    assert capabilities(docker) == 0x00000000A80425FB
    assert capabilities(docker, "--cap-add", "NET_ADMIN") == 0xA80435FB
    assert capabilities(docker, "--cap-drop", "ALL", "--cap-add", "CAP_CHOWN") == 1
    assert capabilities(docker, "-u", "33") == 0


def test_privileged(docker):
    own = int(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapBnd")), 16)
    assert capabilities(docker, "--privileged") == own
    assert docker(
        "run", "--rm", "--privileged", "busybox", "sh", "-c", "ls -d /dev/loop-control; mount -t tmpfs x /tmp && echo mounted"
    ).split() == ["/dev/loop-control", "mounted"]


def test_the_default_profile_refuses_and_unconfined_does_not(docker, fails, tmp_path: Path):
    assert "Operation not permitted" in docker("run", "--rm", "busybox", "sh", "-c", "unshare -m true 2>&1; true")
    assert (
        docker(
            "run",
            "--rm",
            "--cap-add",
            "SYS_ADMIN",
            "--security-opt",
            "seccomp=unconfined",
            "busybox",
            "unshare",
            "-m",
            "echo",
            "ok",
        )
        == "ok"
    )
    profile = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}],
    }
    (tmp_path / "profile.json").write_text(json.dumps(profile))
    assert "not permitted" in docker(
        "run", "--rm", "--security-opt", f"seccomp={tmp_path}/profile.json", "busybox", "sh", "-c", "mkdir /x 2>&1; true"
    )


def test_no_new_privileges_and_system_paths(docker):
    assert docker(
        "run", "--rm", "--security-opt", "no-new-privileges", "busybox", "grep", "NoNewPrivs", "/proc/self/status"
    ).split() == ["NoNewPrivs:", "1"]
    count = "mount | grep -cE ' /proc/(kcore|keys|timer_list|sys) '"
    assert int(docker("run", "--rm", "busybox", "sh", "-c", count)) >= 3
    assert docker("run", "--rm", "--security-opt", "systempaths=unconfined", "busybox", "sh", "-c", f"{count}; true") == "0"


def test_devices(docker):
    assert (
        docker(
            "run",
            "--rm",
            "--device",
            "/dev/loop-control:/dev/mine:r",
            "busybox",
            "sh",
            "-c",
            "true < /dev/mine && echo opened; sh -c 'echo > /dev/mine' 2>&1 | grep -o 'not permitted'",
        )
        == "opened\nnot permitted"
    )
    assert "not permitted" in docker("run", "--rm", "busybox", "sh", "-c", "mknod /tmp/loop b 7 0 && cat /tmp/loop 2>&1; true")


def test_namespaces_of_the_host(docker):
    own = {kind: os.readlink(f"/proc/self/ns/{kind}") for kind in ("pid", "ipc", "uts", "cgroup")}
    out = docker(
        "run",
        "--rm",
        "--pid",
        "host",
        "--ipc",
        "host",
        "--uts",
        "host",
        "--cgroupns",
        "host",
        "--userns",
        "host",
        "busybox",
        "sh",
        "-c",
        "for k in pid ipc uts cgroup; do readlink /proc/self/ns/$k; done",
    ).split()
    assert out == [own["pid"], own["ipc"], own["uts"], own["cgroup"]]
    assert docker("run", "--rm", "--cgroupns", "private", "busybox", "readlink", "/proc/self/ns/cgroup") != own["cgroup"]


def test_namespaces_of_another_container(docker):
    docker("run", "-d", "--name", "owner", "--ipc", "shareable", "busybox", "sleep", "60")
    out = docker(
        "run", "--rm", "--pid", "container:owner", "--ipc", "container:owner", "busybox", "sh", "-c", "ps | grep -c 'sleep 6[0]'"
    )
    assert out == "1"


def test_restart_policies(shared_daemon: Daemon, docker):
    name = docker("run", "-d", "--restart", "on-failure:2", "busybox", "false")
    wait_for(docker, name, "{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}", "2 exited 1")
    always = docker("run", "-d", "--restart", "always", "busybox", "sleep", "60")
    docker("kill", "-s", "KILL", always)
    assert docker("inspect", "--format", "{{.State.Status}}", always) == "exited"


def test_stop_signal_and_timeout(docker):
    trap = "trap 'echo got it; exit 3' USR1; echo ready; while :; do sleep 0.05; done"
    name = docker("run", "-d", "--stop-signal", "USR1", "--stop-timeout", "20", "busybox", "sh", "-c", trap)
    wait_for_log(docker, name, "ready")
    docker("stop", name)
    assert docker("inspect", "--format", "{{.State.ExitCode}}", name) == "3"
    assert docker("logs", name).splitlines()[-1] == "got it"


def test_health(docker):
    name = docker(
        "run",
        "-d",
        "--health-cmd",
        "test -e /tmp/ok && echo fine",
        "--health-interval",
        "0.2s",
        "--health-retries",
        "2",
        "--health-timeout",
        "2s",
        "busybox",
        "sleep",
        "60",
    )
    wait_for(docker, name, "{{.State.Health.Status}}", "unhealthy")
    docker("exec", name, "touch", "/tmp/ok")
    wait_for(docker, name, "{{.State.Health.Status}}", "healthy")
    assert "fine" in docker("inspect", "--format", "{{json .State.Health.Log}}", name)
    assert "(healthy)" in docker("ps", "--filter", "health=healthy")


def test_log_options(docker, fails):
    name = docker(
        "run",
        "-d",
        "--log-opt",
        "max-size=10k",
        "--log-opt",
        "max-file=2",
        "--log-opt",
        "labels=x",
        "-l",
        "x=1",
        "busybox",
        "sh",
        "-c",
        "for i in $(seq 1 500); do echo line $i; done",
    )
    docker("wait", name)
    lines = docker("logs", name).splitlines()
    assert lines[-1] == "line 500"
    assert len(lines) < 500
    assert "unknown log opt 'bogus' for json-file log driver" in fails("run", "--log-opt", "bogus=1", "busybox")[1]
    quiet = docker("run", "-d", "--log-driver", "none", "busybox", "echo", "x")
    docker("wait", quiet)
    assert "configured logging driver does not support reading" in fails("logs", quiet)[1]


def test_platform_and_pull_policy(docker, fails):
    assert docker("run", "--rm", "--platform", "linux/amd64", "--pull", "never", "busybox", "echo", "x") == "x"
    status, said = fails("run", "--rm", "--pull", "never", "no-such-image")
    assert status == 125
    assert "No such image: no-such-image:latest" in said
    assert docker("run", "--rm", "--quiet", "--pull", "always", "busybox", "echo", "x") == "x"


def test_a_missing_image_is_pulled(shared_daemon: Daemon, docker):
    docker("rmi", "busybox")
    done = shared_daemon.docker("run", "--rm", "busybox", "echo", "here")
    assert done.stdout == "here\n"
    assert "Unable to find image 'busybox:latest' locally" in done.stderr
    assert "Pull complete" in done.stderr
    assert "Status: Downloaded newer image for busybox:latest" in done.stderr


def test_auto_remove(docker):
    docker("run", "--rm", "--name", "gone", "-v", "/anonymous", "busybox", "true")
    assert docker("ps", "-aq") == ""
    assert docker("volume", "ls", "-q") == ""


def test_a_terminal(shared_daemon: Daemon):
    command = "docker run --rm -it -e TERM=dumb busybox sh -c 'tty; stty size; exit 4'"
    done = shared_daemon.run("script", "-qec", f"stty rows 33 cols 77; {command}", "/dev/null", check=False)
    assert done.returncode == 4
    assert "/dev/pts/0" in done.stdout
    assert "33 77" in done.stdout


def wait_for(docker, name: str, template: str, wanted: str) -> None:
    def seen() -> str:
        return docker("inspect", "--format", template, name)

    eventually(lambda: seen() == wanted, lambda: f"{template} stays {seen()}")


def wait_for_log(docker, name: str, wanted: str) -> None:
    eventually(lambda: wanted in docker("logs", name))
