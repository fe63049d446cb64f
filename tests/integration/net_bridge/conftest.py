"""The driver in a network of the test's own, and a host beside it."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from plugins.net_bridge.plugin import open_driver
from plugins.net_bridge.settings import BridgeSettings
from sdk.drivers.network import Sandbox
from sdk.testing.context import plugin_context
from sdk.testing.contracts.network import Bench, inside
from tests.asking import eventually

FRAMES = [Path(f"/proc/sys/net/bridge/bridge-nf-call-{family}tables") for family in ("ip", "ip6")]


@pytest.fixture(autouse=True)
def alone(own_network: None) -> None:
    """Each test here runs in a network of its own."""


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_driver(plugin_context("net_bridge", tmp_path), BridgeSettings()) as driver:
        bench = Bench(driver)
        yield bench
        await bench.clear()


@pytest.fixture(params=["with br_netfilter", "without"])
def bridge_filter(request: pytest.FixtureRequest) -> bool:
    """Kernels where bridged frames pass the IP filter, and where they do not."""
    wanted = request.param == "with br_netfilter"
    if FRAMES[0].exists():
        for switch in FRAMES:
            switch.write_text("1" if wanted else "0")
    elif wanted:
        pytest.skip("the module br_netfilter is not loaded")
    return wanted


@pytest.fixture
def remote() -> Iterator[Sandbox]:
    """Another host: 192.0.2.2 and fd00:2::2 on a link of its own, where we are 192.0.2.1 and fd00:2::1. It routes everything by us."""
    process = subprocess.Popen(["unshare", "--net", "sleep", "60"])
    try:
        _until_unshared(process.pid)
        ip("link", "add", "lan0", "type", "veth", "peer", "name", "eth0", "netns", str(process.pid))
        host = Sandbox(f"/proc/{process.pid}/ns/net")
        _give_addresses("lan0", 1)
        with inside(host):
            _give_addresses("eth0", 2)
            ip("route", "add", "default", "via", "192.0.2.1")
            ip("-6", "route", "add", "default", "via", "fd00:2::1")
        yield host
    finally:
        process.kill()
        process.wait()


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _give_addresses(interface: str, number: int) -> None:
    ip("link", "set", interface, "up")
    ip("address", "add", f"192.0.2.{number}/24", "dev", interface)
    ip("address", "add", f"fd00:2::{number}/64", "dev", interface, "nodad")


def _until_unshared(pid: int) -> None:
    eventually(lambda: os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/thread-self/ns/net"))
