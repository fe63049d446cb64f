"""Networks that are but configurations, by the stock Docker CLI."""

import json

import pytest

from tests.daemon import Daemon
from tests.integration.networks.conftest import Docker

pytestmark = pytest.mark.privileged

MTU = "com.docker.network.driver.mtu"


def test_a_network_is_made_from_a_configuration_and_holds_it(docker: Docker, shared_daemon: Daemon) -> None:
    def refused(*words: str) -> str:
        return shared_daemon.docker(*words, check=False).stderr

    docker("network", "create", "--config-only", "--subnet", "10.78.0.0/24", "-o", f"{MTU}=1233", "--label", "a=b", "template")
    assert docker("network", "ls", "--filter", "name=template", "--format", "{{.Driver}}") == "null"
    docker("network", "create", "--config-from", "template", "made")
    made, template = json.loads(docker("network", "inspect", "made", "template"))
    assert (template["ConfigOnly"], template["ConfigFrom"]) == (True, {"Network": ""})
    assert template["IPAM"]["Config"] == [{"Subnet": "10.78.0.0/24"}]
    assert (made["ConfigOnly"], made["ConfigFrom"]) == (False, {"Network": "template"})
    assert (made["Driver"], made["Labels"], made["Options"]) == ("bridge", {"a": "b"}, {MTU: "1233"})
    assert made["IPAM"]["Config"] == [{"Subnet": "10.78.0.0/24", "Gateway": "10.78.0.1"}]
    assert "mtu 1233" in docker("run", "--rm", "--network", "made", "busybox", "ip", "link", "show", "eth0")
    assert "cannot create endpoint on configuration-only network" in refused("run", "--rm", "--network", "template", "busybox")
    assert 'configuration network "template" is in use' in refused("network", "rm", "template")
    assert "made" in docker("network", "prune", "-f")
    assert docker("network", "ls", "-q", "--filter", "name=template") != ""
    docker("network", "rm", "template")
