"""A container's configuration over its image's, by Docker's rules."""

import pytest

from core.containers.life.merge import command_line, merge, merge_env, merge_healthcheck, with_home
from sdk.engine.config import ContainerConfig
from sdk.errors import InvalidArgument
from sdk.oci.image import ExecutionConfig, HealthcheckConfig

IMAGE = ExecutionConfig(
    entrypoint=("/entry",), cmd=("serve",), env=("A=1", "PATH=/bin"), user="www", labels={"k": "image", "own": "x"}
)


@pytest.mark.parametrize(
    ("config", "argv"),
    [
        (ContainerConfig(), ("/entry", "serve")),
        (ContainerConfig(cmd=("other",)), ("/entry", "other")),
        (ContainerConfig(entrypoint=("sh",)), ("sh",)),
        (ContainerConfig(entrypoint=("sh",), cmd=("-c", "true")), ("sh", "-c", "true")),
        (ContainerConfig(entrypoint=("",), cmd=("ls",)), ("ls",)),
        (ContainerConfig(entrypoint=()), ("serve",)),
    ],
)
def test_command_line(config, argv):
    assert command_line(merge(config, IMAGE)) == argv


def test_no_command_is_refused():
    with pytest.raises(InvalidArgument, match="no command specified"):
        merge(ContainerConfig(), ExecutionConfig())


def test_env_is_overridden_by_name_and_removed_by_a_bare_name():
    assert merge_env(("A=1", "B=2", "C=3"), ("B=own", "C", "D=4")) == ("A=1", "B=own", "D=4")
    assert merge_env(("A=1", "B=2"), ("C=3", "A=own", "C=last")) == ("A=own", "B=2", "C=last")


@pytest.mark.parametrize(
    ("env", "after"),
    [
        ((), ("HOME=/root",)),
        (("HOME=", "A=1"), ("A=1", "HOME=/root")),
        (("HOME=/x", "A=1"), ("HOME=/x", "A=1")),
        (("HOMELY=1",), ("HOMELY=1", "HOME=/root")),
    ],
)
def test_nobody_is_without_a_home(env, after):
    assert with_home(env, "/root") == after


def test_labels_and_user():
    merged = merge(ContainerConfig(labels={"k": "mine"}), IMAGE)
    assert merged.labels == {"k": "mine", "own": "x"}
    assert merged.user == "www"
    assert merge(ContainerConfig(user="0"), IMAGE).user == "0"


def test_healthcheck_fields_are_merged_and_none_switches_off():
    image = HealthcheckConfig(test=("CMD", "probe"), interval=5, retries=2)
    assert merge_healthcheck(HealthcheckConfig(interval=9), image) == HealthcheckConfig(
        test=("CMD", "probe"), interval=9, retries=2
    )
    assert merge_healthcheck(HealthcheckConfig(test=("NONE",)), image) == HealthcheckConfig(test=("NONE",))
    assert merge_healthcheck(None, image) is image


def test_a_bare_name_stays_in_the_configuration():
    assert merge(ContainerConfig(env=("A", "B=2")), IMAGE).env == ("A", "B=2", "PATH=/bin")
