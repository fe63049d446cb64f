"""Many networks and containers made and removed at once: nothing leaks, and no address is handed out twice."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

_WORKERS = 12


def call(daemon: Daemon, method: str, path: str, body: object = None) -> dict:
    status, answer = daemon.request(method, path, body)
    assert status < 300, (method, path, status, answer)
    return json.loads(answer) if answer.strip() else {}


def run(daemon: Daemon, number: int, networks: list[str]) -> tuple[str, str, list[tuple[str, str]]]:
    """Start a container on a network and connect it to the next; return its ID, its port of the host, and its address on each network."""
    first, second = networks[number % len(networks)], networks[(number + 1) % len(networks)]
    body = {"Image": "busybox", "Cmd": ["sleep", "1000"], "HostConfig": {"NetworkMode": first, "PortBindings": {"80/tcp": [{}]}}}
    container = call(daemon, "POST", f"/containers/create?name=c{number}", body)["Id"]
    call(daemon, "POST", f"/containers/{container}/start")
    call(daemon, "POST", f"/networks/{second}/connect", {"Container": container})
    settings = call(daemon, "GET", f"/containers/{container}/json")["NetworkSettings"]
    addresses = [(place["NetworkID"], place["IPAddress"]) for place in settings["Networks"].values()]
    return container, settings["Ports"]["80/tcp"][0]["HostPort"], addresses


def storm(daemon: Daemon, networks: int, containers: int) -> None:
    names = [f"n{number}" for number in range(networks)]
    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(lambda name: call(daemon, "POST", "/networks/create", {"Name": name}), names))
        subnets = [network["IPAM"]["Config"][0]["Subnet"] for network in daemon.json("/networks") if network["IPAM"]["Config"]]
        assert len(set(subnets)) == networks + 1
        made = list(pool.map(lambda number: run(daemon, number, names), range(containers)))
        addresses = [address for _, _, places in made for address in places]
        assert len(set(addresses)) == len(addresses) == 2 * containers
        assert len({port for _, port, _ in made}) == containers
        list(pool.map(lambda one: call(daemon, "DELETE", f"/containers/{one[0]}?force=1"), made))
        list(pool.map(lambda name: call(daemon, "DELETE", f"/networks/{name}"), names))
    assert [network["Name"] for network in daemon.json("/networks")] == ["bridge", "host", "none"]
    daemon.assert_clean()


def test_networks_and_containers_at_once(shared_daemon: Daemon) -> None:
    storm(shared_daemon, networks=20, containers=40)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_networks_and_two_hundred_containers(shared_daemon: Daemon) -> None:
    storm(shared_daemon, networks=100, containers=200)


def test_one_name_is_given_once(shared_daemon: Daemon) -> None:
    def fight(_: int) -> int:
        status, _ = shared_daemon.request("POST", "/networks/create", {"Name": "same"})
        return status

    with ThreadPoolExecutor(_WORKERS) as pool:
        assert sorted(pool.map(fight, range(12))) == [201] + [409] * 11
    call(shared_daemon, "DELETE", "/networks/same")
