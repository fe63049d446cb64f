import json
from dataclasses import replace

import msgspec
import pytest

from plugins.api_docker.convert.containers import container_inspect
from plugins.api_docker.convert.summaries import SummaryEncoder, command_line, status
from plugins.api_docker.versions import ApiVersion
from sdk.docker import bodies
from sdk.docker.create import opaque
from sdk.engine.config import ContainerConfig, EndpointConfig, HostConfig
from sdk.engine.containers import ContainerInfo, ContainerState, Health, HealthProbe, HealthStatus, MountPoint, NetworkAttachment
from sdk.engine.modes import network_named
from sdk.oci.descriptor import Descriptor, Platform

SECOND = 10**9
NOW = 1_000 * SECOND


def info(**changes: object) -> ContainerInfo:
    made = ContainerInfo(
        id="a" * 64,
        name="x",
        created_ns=SECOND,
        path="sh",
        args=(),
        image_id="sha256:" + "b" * 64,
        image="busybox",
        platform=Platform("amd64"),
        config=ContainerConfig(),
        host_config=HostConfig(network_mode=network_named("bridge")),
        state=ContainerState.RUNNING,
        pid=1,
        exit_code=0,
        error="",
        oom_killed=False,
        started_ns=NOW - 180 * SECOND,
        finished_ns=NOW - 5 * SECOND,
        restart_count=0,
        health=None,
        mounts=(),
        networks={},
        ports=(),
        sandbox_path="/proc/1/ns/net",
        log_path="",
        directory="/d",
        storage_driver="overlay",
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Up 3 minutes"),
        ({"health": Health(HealthStatus.HEALTHY)}, "Up 3 minutes (healthy)"),
        ({"health": Health(HealthStatus.UNHEALTHY)}, "Up 3 minutes (unhealthy)"),
        ({"health": Health(HealthStatus.STARTING)}, "Up 3 minutes (health: starting)"),
        ({"health": Health(HealthStatus.NONE)}, "Up 3 minutes"),
        ({"state": ContainerState.PAUSED}, "Up 3 minutes (Paused)"),
        ({"state": ContainerState.EXITED}, "Exited (0) 5 seconds ago"),
        ({"state": ContainerState.EXITED, "exit_code": 137}, "Exited (137) 5 seconds ago"),
        ({"state": ContainerState.RESTARTING, "exit_code": 1}, "Restarting (1) 5 seconds ago"),
        ({"state": ContainerState.CREATED}, "Created"),
        ({"state": ContainerState.REMOVING}, "Removal In Progress"),
        ({"state": ContainerState.DEAD}, "Dead"),
    ],
)
def test_states_in_words(changes: dict[str, object], words: str) -> None:
    assert status(info(**changes), NOW) == words


def test_a_list_is_one_json_array_with_a_fresh_status() -> None:
    encoder = SummaryEncoder()
    assert encoder.encode([]) == b"[]\n"
    first, second = info(), info(id="c" * 64, state=ContainerState.EXITED)
    entries = json.loads(encoder.encode([first, second]))
    assert [entry["Id"][0] for entry in entries] == ["a", "c"]
    assert entries[1]["Status"].startswith("Exited (0)")


def test_an_entry_is_encoded_anew_when_its_info_is_another_object() -> None:
    encoder = SummaryEncoder()
    before = info()
    encoder.encode([before])
    after = replace(before, name="y")
    assert json.loads(encoder.encode([after]))[0]["Names"] == ["/y"]
    assert json.loads(encoder.encode([before]))[0]["Names"] == ["/x"]


def test_the_encoder_forgets_what_is_listed_no_more() -> None:
    encoder = SummaryEncoder()
    for number in range(500):
        encoder.encode([info(name=f"x{number}")])
    assert len(encoder._cache) < 100


def test_what_older_clients_do_not_know_is_left_out_whoever_asked_before() -> None:
    encoder = SummaryEncoder()
    manifest = Descriptor("application/vnd.oci.image.manifest.v1+json", "sha256:" + "d" * 64, 7, Platform("arm64"))
    shown = info(manifest=manifest, host_config=HostConfig(network_mode=network_named("bridge"), annotations={"a": "b"}))
    for version in ((1, 47), (1, 55), (1, 45), (1, 48), (1, 46), (1, 44)):
        (entry,) = json.loads(encoder.encode([shown], ApiVersion(*version)))
        assert ("ImageManifestDescriptor" in entry) is (version >= (1, 48))
        assert ("Annotations" in entry["HostConfig"]) is (version >= (1, 46))
    (entry,) = json.loads(encoder.encode([shown]))
    assert entry["ImageManifestDescriptor"] == {
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": 7,
        "platform": {"architecture": "arm64", "os": "linux"},
    }


@pytest.mark.parametrize(("words", "shown"), [(("sh",), "sh"), (("sh", "-c", "a b"), "sh -c 'a b'"), (("a b", "c"), "a b c")])
def test_commands_are_quoted_as_docker_does(words: tuple[str, ...], shown: str) -> None:
    assert command_line(words[0], words[1:]) == shown


def test_inspect_tells_the_bridge_twice_until_api_1_51() -> None:
    place = NetworkAttachment("n", EndpointConfig(aliases=("a",)), "e", "02:42:ac:11:00:02", "172.17.0.2", 16, "172.17.0.1")
    container = info(networks={"bridge": place}, config=ContainerConfig(mac_address="02:42:ac:11:00:02"))
    newer = msgspec.to_builtins(container_inspect(container, ApiVersion(1, 52)))
    assert newer["NetworkSettings"].keys() == {"SandboxID", "SandboxKey", "Ports", "Networks"}
    assert not {"MacAddress", "OnBuild"} & newer["Config"].keys()
    older = msgspec.to_builtins(container_inspect(container, ApiVersion(1, 51)))
    assert (older["Config"]["MacAddress"], older["Config"]["OnBuild"]) == ("02:42:ac:11:00:02", None)
    settings = container_inspect(container, ApiVersion(1, 51)).network_settings
    assert (settings.ip_address, settings.gateway, settings.ip_prefix_len) == ("172.17.0.2", "172.17.0.1", 16)
    assert settings.networks["bridge"].aliases == ("a",)
    assert len(settings.sandbox_id) == 64
    assert settings.sandbox_key == "/proc/1/ns/net"


@pytest.mark.parametrize("mode", ["bridge", "web", "n" * 64])
def test_inspect_tells_the_mac_address_asked_for_on_the_main_network_until_api_1_51(mode: str) -> None:
    """A chosen address is none that was asked for, and one asked for on another network is not the container's own."""
    asked = NetworkAttachment("n" * 64, EndpointConfig(mac_address="02:42:ac:11:00:42"), mac_address="02:42:ac:11:00:42")
    other = NetworkAttachment("o" * 64, EndpointConfig(mac_address="02:42:ac:11:00:43"))
    host_config = HostConfig(network_mode=network_named(mode))
    container = info(networks={"aside": other, "bridge" if mode == "bridge" else "web": asked}, host_config=host_config)
    older, newer = (msgspec.to_builtins(container_inspect(container, ApiVersion(1, minor))) for minor in (51, 52))
    assert older["Config"]["MacAddress"] == "02:42:ac:11:00:42"
    assert "MacAddress" not in newer["Config"]
    chosen = NetworkAttachment("n" * 64, EndpointConfig(), mac_address="02:42:ac:11:00:02")
    unasked = info(networks={"aside": other, "bridge" if mode == "bridge" else "web": chosen}, host_config=host_config)
    assert "MacAddress" not in msgspec.to_builtins(container_inspect(unasked, ApiVersion(1, 51)))["Config"]


def test_inspect_shows_health_and_mounts() -> None:
    health = Health(HealthStatus.UNHEALTHY, 3, (HealthProbe(SECOND, 2 * SECOND, 1, "no"),))
    mount = MountPoint("volume", "/v/_data", "/data", writable=True, name="v", driver="local")
    shown = container_inspect(info(health=health, mounts=(mount,), opaque=opaque(bodies.HostConfig(binds=("v:/data",)))))
    assert shown.state.health.log[0].start == "1970-01-01T00:00:01Z"
    assert (shown.mounts[0].rw, shown.mounts[0].name, shown.mounts[0].mode) == (True, "v", "z")


@pytest.mark.parametrize(
    ("health", "shown"),
    [
        (None, {"Status": "none", "FailingStreak": 0}),
        (Health(HealthStatus.UNHEALTHY, 3), {"Status": "unhealthy", "FailingStreak": 3}),
    ],
)
def test_lists_summarise_the_health_since_api_1_52(health: Health | None, shown: dict[str, object]) -> None:
    encoder = SummaryEncoder()
    (newer,) = json.loads(encoder.encode([info(health=health)], ApiVersion(1, 52)))
    (older,) = json.loads(encoder.encode([info(health=health)], ApiVersion(1, 51)))
    assert newer["Health"] == shown
    assert "Health" not in older
    assert newer.keys() - older.keys() == {"Health"}
