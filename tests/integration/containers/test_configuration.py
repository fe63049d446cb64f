"""What a container is made, updated and committed with, by the API of a real daemon: dockerd's checks and defaults."""

import json
from urllib.parse import quote

import pytest

from tests.asking import SLEEP, Client

pytestmark = pytest.mark.privileged


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
        (None, ['ENV X="a\u2028b"\r\n\nLABEL a=c'], {"Env": ["OWN=1", "PATH={path}", "X=a\u2028b"], "Labels": {"a": "c"}}),
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


@pytest.mark.parametrize("place", ["{root}", "{root}/volumes", "/"])
def test_a_bind_that_sees_the_daemons_root_follows_its_mounts(client: Client, place: str) -> None:
    root = client.ask("GET", "/info")[1]["DockerRootDir"]
    source = place.format(root=root)
    client.run("box", HostConfig={"Binds": [f"{source}:/host"]})
    assert client.inspect("box")["Mounts"][0]["Propagation"] == "rslave"
    for propagation, status in (("rprivate", 400), ("slave", 400), ("rslave", 201)):
        mount = {"Type": "bind", "Source": source, "Target": "/host", "BindOptions": {"Propagation": propagation}}
        body = {"Image": "busybox", "HostConfig": {"Mounts": [mount]}}
        assert client.ask("POST", "/containers/create", body)[0] == status


def test_an_anonymous_volume_of_a_mount_is_shown_as_docker_does(client: Client) -> None:
    client.create("box", Volumes={"/plain": {}}, HostConfig={"Mounts": [{"Type": "volume", "Target": "/foo/"}]})
    assert {mount["Destination"]: mount["Mode"] for mount in client.inspect("box")["Mounts"]} == {"/foo": "z", "/plain": ""}
