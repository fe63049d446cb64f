"""Restart policies: what `--restart` names."""

from sdk.docker import bodies
from sdk.engine.config import RestartKind, RestartPolicy
from sdk.errors import InvalidArgument


def parse_restart(policy: bodies.RestartPolicy) -> RestartPolicy:
    """Read `RestartPolicy`; no name is no restart. Raises InvalidArgument."""
    try:
        return RestartPolicy(RestartKind(policy.name or RestartKind.NO), policy.maximum_retry_count)
    except ValueError:
        raise InvalidArgument(
            f"invalid restart policy: unknown policy '{policy.name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
        ) from None


def shown_restart(policy: RestartPolicy) -> bodies.RestartPolicy:
    """Return a policy as clients read it."""
    return bodies.RestartPolicy(policy.kind, policy.maximum_retry_count)
