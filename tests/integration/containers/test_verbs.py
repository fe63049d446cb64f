"""What the verbs of a container answer, by the API of a real daemon: dockerd's statuses, sentences and events."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.asking import SLEEP, Client, eventually

pytestmark = pytest.mark.privileged


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


# Health -----------------------------------------------------------------------------------------------------------------


def test_a_probe_that_takes_too_long_says_how_long_it_had(client: Client) -> None:
    ms = 1_000_000
    check = {"Test": ["CMD-SHELL", "echo logs; sleep 60"], "Interval": 50 * ms, "Timeout": 250 * ms, "Retries": 1}
    client.run("box", Healthcheck=check)
    eventually(lambda: client.inspect("box")["State"]["Health"]["Log"])
    assert client.inspect("box")["State"]["Health"]["Log"][0]["Output"] == "Health check exceeded timeout (250ms): logs\n"


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


def test_an_update_throttles_block_devices_for_clients_that_know_it(client: Client, tmp_path: Path) -> None:
    numbers = sorted(Path("/sys/block").glob("*/dev"))[0].read_text().strip()
    major, minor = map(int, numbers.split(":"))
    node = tmp_path / "disk"
    os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(major, minor))
    client.run("box")
    throttles = {"BlkioDeviceReadBps": [{"Path": str(node), "Rate": 5242880}]}
    assert client.ask("POST", "/v1.54/containers/box/update", throttles)[0] == 200
    assert client.inspect("box")["HostConfig"]["BlkioDeviceReadBps"] == []
    assert client.ask("POST", "/v1.55/containers/box/update", throttles)[0] == 200
    assert client.inspect("box")["HostConfig"]["BlkioDeviceReadBps"] == throttles["BlkioDeviceReadBps"]
    files = "/sys/fs/cgroup/blkio/blkio.throttle.read_bps_device /sys/fs/cgroup/io.max"
    assert numbers in client.output("box", "sh", "-c", f"grep -h 5242880 {files} 2>/dev/null")


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_path_with_a_nul_byte_is_refused(client: Client, method: str) -> None:
    client.create("box")
    assert client.refused(method, "/containers/box/archive?path=/a%00b") == (
        400,
        'invalid argument: "/a\\x00b" contains a NUL byte',
    )
    assert client.daemon.request("HEAD", "/containers/box/archive?path=%00")[0] == 400
    assert client.refused(method, "/containers/nope/archive?path=%00")[0] == 404
