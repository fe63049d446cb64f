"""Wire structs against the published definitions: no field of ours is unknown to Docker, and none it requires is missing."""

import msgspec
import pytest

from plugins.api_docker.models import containers, disk_usage, images, networks, stats, system, volumes
from sdk.docker.bodies import HostConfig
from tests import definitions

pytestmark = pytest.mark.skipif(
    not definitions.published(), reason="no published API definitions here, nor named by DOCKER_API_SWAGGER"
)

STRUCTS = [
    ("ContainerSummary", containers.ContainerSummary, {"Status", "Health"}),
    ("ContainerInspectResponse", containers.ContainerInspect, {"Storage"}),
    ("ContainerState", containers.State, set()),
    ("NetworkSettings", containers.NetworkSettings, set()),
    ("EndpointSettings", containers.EndpointSettings, set()),
    ("MountPoint", containers.MountPoint, set()),
    ("PortSummary", containers.Port, set()),
    ("HostConfig", HostConfig, {"IOMaximumIOps", "IOMaximumBandwidth", "CpuCount", "CpuPercent"}),
    ("ContainerStatsResponse", stats.Stats, set()),
    ("ContainerMemoryStats", stats.MemoryStats, {"commitbytes", "commitpeakbytes", "privateworkingset"}),
    ("ContainerCPUStats", stats.CPUStats, set()),
    ("ContainerBlkioStats", stats.BlkioStats, set()),
    ("ImageSummary", images.ImageSummary, set()),
    ("ImageInspect", images.ImageInspect, set()),
    ("AttestationStatement", images.AttestationStatement, set()),
    ("ImageManifestSummary", images.ManifestSummary, set()),
    ("ImageConfig", images.ImageConfig, set()),
    ("ImagesDiskUsage", disk_usage.Usage, set()),
    ("ContainersDiskUsage", disk_usage.Usage, set()),
    ("VolumesDiskUsage", disk_usage.Usage, set()),
    ("BuildCacheDiskUsage", disk_usage.Usage, set()),
    ("NetworkInspect", networks.Network, {"Peers", "Services"}),
    ("NetworkStatus", networks.NetworkStatus, set()),
    ("IPAMStatus", networks.IPAMStatus, set()),
    ("SubnetStatus", networks.SubnetStatus, set()),
    ("EndpointResource", networks.NetworkContainer, set()),
    ("IPAM", networks.IPAM, set()),
    ("IPAMConfig", networks.AddressPool, set()),
    ("Volume", volumes.Volume, {"Status", "ClusterVolume"}),
    ("SystemInfo", system.Info, {"Containerd", "NRI"}),
    ("SystemVersion", system.Version, set()),
    ("SwarmInfo", system.Swarm, {"Nodes", "Managers", "Cluster"}),
    ("RegistryServiceConfig", system.RegistryConfig, set()),
    ("PluginsInfo", system.PluginNames, set()),
    ("EventMessage", system.EventMessage, set()),
]
"""Definition, struct, and what we knowingly leave out."""

BEYOND = {
    "ContainerInspectResponse": {"ImageManifestDescriptor"},
    "ContainerSummary": {"ImageManifestDescriptor"},
    "ImageSummary": {"VirtualSize"},
    "ImageInspect": {"VirtualSize", "Container", "ContainerConfig", "Parent", "DockerVersion"},
    "EventMessage": {"status", "id", "from"},
    "SystemInfo": {"CpuCfsPeriod", "BridgeNfIp6tables", "BridgeNfIptables"},
}
"""Fields of other API versions."""


def published(name: str) -> tuple[set[str], set[str]]:
    """Return the properties of a definition, and those it requires."""
    definition = definitions.newest()["definitions"][name]
    parts = [definition, *definition.get("allOf", [])]
    properties: set[str] = set()
    required: set[str] = set()
    for part in parts:
        if "$ref" in part:
            more, needed = published(part["$ref"].rpartition("/")[2])
            properties |= more
            required |= needed
        properties |= set(part.get("properties", {}))
        required |= set(part.get("required", []))
    return properties, required


@pytest.mark.parametrize(("name", "struct", "left_out"), STRUCTS, ids=[name for name, _, _ in STRUCTS])
def test_fields_are_dockers(name: str, struct: type[msgspec.Struct], left_out: set[str]) -> None:
    properties, required = published(name)
    ours = {field.encode_name for field in msgspec.structs.fields(struct)}
    assert ours - properties <= BEYOND.get(name, set())
    assert properties - ours <= left_out | BEYOND.get(name, set())
    assert required - ours <= left_out
