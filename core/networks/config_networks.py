"""Networks that are but configurations: templates that others are made from, which no container can join."""

from collections.abc import Iterable
from dataclasses import replace

from core.networks.record import NetworkRecord
from sdk.engine.networks import NetworkCreate
from sdk.errors import NotFound, PermissionDenied

CONFIG_DRIVER = "null"
"""What clients see as the driver of a configuration, whichever one a client named."""


def check_kind(request: NetworkCreate) -> None:
    """Raise PermissionDenied for a request that mixes what a configuration may hold with what a network has for itself."""
    if request.config_only:
        _check_config(request)
    elif request.config_from:
        _check_dependent(request)
    if request.scope == "swarm":
        raise PermissionDenied("cannot create a swarm scoped network when swarm is not active")
    if request.ingress:
        raise PermissionDenied("Ingress network can only be global scope network")


def configured(request: NetworkCreate, known: Iterable[NetworkRecord]) -> NetworkCreate:
    """Return a request with what the configuration says that it names, if it names one. Raises NotFound."""
    if not request.config_from:
        return request
    template = next((record.config for record in known if record.config_only and record.name == request.config_from), None)
    if template is None:
        raise NotFound(f'configuration network "{request.config_from}" does not exist')
    return replace(
        request,
        subnets=template.subnets,
        ipam_driver=template.ipam_driver,
        ipam_options=template.ipam_options or request.ipam_options,
        options=template.options,
        labels=template.labels,
        ipv4=template.ipv4,
        ipv6=template.ipv6,
    )


def check_unused(record: NetworkRecord, known: Iterable[NetworkRecord]) -> None:
    """Raise PermissionDenied for a configuration that networks were made from which still exist."""
    if record.config_only and any(other.config.config_from == record.name for other in known):
        raise PermissionDenied(f'error while removing network: configuration network "{record.name}" is in use')


def check_joinable(network: NetworkRecord) -> None:
    """Raise PermissionDenied for a network that is but a configuration."""
    if network.config_only:
        raise PermissionDenied("cannot create endpoint on configuration-only network")


def _check_config(request: NetworkCreate) -> None:
    if request.internal or request.attachable or request.ingress or request.scope:
        raise PermissionDenied(
            "configuration network can only contain network specific fields."
            " Network operator fields like [ ingress | internal | attachable | scope ] are not supported."
        )
    if request.config_from:
        raise PermissionDenied("a configuration network cannot depend on another configuration network")


def _check_dependent(request: NetworkCreate) -> None:
    """Raise PermissionDenied if a network that is to be made from a configuration has settings of its own beside that."""
    if (
        request.ipam_driver not in ("", "default")
        or request.ipam_options
        or request.subnets
        or request.labels
        or not request.ipv4
        or request.ipv6
    ):
        raise PermissionDenied("user-specified configurations are not supported if the network depends on a configuration network")
    if request.options:
        raise PermissionDenied("network driver options are not supported if the network depends on a configuration network")
