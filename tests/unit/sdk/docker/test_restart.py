"""Restart policies by the names clients give them."""

import pytest

from sdk.docker import bodies
from sdk.docker.restart import parse_restart, shown_restart
from sdk.engine.config import RestartKind, RestartPolicy
from sdk.errors import InvalidArgument


@pytest.mark.parametrize("name", ["no", "always", "unless-stopped", "on-failure"])
def test_policies(name: str):
    policy = parse_restart(bodies.RestartPolicy(name, 3))
    assert policy == RestartPolicy(RestartKind(name), 3)
    assert shown_restart(policy) == bodies.RestartPolicy(name, 3)


def test_no_name_is_no_restart():
    assert shown_restart(parse_restart(bodies.RestartPolicy())) == bodies.RestartPolicy("no")


def test_what_is_no_policy_is_refused_in_dockers_words():
    with pytest.raises(InvalidArgument) as refused:
        parse_restart(bodies.RestartPolicy("sometimes"))
    assert refused.value.message == (
        "invalid restart policy: unknown policy 'sometimes'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
    )
