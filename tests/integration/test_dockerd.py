"""The daemon as a dockerd: its configuration file, its reload, its end, its name."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asking import eventually
from tests.conftest import DaemonFactory, open_daemon
from tests.daemon import Daemon
from tests.network import NetworkNamespace

pytestmark = pytest.mark.privileged

SLEEP = ("run", "--detach", "--stop-timeout", "1", "busybox", "sh", "-c", "trap 'exit 7' TERM; while :; do sleep 0.05; done")


@pytest.fixture
def daemon(start_daemon: DaemonFactory, tmp_path: Path) -> Iterator[Daemon]:
    """A daemon that a `daemon.json` configures."""
    file = tmp_path / "daemon.json"
    file.write_text("{}")
    with start_daemon("--config-file", str(file)) as running:
        running.config_file = file
        running.docker("pull", "--quiet", "busybox")
        yield running


def state(daemon: Daemon, container: str) -> dict[str, object]:
    shown = daemon.json(f"/containers/{container}/json")
    assert isinstance(shown, dict)
    return shown["State"]


def test_it_stops_its_containers_and_the_next_one_starts_those_that_are_to_restart(daemon: Daemon) -> None:
    plain = daemon.docker(*SLEEP).stdout.strip()
    always = daemon.docker(SLEEP[0], "--restart", "always", *SLEEP[1:]).stdout.strip()
    removed = daemon.docker(SLEEP[0], "--rm", *SLEEP[1:]).stdout.strip()
    pid = state(daemon, plain)["Pid"]
    daemon.stop()
    assert not Path(f"/proc/{pid}").exists()
    daemon.start()
    assert (state(daemon, plain)["Status"], state(daemon, plain)["ExitCode"]) == ("exited", 7)
    eventually(lambda: state(daemon, always)["Status"] == "running")
    assert daemon.request("GET", f"/containers/{removed}/json")[0] == 404


def test_after_kill_9_the_next_one_ends_what_still_runs(daemon: Daemon) -> None:
    plain = daemon.docker(*SLEEP).stdout.strip()
    always = daemon.docker(SLEEP[0], "--restart", "always", *SLEEP[1:]).stdout.strip()
    before = state(daemon, always)["Pid"]
    daemon.kill9()
    daemon.start()
    eventually(lambda: state(daemon, plain)["Status"] == "exited")
    eventually(lambda: state(daemon, always)["Status"] == "running" and state(daemon, always)["Pid"] != before)


def test_a_container_that_ignores_the_stop_signal_is_killed(daemon: Daemon) -> None:
    name = daemon.docker("run", "--detach", "--stop-timeout", "1", "busybox", "sleep", "1000").stdout.strip()
    daemon.stop()
    daemon.start()
    assert state(daemon, name)["ExitCode"] == 137


def test_a_reload_changes_what_may_change_and_says_so(daemon: Daemon) -> None:
    daemon.config_file.write_text(json.dumps({"labels": ["a=b"], "live-restore": True, "default-shm-size": "1m", "debug": True}))
    reload(daemon, 1)
    info = daemon.json("/info")
    assert isinstance(info, dict)
    assert (info["Labels"], info["LiveRestoreEnabled"], info["Debug"]) == (["a=b"], True, True)
    created = daemon.docker("create", "busybox").stdout.strip()
    inspected = daemon.json(f"/containers/{created}/json")
    assert isinstance(inspected, dict)
    assert inspected["HostConfig"]["ShmSize"] == 1 << 20
    event = json.loads(
        daemon.docker("events", "--since", "1", "--until", "0s", "--filter", "type=daemon", "--format", "json").stdout
    )
    attributes = event["Actor"]["Attributes"]
    assert (event["Action"], event["Actor"]["ID"]) == ("reload", info["ID"])
    assert (attributes["labels"], attributes["live-restore"], attributes["name"]) == ('["a=b"]', "true", info["Name"])
    name = daemon.docker(*SLEEP).stdout.strip()
    daemon.config_file.write_text(json.dumps({"live-restore": True}))
    daemon.restart()
    assert state(daemon, name)["Status"] == "running"


def test_a_reload_of_a_wrong_file_changes_nothing(daemon: Daemon) -> None:
    daemon.config_file.write_text('{"labels": ["a=b"], "nonsense": 1}')
    os.kill(daemon.pid, signal.SIGHUP)
    eventually(lambda: "don't match any configuration option: nonsense" in daemon.log.read_text())
    info = daemon.json("/info")
    assert isinstance(info, dict)
    assert info["Labels"] == []
    assert daemon.answers()


def reload(daemon: Daemon, count: int) -> None:
    os.kill(daemon.pid, signal.SIGHUP)
    eventually(lambda: events(daemon) >= count)


def events(daemon: Daemon) -> int:
    shown = daemon.docker("events", "--since", "1", "--until", "0s", "--filter", "event=reload", "--format", "json").stdout
    return len(shown.splitlines())


@pytest.mark.usefixtures("registry")
def test_a_mirror_given_at_a_reload_is_asked(tmpfs: Path, network: NetworkNamespace, tmp_path: Path) -> None:
    file = tmp_path / "daemon.json"
    file.write_text('{"registry-mirrors": ["http://127.0.0.1:9"]}')
    with open_daemon(tmpfs, network, ["--config-file", str(file)]) as daemon:
        assert daemon.docker("pull", "--quiet", "busybox", check=False).returncode != 0
        file.write_text('{"registry-mirrors": ["http://127.0.0.1:5000"]}')
        reload(daemon, 1)
        daemon.docker("pull", "--quiet", "busybox")
        assert daemon.json("/info")["RegistryConfig"]["Mirrors"] == ["http://127.0.0.1:5000/"]


def test_defaults_of_containers_reach_them(start_daemon: DaemonFactory, tmp_path: Path) -> None:
    profile = tmp_path / "seccomp.json"
    profile.write_text('{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["chmod"], "action": "SCMP_ACT_ERRNO"}]}')
    flags = (
        "--default-shm-size 2m --default-cgroupns-mode private --default-ulimit nofile=99:99 "
        f"--no-new-privileges --seccomp-profile {profile} --dns 192.0.2.53 --dns-search example.org --dns-opt ndots:3 "
        "--host-gateway-ip 192.0.2.99 --default-runtime runc"
    )
    script = "grep NoNewPrivs /proc/self/status; ulimit -n; df -k /dev/shm | tail -1; cat /etc/resolv.conf /etc/hosts; chmod 600 /etc/group; true"
    with start_daemon(*flags.split()) as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        shown = daemon.docker("run", "--name", "shown", "--add-host", "gate:host-gateway", "busybox", "sh", "-c", script + " 2>&1")
        host = daemon.json("/containers/shown/json")["HostConfig"]
    with start_daemon("--default-ipc-mode", "shareable") as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        daemon.docker("create", "--name", "shared", "busybox")
        assert daemon.json("/containers/shared/json")["HostConfig"]["IpcMode"] == "shareable"
    out = shown.stdout + shown.stderr
    assert (host["IpcMode"], host["CgroupnsMode"], host["ShmSize"], host["Runtime"]) == ("private", "private", 2 << 20, "runc")
    assert "NoNewPrivs:\t1" in out
    assert "\n99\n" in out
    assert " 2048 " in out
    assert "nameserver 192.0.2.53\nsearch example.org\noptions ndots:3" in out
    assert "192.0.2.99\tgate" in out
    assert "Operation not permitted" in out


def test_validate_says_ok_or_why_not(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text('{"debug": true}')
    bad.write_text('{"debug": 1}')
    done = serve("--validate", "--config-file", str(good))
    assert (done.returncode, done.stderr) == (0, "configuration OK\n")
    done = serve("--validate", "--config-file", str(bad))
    assert done.returncode == 1
    assert "unable to configure the Docker daemon with file" in done.stderr


def serve(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "core", "serve", *words], capture_output=True, text=True, timeout=60)


def test_under_the_name_dockerd_it_is_the_daemon(tmp_path: Path) -> None:
    core = Path(sys.executable).with_name("core")
    subprocess.run([core, "install-dockerd", tmp_path], check=True, timeout=60)
    subprocess.run([core, "install-dockerd", tmp_path], check=True, timeout=60)
    done = subprocess.run([tmp_path / "dockerd", "--nonsense"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "unknown flag: --nonsense\nSee 'dockerd --help'.\n")
    (tmp_path / "dockerd").unlink()
    (tmp_path / "dockerd").write_text("another program")
    refused = subprocess.run([core, "install-dockerd", tmp_path], capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert (tmp_path / "dockerd").read_text() == "another program"


@pytest.mark.parametrize("trace", ["network/files/local-kv.db", "image/overlay2/repositories.json", "volumes/metadata.db"])
def test_a_real_dockerds_data_root_is_refused_and_not_touched(tmp_path: Path, trace: str) -> None:
    file = tmp_path / "root" / trace
    file.parent.mkdir(parents=True)
    file.touch()
    before = sorted(tmp_path.rglob("*"))
    done = serve("--data-root", str(tmp_path / "root"), "--exec-root", str(tmp_path / "run"), "-H", f"unix://{tmp_path}/s")
    assert done.returncode == 1
    assert "is the data root of a real dockerd" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_the_pidfile_of_a_living_process_is_respected(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(f"{os.getpid()}\n")
    done = serve("--data-root", str(tmp_path / "d"), "--exec-root", str(tmp_path / "r"), "--pidfile", str(tmp_path / "pid"))
    assert done.returncode == 1
    assert f"process with PID {os.getpid()} is still running" in done.stderr


def test_a_bridge_of_the_administrators_is_used_with_its_address_and_stays(
    start_daemon: DaemonFactory, network: NetworkNamespace
) -> None:
    for words in (["link", "add", "own0", "type", "bridge"], ["address", "add", "10.99.0.1/24", "dev", "own0"]):
        subprocess.run(network.command(["ip", *words]), check=True)
    with start_daemon("--bridge", "own0", "--fixed-cidr", "10.99.0.128/25", "--dns", "192.0.2.1") as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        assert "inet 10.99.0.128/24" in daemon.docker("run", "--rm", "busybox", "ip", "address", "show", "eth0").stdout
        assert daemon.json("/networks/bridge")["IPAM"]["Config"][0]["Gateway"] == "10.99.0.1"
    shown = subprocess.run(
        network.command(["ip", "-o", "address", "show", "dev", "own0"]), capture_output=True, text=True, check=True
    )
    assert "10.99.0.1/24" in shown.stdout
    subprocess.run(network.command(["ip", "link", "delete", "own0"]), check=True)


def test_a_bridge_that_is_not_there_keeps_the_daemon_from_starting(tmpfs: Path, network: NetworkNamespace) -> None:
    never = Daemon(tmpfs / "never", network, ["--bridge", "nosuch0"])
    done = subprocess.run(never.command(), capture_output=True, text=True, timeout=120)
    never.destroy()
    assert done.returncode == 1
    assert "bridge device with non default name nosuch0 must be created manually" in done.stderr
    assert "Traceback" not in done.stderr


def test_debugging_does_not_show_each_message_of_netlink(start_daemon: DaemonFactory) -> None:
    with start_daemon("--debug") as daemon:
        daemon.docker("network", "create", "one")
        daemon.docker("network", "rm", "one")
        assert daemon.json("/info")["Debug"] is True
        assert "pyroute2" not in daemon.log.read_text()


def test_plain_tcp_is_warned_of_and_there_need_be_no_default_network(start_daemon: DaemonFactory) -> None:
    with start_daemon("--bridge", "none", "-H", "tcp://127.0.0.1:2375") as daemon:
        warned = daemon.docker("info").stderr
        assert "[DEPRECATION NOTICE]: API is accessible on http://127.0.0.1:2375 without encryption." in warned
        assert "Access to the remote API is equivalent to root access on the host" in warned
        daemon.docker("pull", "--quiet", "busybox")
        assert daemon.docker("network", "ls", "--format", "{{.Name}}").stdout.split() == ["host", "none"]
        assert "eth0" not in daemon.docker("run", "--rm", "busybox", "ip", "link").stdout


def test_subnets_come_from_the_configured_pools(start_daemon: DaemonFactory) -> None:
    flags = "--default-address-pool base=10.60.0.0/16,size=24 --default-network-opt bridge=com.docker.network.driver.mtu=1300"
    with start_daemon(*flags.split()) as daemon:
        daemon.docker("network", "create", "one")
        made = daemon.json("/networks/one")
        assert daemon.json("/networks/bridge")["IPAM"]["Config"][0]["Subnet"] == "10.60.0.0/24"
        assert made["IPAM"]["Config"][0]["Subnet"] == "10.60.1.0/24"
        assert made["Options"] == {"com.docker.network.driver.mtu": "1300"}
        assert daemon.json("/info")["DefaultAddressPools"] == [{"Base": "10.60.0.0/16", "Size": 24}]
        daemon.docker("network", "rm", "one")


def test_host_gateway_is_the_default_networks_bridge_of_both_versions(start_daemon: DaemonFactory) -> None:
    with start_daemon("--ipv6", "--fixed-cidr-v6", "fdaa::/64", "--bip", "10.77.0.1/24") as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        daemon.docker("network", "create", "other")
        shown = daemon.docker(
            "run", "--rm", "--network", "other", "--add-host", "gate:host-gateway", "busybox", "cat", "/etc/hosts"
        ).stdout
        assert "10.77.0.1\tgate\nfdaa::1\tgate\n" in shown
        daemon.docker("network", "rm", "other")


def test_frames_too_short_for_ipv6_are_no_hindrance(start_daemon: DaemonFactory) -> None:
    with start_daemon("--default-network-opt", "bridge=com.docker.network.driver.mtu=1200") as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        daemon.docker("network", "create", "short")
        shown = daemon.docker("run", "--rm", "--network", "short", "busybox", "ip", "address", "show", "eth0").stdout
        assert "mtu 1200" in shown
        assert "inet6" not in shown
        daemon.docker("network", "rm", "short")
