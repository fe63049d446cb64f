"""What the verbs of a container answer, by the API of a real daemon: dockerd's statuses, sentences and events."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

SLEEP = ["sleep", "1000"]


class Client:
    """A short way to say requests."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        """Return status and decoded body of a reply."""
        status, raw = self.daemon.request(method, path, body)
        try:
            return status, json.loads(raw)
        except ValueError:
            return status, raw.decode()

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """Return status and sentence of a refusal."""
        status, answer = self.ask(method, path, body)
        assert isinstance(answer, dict), answer
        return status, answer["message"]

    def create(self, name: str, *command: str, **fields: object) -> str:
        """Make a container of busybox that is not started."""
        status, answer = self.ask(
            "POST", f"/containers/create?name={name}", {"Image": "busybox", "Cmd": list(command) or SLEEP, **fields}
        )
        assert status == 201, answer
        return answer["Id"]

    def run(self, name: str, *command: str, **fields: object) -> str:
        """Make and start a container."""
        identifier = self.create(name, *command, **fields)
        assert self.ask("POST", f"/containers/{name}/start") == (204, "")
        return identifier

    def inspect(self, name: str) -> dict:
        """Return a container's description."""
        status, answer = self.ask("GET", f"/containers/{name}/json")
        assert status == 200, answer
        return answer

    def exec(self, name: str, *command: str, **fields: object) -> str:
        """Prepare an exec."""
        status, answer = self.ask("POST", f"/containers/{name}/exec", {"Cmd": list(command), **fields})
        assert status == 201, answer
        return answer["Id"]

    def output(self, name: str, *command: str, **fields: object) -> str:
        """Run an exec that ends and return what it printed, as a terminal would show it."""
        identifier = self.exec(name, *command, AttachStdout=True, AttachStderr=True, **fields)
        status, raw = self.daemon.request("POST", f"/exec/{identifier}/start", {"Tty": True})
        assert status == 200, raw
        return raw.decode()

    def events(self, **filters: list[str]) -> list[dict]:
        """Return what is remembered of events."""
        status, raw = self.daemon.request("GET", f"/events?until={time.time():.9f}&filters={json.dumps(filters).replace(' ', '')}")
        assert status == 200, raw
        return [json.loads(line) for line in raw.splitlines()]


@pytest.fixture
def client(shared_daemon: Daemon) -> Client:
    return Client(shared_daemon)


def eventually(condition: Callable[[], object]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# Restart of a container that is removed when it ends --------------------------------------------------------------------


@pytest.mark.parametrize("command", [["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"], SLEEP])
def test_a_restart_does_not_remove_what_is_removed_at_its_end(client: Client, command: list[str]) -> None:
    identifier = client.run("ar", *command, HostConfig={"AutoRemove": True})
    for _ in range(2):
        before = client.inspect("ar")["State"]["Pid"]
        assert client.ask("POST", "/containers/ar/restart?t=0") == (204, "")
        assert (client.inspect("ar")["Id"], client.inspect("ar")["State"]["Running"]) == (identifier, True)
        assert client.inspect("ar")["State"]["Pid"] != before
    assert client.inspect("ar")["HostConfig"]["AutoRemove"] is True
    assert client.ask("POST", "/containers/ar/stop?t=0") == (204, "")
    eventually(lambda: client.ask("GET", "/containers/ar/json")[0] == 404)


def test_a_restart_that_cannot_start_again_removes_it(client: Client, tmp_path: Path) -> None:
    source = tmp_path / "there"
    source.mkdir()
    client.run("ar", HostConfig={"AutoRemove": True, "Mounts": [{"Type": "bind", "Source": str(source), "Target": "/m"}]})
    source.rmdir()
    status, _ = client.refused("POST", "/containers/ar/restart?t=0")
    assert status >= 400
    eventually(lambda: client.ask("GET", "/containers/ar/json")[0] == 404)


# Execs ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        ("no-such-user", "unable to find user no-such-user: no matching entries in passwd file"),
        ("no-such-user:1", "unable to find user no-such-user: no matching entries in passwd file"),
        ("1:no-such-group", "unable to find group no-such-group: no matching entries in group file"),
        ("-1", "uids and gids must be in range 0-2147483647"),
        ("0:-1", "uids and gids must be in range 0-2147483647"),
        ("99999999999999999999", "unable to find user 99999999999999999999: no matching entries in passwd file"),
    ],
)
def test_an_exec_of_an_unknown_user_is_refused_before_any_stream(client: Client, user: str, sentence: str) -> None:
    client.run("box")
    assert client.refused("POST", "/containers/box/exec", {"Cmd": ["id"], "User": user}) == (400, sentence)


def test_an_exec_of_root_needs_the_file_that_names_it(client: Client) -> None:
    client.run("box", "sh", "-c", "rm /etc/passwd; sleep 1000")
    eventually(lambda: "No such file" in client.output("box", "cat", "/etc/passwd"))
    answer = client.refused("POST", "/containers/box/exec", {"Cmd": ["id"], "User": "root"})
    assert answer == (400, "unable to find user root: no matching entries in passwd file")
    assert client.output("box", "id", "-u", User="0") == "0\n"


def test_an_exec_that_was_not_started_is_gone_with_the_run(client: Client) -> None:
    client.run("box")
    waiting, ended = client.exec("box", "true"), client.exec("box", "true")
    assert client.ask("POST", f"/exec/{ended}/start", {"Detach": True})[0] == 200
    eventually(lambda: client.ask("GET", f"/exec/{ended}/json")[1]["ExitCode"] == 0)
    assert client.ask("POST", "/containers/box/stop?t=0")[0] == 204
    for _ in range(2):
        assert client.refused("POST", f"/exec/{waiting}/start", {}) == (404, f"No such exec instance: {waiting}")
        assert client.ask("GET", f"/exec/{ended}/json")[1]["ExitCode"] == 0
        client.ask("POST", "/containers/box/start")
    assert client.refused("POST", f"/exec/{ended}/start", {}) == (409, f"exec command {ended} has already run")


def test_resizing_an_exec_says_why_it_cannot_be(client: Client) -> None:
    identifier = client.run("box")
    running, ended = client.exec("box", *SLEEP, Tty=True), client.exec("box", "true", Tty=True)
    broken = client.exec("box", "nosuchprogram", Tty=True)
    for each in (running, ended, broken):
        client.ask("POST", f"/exec/{each}/start", {"Detach": True, "Tty": True})
    assert client.ask("POST", f"/exec/{running}/resize?h=20&w=40")[0] == 200
    eventually(lambda: client.ask("GET", f"/exec/{ended}/json")[1]["ExitCode"] == 0)
    assert client.refused("POST", f"/exec/{ended}/resize?h=20&w=40")[0] == 404
    assert client.refused("POST", f"/exec/{broken}/resize?h=20&w=40") == (400, "exec process is not started")
    assert client.ask("POST", "/containers/box/kill")[0] == 204
    for each in (running, ended, broken):
        assert client.refused("POST", f"/exec/{each}/resize?h=20&w=40") == (409, f"container {identifier} is not running")


@pytest.mark.parametrize("called", ["box", "/box", "{id}", "{short}"])
def test_a_paused_container_is_called_as_the_client_calls_it(client: Client, called: str) -> None:
    identifier = client.run("box")
    prepared = client.exec("box", "true")
    assert client.ask("POST", "/containers/box/pause")[0] == 204
    name = called.format(id=identifier, short=identifier[:12])
    answer = client.refused("POST", f"/containers/{name.removeprefix('/')}/exec", {"Cmd": ["true"]})
    assert answer == (409, f"Container {name.removeprefix('/')} is paused, unpause the container before exec")
    answer = client.refused("POST", f"/exec/{prepared}/start", {})
    assert answer == (409, f"Container {identifier} is paused, unpause the container before exec")
    client.ask("POST", "/containers/box/unpause")


@pytest.mark.parametrize(
    "fields",
    [{"Cmd": ["echo", "a\0b"]}, {"Env": ["A=a\0b"]}, {"User": "a\0b"}, {"WorkingDir": "/a\0b"}],
    ids=lambda fields: next(iter(fields)),
)
def test_an_exec_has_no_nul_bytes(client: Client, fields: dict) -> None:
    client.run("box")
    status, sentence = client.refused("POST", "/containers/box/exec", {"Cmd": ["true"], **fields})
    assert (status, "a\\x00b" in sentence, sentence.endswith("contains a NUL byte")) == (400, True, True)


@pytest.mark.parametrize("keys", ["ctrl-A,a", "escape", "a,,b"])
def test_detach_keys_are_checked(client: Client, keys: str) -> None:
    client.run("box")
    answer = client.refused("POST", "/containers/box/exec", {"Cmd": ["true"], "DetachKeys": keys})
    assert answer == (400, f"Invalid escape keys ({keys}) provided")
    assert client.ask("POST", f"/containers/box/attach?stream=1&detachKeys={keys}") == (
        400,
        f"Invalid detach keys ({keys}) provided\r\n",
    )


# Events -----------------------------------------------------------------------------------------------------------------


def test_size_and_processes_are_events(client: Client) -> None:
    client.run("box", Tty=True)
    assert client.ask("POST", "/containers/box/resize?h=20&w=40")[0] == 200
    assert client.ask("GET", "/containers/box/top")[0] == 200
    told = client.events(container=["box"], event=["resize", "top"])
    assert [event["Action"] for event in told] == ["resize", "top"]
    assert {key: told[0]["Actor"]["Attributes"][key] for key in ("height", "width")} == {"height": "20", "width": "40"}


def test_what_is_refused_is_no_event(client: Client) -> None:
    client.create("idle")
    assert client.refused("POST", "/containers/idle/resize?h=20&w=40")[0] == 409
    assert client.refused("GET", "/containers/idle/top")[0] == 409
    assert client.events(container=["idle"], event=["resize", "top"]) == []


def test_pruning_is_an_event(client: Client) -> None:
    pruned = client.create("box")
    status, answer = client.ask("POST", "/containers/prune")
    assert (status, answer["ContainersDeleted"]) == (200, [pruned])
    told = [event["Actor"] for event in client.events(type=["container"], event=["prune"])]
    assert told[-1] == {"ID": "", "Attributes": {"reclaimed": str(answer["SpaceReclaimed"])}}


@pytest.mark.parametrize("by", ["name", "id", "short"])
def test_events_of_a_container_are_its_own_only(client: Client, by: str) -> None:
    name = f"own-{by}"
    identifier = client.run(name, HostConfig={"Mounts": [{"Type": "volume", "Target": "/v"}]})
    client.ask("POST", f"/containers/{name}/stop?t=0")
    told = client.events(container=[{"name": name, "id": identifier, "short": identifier[:12]}[by]])
    assert [event["Action"] for event in told] == ["create", "start", "kill", "kill", "die", "stop"]
    assert {event["Type"] for event in told} == {"container"}
    everything = client.events()
    assert {"connect", "mount"} <= {
        event["Action"] for event in everything if event["Actor"]["Attributes"].get("container") == identifier
    }


# Lists ------------------------------------------------------------------------------------------------------------------


def listed(client: Client, query: str = "", **filters: list[str]) -> set[str]:
    status, answer = client.ask(
        "GET", f"/containers/json?{query}&filters={json.dumps(filters).replace(' ', '').replace('+', '%2B')}"
    )
    assert status == 200, answer
    return {entry["Names"][0] for entry in answer}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("p-(web|db)1", {"/p-web1", "/p-db1"}),
        ("p-web[0-9]", {"/p-web1", "/p-web2"}),
        ("^p-.*1$", {"/p-web1", "/p-db1"}),
        ("p-web.", {"/p-web1", "/p-web2"}),
        ("^/?p-web1", {"/p-web1"}),
        ("^/p-web1$", {"/p-web1"}),
        ("^web", set()),
        ("p-(", set()),
    ],
)
def test_names_are_patterns(client: Client, pattern: str, found: set[str]) -> None:
    for name in ("p-web1", "p-web2", "p-db1"):
        client.create(name)
    assert listed(client, "all=1", name=[pattern]) == found


def test_a_neighbour_in_time_does_not_show_what_has_stopped(client: Client) -> None:
    for name in ("first", "middle", "last"):
        client.run(name)
    client.create("never")
    for name in ("first", "last"):
        client.ask("POST", f"/containers/{name}/kill")
    assert listed(client, since=["first"]) == {"/middle"}
    assert listed(client, before=["last"]) == {"/middle"}
    assert listed(client, "all=1", since=["first"]) == {"/middle", "/last", "/never"}
    assert listed(client, exited=["137"]) == set()
    assert listed(client, "all=1", exited=["137"]) == {"/first", "/last"}
    assert listed(client, status=["exited"]) == {"/first", "/last"}
    assert listed(client, "limit=2") == {"/never", "/last"}


# Creation ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"StopSignal": "NOSUCH"}, 400, "invalid signal: NOSUCH"),
        ({"StopSignal": "TERM,INT"}, 400, "invalid signal: TERM,INT"),
        ({"Env": ["=foo"]}, 400, "invalid environment variable: =foo"),
        ({"Healthcheck": {"Interval": 1}}, 400, "Interval in Healthcheck cannot be less than 1ms"),
        ({"Healthcheck": {"Retries": -10}}, 400, "Retries in Healthcheck cannot be negative"),
        ({"HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "aa80"}]}}}, 400, 'invalid port specification: "aa80"'),
        ({"HostConfig": {"PortBindings": {"19039;1230": [{}]}}}, 400, "invalid JSON: invalid port '19039;1230': invalid syntax"),
        ({"HostConfig": {"VolumesFrom": ["nosuchcontainer"]}}, 400, "No such container: nosuchcontainer"),
        ({"HostConfig": {"PidMode": "container:nosuch"}}, 400, "No such container: nosuch"),
        ({"HostConfig": {"IpcMode": "container:nosuch"}}, 400, "No such container: nosuch"),
        ({"HostConfig": {"NetworkMode": "container"}}, 400, "invalid network mode: invalid container format container:<name|id>"),
        ({"HostConfig": {"CpusetCpus": "0-2147483647"}}, 400, "Invalid value 0-2147483647 for cpuset cpus: "),
        ({"Cmd": ["echo", "a\0b"]}, 400, 'invalid argument: "a\\x00b" contains a NUL byte'),
        ({"Image": "nothere", "StopSignal": "NOSUCH"}, 400, "invalid signal: NOSUCH"),
    ],
)
def test_creation_refuses(client: Client, fields: dict, status: int, sentence: str) -> None:
    answer = client.refused("POST", "/containers/create?name=box", {"Image": "busybox", **fields})
    assert (answer[0], answer[1][: len(sentence)]) == (status, sentence)
    assert client.ask("GET", "/containers/box/json")[0] == 404


@pytest.mark.parametrize("signal", ["SIGKILL", "9", "sigrtmin+3", "RTMAX-1"])
def test_a_stop_signal_may_be_said_in_many_ways(client: Client, signal: str) -> None:
    client.create("box", StopSignal=signal)
    assert client.inspect("box")["Config"]["StopSignal"] == signal


def test_what_was_left_open_is_said(client: Client) -> None:
    client.create("box", WorkingDir="/tmp/", Env=["A=1"], HostConfig={"Memory": 64 << 20})
    told = client.inspect("box")
    assert (told["Config"]["WorkingDir"], told["Config"]["Env"][0]) == ("/tmp", "A=1")
    host = told["HostConfig"]
    assert (host["MemorySwap"], host["RestartPolicy"]["Name"], host["OomKillDisable"]) == (128 << 20, "no", False)
    assert {"/proc/acpi", "/sys/firmware"} <= set(host["MaskedPaths"])
    assert host["ReadonlyPaths"] == ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    assert host["CgroupnsMode"] in ("host", "private")
    client.create("bare", HostConfig={"Privileged": True})
    client.create("open", HostConfig={"MaskedPaths": [], "ReadonlyPaths": ["/proc/irq"]})
    assert (client.inspect("bare")["HostConfig"]["MaskedPaths"], client.inspect("bare")["HostConfig"]["ReadonlyPaths"]) == (
        None,
        None,
    )
    assert client.inspect("open")["HostConfig"]["MaskedPaths"] == []
    assert client.inspect("open")["HostConfig"]["ReadonlyPaths"] == ["/proc/irq"]


def test_annotations_are_listed_for_clients_that_know_them(client: Client) -> None:
    client.create("box", HostConfig={"Annotations": {"foo": "bar"}})
    client.create("bare")
    _, entries = client.ask("GET", "/containers/json?all=1")
    assert {entry["Names"][0]: entry["HostConfig"].get("Annotations") for entry in entries} == {
        "/box": {"foo": "bar"},
        "/bare": None,
    }
    for version in ("v1.45", "v1.45"):
        _, entries = client.ask("GET", f"/{version}/containers/json?all=1")
        assert not [entry for entry in entries if "Annotations" in entry["HostConfig"]]


def test_docker_knows_its_runtime_as_runc(client: Client) -> None:
    client.run("box", HostConfig={"Runtime": "runc"})
    assert client.output("box", "echo", "runs") == "runs\n"
    assert client.inspect("box")["HostConfig"]["Runtime"] == "runc"
    runtimes = client.ask("GET", "/info")[1]["Runtimes"]
    assert {"ns", "runc", "io.containerd.runc.v2"} <= set(runtimes)
    answer = client.refused("POST", "/containers/create", {"Image": "busybox", "HostConfig": {"Runtime": "nope"}})
    assert answer == (400, "unknown or invalid runtime name: nope")


# Environment ------------------------------------------------------------------------------------------------------------


def test_an_exec_has_the_terminal_it_asks_for(client: Client) -> None:
    client.run("term", Tty=True, Env=["HOME="])
    client.run("pipe")
    for name in ("term", "pipe"):
        assert client.output(name, "sh", "-c", "echo [$TERM] $HOME") == "[] /root\n"
        assert client.output(name, "sh", "-c", "echo [$TERM] $HOME", Tty=True) == "[xterm] /root\r\n"
    assert client.output("term", "sh", "-c", "echo $HOME", User="www-data") == "/var/www\n"
    assert client.output("term", "sh", "-c", "echo $HOME", Env=["HOME=/x"]) == "/x\n"
    assert client.output("term", "sh", "-c", "echo $HOME", Env=["HOME="], User="0") == "/root\n"


# Namespaces of others ---------------------------------------------------------------------------------------------------


def test_what_joins_a_namespace_follows_a_rename(client: Client) -> None:
    owner = client.run("owner", HostConfig={"IpcMode": "shareable"})
    for kind, mode in (("NetworkMode", "net"), ("PidMode", "pid"), ("IpcMode", "ipc")):
        client.create(f"joins-{mode}", HostConfig={kind: "container:owner"})
        assert client.inspect(f"joins-{mode}")["HostConfig"][kind] == f"container:{owner}"
    assert client.ask("POST", "/containers/owner/rename?name=other")[0] == 204
    for mode in ("net", "pid", "ipc"):
        assert client.ask("POST", f"/containers/joins-{mode}/start") == (204, "")


def test_a_namespace_that_cannot_be_joined_is_named(client: Client) -> None:
    owner = client.create("owner", HostConfig={"IpcMode": "shareable"})
    client.create("joins-net", HostConfig={"NetworkMode": "container:owner"})
    client.create("joins-pid", HostConfig={"PidMode": "container:owner"})
    client.create("joins-ipc", HostConfig={"IpcMode": "container:owner"})
    client.create("selfish", HostConfig={"NetworkMode": "container:selfish"})
    client.create("early", HostConfig={"NetworkMode": "container:later"})
    sentences = {
        "joins-net": (409, "cannot join network namespace of a non running container: container owner is created"),
        "joins-pid": (500, f"failed to join PID namespace: container {owner} is not running"),
        "joins-ipc": (409, f"failed to join IPC namespace: container {owner} is not running"),
        "selfish": (409, "cannot join own network namespace"),
        "early": (409, "joining network namespace of container: No such container: later"),
    }
    assert {name: client.refused("POST", f"/containers/{name}/start") for name in sentences} == sentences
    client.run("later")
    assert client.ask("POST", "/containers/early/start") == (204, "")


def test_a_port_that_is_taken_is_a_failure_of_the_network(client: Client) -> None:
    ports = {"PortBindings": {"80/tcp": [{"HostPort": "8000"}]}}
    client.run("first", HostConfig=ports)
    client.create("second", HostConfig=ports)
    status, sentence = client.refused("POST", "/containers/second/start")
    assert status == 500
    assert sentence.startswith(
        "failed to set up container networking: driver failed programming external connectivity on endpoint "
    )
    assert client.inspect("second")["State"]["Error"] == sentence


# Update -----------------------------------------------------------------------------------------------------------------


def update(client: Client, **fields: object) -> tuple[int, object]:
    return client.ask("POST", "/containers/box/update", fields)


@pytest.mark.parametrize("runs", [False, True])
def test_updates_that_do_not_go_with_what_is_set(client: Client, runs: bool) -> None:
    identifier = (client.run if runs else client.create)("box", HostConfig={"Memory": 64 << 20, "NanoCpus": 500_000_000})
    swap = "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"
    for fields, sentence in (
        ({"Memory": 200 << 20}, swap),
        ({"CpuQuota": 80000}, "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set"),
        ({"CpuPeriod": 80000}, "Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set"),
    ):
        assert update(client, **fields) == (409, {"message": f"Cannot update container {identifier}: {sentence}"})
    assert update(client, NanoCpus=10**9, CpuQuota=80000) == (
        400,
        {"message": "Conflicting options: Nano CPUs and CPU Quota cannot both be set"},
    )
    assert update(client, Memory=128 << 20)[0] == 200
    assert update(client, Memory=200 << 20, MemorySwap=-1)[0] == 200
    host = client.inspect("box")["HostConfig"]
    assert (host["Memory"], host["MemorySwap"], host["NanoCpus"]) == (200 << 20, -1, 500_000_000)


@pytest.mark.parametrize("limit", [0, -1, -2])
def test_an_update_takes_the_limit_of_processes_away(client: Client, limit: int) -> None:
    client.run("box", HostConfig={"PidsLimit": 32})
    read = ("sh", "-c", "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null")
    assert client.output("box", *read) == "32\n"
    assert update(client, Memory=0)[0] == 200
    assert client.inspect("box")["HostConfig"]["PidsLimit"] == 32
    assert update(client, PidsLimit=limit)[0] == 200
    assert client.inspect("box")["HostConfig"]["PidsLimit"] == 0
    assert client.output("box", *read) == "max\n"


# Health -----------------------------------------------------------------------------------------------------------------


def test_a_probe_that_takes_too_long_says_how_long_it_had(client: Client) -> None:
    ms = 1_000_000
    check = {"Test": ["CMD-SHELL", "echo logs; sleep 60"], "Interval": 50 * ms, "Timeout": 250 * ms, "Retries": 1}
    client.run("box", Healthcheck=check)
    eventually(lambda: client.inspect("box")["State"]["Health"]["Log"])
    assert client.inspect("box")["State"]["Health"]["Log"][0]["Output"] == "Health check exceeded timeout (250ms): logs\n"


# Commit -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "changes", "expected"),
    [
        (None, [], {"Cmd": SLEEP, "Env": ["OWN=1", "PATH={path}"], "Labels": {"a": "b"}, "User": "www-data", "WorkingDir": "/tmp"}),
        ({"Labels": {"k": "v"}}, [], {"Cmd": SLEEP, "Labels": {"a": "b", "k": "v"}, "User": "www-data"}),
        ({"Env": ["NEW=2", "PATH=/x"]}, [], {"Env": ["NEW=2", "PATH=/x", "OWN=1"]}),
        ({"Entrypoint": ["top"]}, [], {"Entrypoint": ["top"], "Cmd": None}),
        ({"Cmd": ["ls"]}, [], {"Entrypoint": None, "Cmd": ["ls"]}),
        (None, ["ENV DEBUG true", "ENV PATH /foo"], {"Env": ["OWN=1", "PATH=/foo", "DEBUG=true"]}),
        (None, ["ENV PATH=/y:$PATH"], {"Env": ["OWN=1", "PATH=/y:{path}"]}),
        ({"WorkingDir": "/srv"}, ["WORKDIR sub", "LABEL a=c"], {"WorkingDir": "/srv/sub", "Labels": {"a": "c"}}),
    ],
)
def test_a_commit_keeps_what_it_is_not_told_otherwise(
    client: Client, body: dict | None, changes: list[str], expected: dict
) -> None:
    client.create("box", Env=["OWN=1"], Labels={"a": "b"}, User="www-data", WorkingDir="/tmp")
    path = next(variable for variable in client.inspect("box")["Config"]["Env"] if variable.startswith("PATH="))[5:]
    query = "&".join(["container=box", *(f"changes={quote(change)}" for change in changes)])
    status, answer = client.ask("POST", f"/commit?{query}", body)
    assert status == 201, answer
    try:
        told = client.ask("GET", f"/images/{answer['Id']}/json")[1]["Config"]
        text = json.dumps(expected).replace("{path}", path)
        assert {key: told.get(key) for key in expected} == json.loads(text)
        told = client.inspect("box")["Config"]
        assert (told["Cmd"], told["Labels"], told["Env"]) == (SLEEP, {"a": "b"}, ["OWN=1", f"PATH={path}"])
    finally:
        assert client.ask("DELETE", f"/images/{answer['Id']}")[0] == 200


# Words that say what could not be done -----------------------------------------------------------------------------------


def test_a_refusal_says_what_could_not_be_done(client: Client) -> None:
    identifier, other = client.create("box"), client.create("other")
    for name in ("box", identifier):
        answer = client.refused("POST", f"/containers/{name}/kill")
        assert answer == (409, f"cannot kill container: {name}: container {identifier} is not running")
    assert client.refused("POST", "/containers/nope/kill") == (404, "cannot kill container: nope: No such container: nope")
    assert client.refused("POST", "/containers/box/kill?signal=NOPE") == (400, "cannot kill container: box: invalid signal: NOPE")
    assert client.refused("POST", "/containers/nope/restart") == (404, "No such container: nope")
    client.create("broken", "nosuchprogram")
    status, sentence = client.refused("POST", "/containers/broken/restart")
    assert (status, sentence.startswith("Cannot restart container broken: ")) == (400, True)
    assert client.refused("POST", "/containers/box/rename?name=other") == (
        409,
        'Error when allocating new name: Conflict. The container name "/other" is already in use by container '
        f'"{other}". You have to remove (or rename) that container to be able to reuse that name.',
    )
    assert client.refused("POST", "/containers/box/rename?name=a%2Fb")[1].startswith(
        "Error when allocating new name: Invalid container name"
    )
    for name in ("box", "%2Fbox", "%20box"):
        answer = client.refused("POST", f"/containers/box/rename?name={name}")
        assert answer == (400, "Renaming a container with the same name as its current name")
    for name in ("", "%2F", "%20"):
        assert client.refused("POST", f"/containers/box/rename?name={name}") == (400, "Neither old nor new names may be empty")


@pytest.mark.parametrize(("version", "options"), [("v1.43", "rw"), ("v1.44", "ro")])
def test_older_clients_get_what_is_below_a_read_only_bind_writable(client: Client, version: str, options: str) -> None:
    body = {"Image": "busybox", "Cmd": SLEEP, "HostConfig": {"Binds": ["/dev:/host:ro"]}}
    assert client.ask("POST", f"/{version}/containers/create?name=box", body)[0] == 201
    assert client.ask("POST", "/containers/box/start")[0] == 204
    mounts = {line.split()[1]: line.split()[3].split(",") for line in client.output("box", "cat", "/proc/mounts").splitlines()}
    assert "ro" in mounts["/host"]
    assert options in mounts["/host/shm"]


def test_a_directory_cannot_be_executed(client: Client) -> None:
    client.create("box", "/etc")
    status, sentence = client.refused("POST", "/containers/box/start")
    assert (status, sentence[-len('exec: "/etc": is a directory: unknown: permission denied') :]) == (
        400,
        'exec: "/etc": is a directory: unknown: permission denied',
    )
    assert client.inspect("box")["State"]["ExitCode"] == 126
    client.run("other")
    assert client.output("other", "/etc").endswith("is a directory: unknown: permission denied\r\n")


@pytest.mark.parametrize(
    ("driver", "sentence"),
    [
        ("splunk", "failed to initialize logging driver: logger: no log driver named 'splunk' is registered"),
        ("nope", "logger: no log driver named 'nope' is registered"),
    ],
)
def test_a_log_driver_that_is_not_there(client: Client, driver: str, sentence: str) -> None:
    body = {"Image": "busybox", "HostConfig": {"LogConfig": {"Type": driver}}}
    assert client.refused("POST", "/containers/create?name=box", body) == (400, sentence)
