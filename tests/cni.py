"""Network configuration lists for tests."""

import json
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path


def write_bridge_list(
    directory: Path,
    name: str,
    *cidrs: IPv4Network | IPv6Network,
    version: str = "1.0.0",
    further: tuple[dict[str, object], ...] = (),
) -> str:
    """Write a list of bridge, host-local and portmap and return its name. Addresses that are in use are kept beside it."""
    bridge = {
        "type": "bridge",
        "bridge": f"cni-{name}",
        "isDefaultGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "capabilities": {"ips": True, "mac": True},
        "ipam": {"type": "host-local", "dataDir": str(directory / "leases"), "ranges": [[{"subnet": str(cidr)}] for cidr in cidrs]},
    }
    portmap = {"type": "portmap", "capabilities": {"portMappings": True}}
    document = {"cniVersion": version, "name": name, "plugins": [bridge, portmap, *further]}
    (directory / f"{name}.conflist").write_text(json.dumps(document))
    return name
