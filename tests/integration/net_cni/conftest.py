"""A daemon with network configuration lists of its own, and plugins that are easily spoilt beside Debian's."""

import time
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from tests.cni import write_bridge_list
from tests.conftest import DaemonFactory
from tests.daemon import Daemon

SLOW = """\
#!/bin/sh
# Takes its time to add; what it works on it leaves as it is.
test $CNI_COMMAND = ADD || exit 0
touch {flag}
python3 -c 'import json, sys, time; result = json.load(sys.stdin)["prevResult"]; time.sleep(2); print(json.dumps(result))'
"""
FAILING = """\
#!/bin/sh
test $CNI_COMMAND = ADD || exit 0
echo '{"cniVersion": "1.0.0", "code": 100, "msg": "the cable is cut", "details": "by a digger"}'
exit 1
"""


class Cni:
    """Where the lists, the leases and the plugins of a test are."""

    def __init__(self, directory: Path, daemon: Daemon) -> None:
        self.directory = directory
        self.daemon = daemon

    def write(self, name: str, number: int, *further: dict[str, object], version: str = "1.0.0") -> str:
        """Write a list with the subnet 10.88.<number>.0/24."""
        return write_bridge_list(self.directory, name, IPv4Network(f"10.88.{number}.0/24"), version=version, further=further)

    def program(self, name: str, text: str) -> None:
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o755)

    def leases(self) -> list[str]:
        """Return the addresses that host-local holds."""
        return sorted(path.name for path in (self.directory / "leases").glob("*/10.*"))

    def rules(self) -> str:
        """Return the rules of NAT that stand for a container."""
        rules = self.daemon.run("iptables-save", "-t", "nat").stdout
        return "\n".join(line for line in rules.splitlines() if ' id: \\"' in line)

    def nothing_left(self) -> bool:
        return self.leases() == [] and self.rules() == "" and "cni-" not in self.daemon.run("ip", "link").stdout


@pytest.fixture
def cni(tmp_path: Path, start_daemon: DaemonFactory) -> Iterator[Cni]:
    config = f'[plugins.net_cni]\nconf_dir = "{tmp_path}"\nbin_dirs = ["/usr/lib/cni", "{tmp_path}"]\n'
    with start_daemon(config=config) as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        yield Cni(tmp_path, daemon)


def cat(daemon: Daemon, address: str, port: int) -> str:
    """Return what a server says, asked from the host; one that has just been started gets time to listen."""
    words = ["busybox", "nc", "-w", "2", address, str(port)]
    deadline = time.monotonic() + 30
    while not (said := daemon.run(*words, check=False).stdout.strip()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return said
