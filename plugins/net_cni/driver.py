"""The CNI driver: networks as an administrator's network configuration lists describe them, made by CNI plugins."""

from collections.abc import Sequence

from plugins.net_cni.datapath import Datapath
from sdk.drivers.network import AddressChooser, NetworkSpec, Subnet
from sdk.network.blocking import BlockingDriver


class CniDriver(BlockingDriver, AddressChooser):
    """A list says which subnets a network has."""

    def __init__(self, datapath: Datapath) -> None:
        super().__init__(datapath)
        self._lists = datapath

    async def subnets(self, network: NetworkSpec) -> Sequence[Subnet]:
        return await self.in_thread(lambda: self._lists.subnets(network))
