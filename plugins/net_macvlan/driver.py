"""The macvlan driver: each container is a host of its own on the network of one of this host's links."""

from collections.abc import Mapping

from plugins.net_macvlan.options import has_parent
from sdk.drivers.network import ExternalNetworks
from sdk.network.blocking import BlockingDriver


class MacvlanDriver(BlockingDriver, ExternalNetworks):
    """Networks without a parent lead nowhere."""

    async def is_secluded(self, options: Mapping[str, str]) -> bool:
        return not has_parent(options)
