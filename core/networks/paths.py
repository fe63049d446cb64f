"""How packets reach what a container publishes."""

from core.networks.catalog import NetworkCatalog
from core.networks.record import ContainerEndpoints
from sdk.drivers.network import PathExplainer, PortPath
from sdk.errors import Unsupported


async def paths_of(catalog: NetworkCatalog, container_id: str, record: ContainerEndpoints) -> list[PortPath]:
    """Return the ways to a container's published ports, as their drivers tell. Raises Unsupported for a driver that cannot."""
    found: list[PortPath] = []
    for endpoint in record.endpoints:
        if not endpoint.ports:
            continue
        network = catalog.find(endpoint.network_id)
        driver = catalog.driver(network)
        if not isinstance(driver, PathExplainer):
            raise Unsupported(f"the network driver {network.config.driver} does not tell how packets reach published ports")
        found += await driver.explain(network.spec(), endpoint.endpoint(container_id))
    return found
