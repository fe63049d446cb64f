import pytest

from plugins.api_docker.bodies import JSON
from plugins.api_docker.convert.create import create_request, update_request
from sdk.engine.config import EndpointConfig, RestartPolicy
from sdk.errors import InvalidArgument


def request(**body: JSON):
    return create_request({"Image": "busybox", **body}, "", None)


@pytest.mark.parametrize("mode", ["", "default", "bridge"])
def test_the_clis_default_endpoint_is_the_bridge(mode: str) -> None:
    made = request(HostConfig={"NetworkMode": mode}, NetworkingConfig={"EndpointsConfig": {"default": {"Aliases": ["a"]}}})
    assert made.host_config.network_mode == "bridge"
    assert made.networks == {"bridge": EndpointConfig(aliases=("a",))}


def test_the_default_endpoint_follows_the_network_mode() -> None:
    made = request(HostConfig={"NetworkMode": "mine"}, NetworkingConfig={"EndpointsConfig": {"default": {}, "other": {}}})
    assert set(made.networks) == {"mine", "other"}


@pytest.mark.parametrize(("pids", "expected"), [(0, None), (-1, None), (7, 7)])
def test_no_pids_limit_has_two_spellings(pids: int, expected: int | None) -> None:
    assert request(HostConfig={"PidsLimit": pids}).host_config.pids_limit == expected


def test_what_the_cli_sends_for_unset_is_unset() -> None:
    host = request(HostConfig={"MemorySwappiness": -1, "OomKillDisable": False}).host_config
    assert (host.memory_swappiness, host.oom_kill_disable) == (None, None)
    host = request(HostConfig={"MemorySwappiness": 0, "OomKillDisable": True}).host_config
    assert (host.memory_swappiness, host.oom_kill_disable) == (0, True)


def test_commands_may_be_one_string() -> None:
    config = request(Cmd="ls", Entrypoint="sh").config
    assert (config.cmd, config.entrypoint) == (("ls",), ("sh",))


@pytest.mark.parametrize(("given", "kept"), [([""], ("",)), ([], ()), (["a", "b"], ("a", "b"))])
def test_a_reset_entrypoint_is_passed_through(given: list[JSON], kept: tuple[str, ...]) -> None:
    assert request(Entrypoint=given).config.entrypoint == kept


def test_unknown_fields_are_ignored_and_wrong_ones_refused() -> None:
    assert request(Whatever=1, HostConfig={"CpuCount": 0}).config.image == "busybox"
    with pytest.raises(InvalidArgument, match="invalid JSON"):
        request(HostConfig={"Memory": "1g"})
    with pytest.raises(InvalidArgument, match="invalid JSON"):
        request(HostConfig=[])


def test_an_update_keeps_what_is_zero_or_unnamed() -> None:
    changes = update_request({"Memory": 0, "CpusetCpus": "", "NanoCpus": 5, "PidsLimit": -1, "RestartPolicy": {"Name": ""}})
    assert (changes.memory, changes.cpuset_cpus, changes.nano_cpus, changes.pids_limit, changes.restart_policy) == (
        None,
        None,
        5,
        -1,
        None,
    )
    assert update_request({"RestartPolicy": {"Name": "always"}}).restart_policy == RestartPolicy("always")
