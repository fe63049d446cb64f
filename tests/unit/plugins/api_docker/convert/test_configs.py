"""`Config` of containers and images, as each version of the API has it."""

import json

import msgspec
import pytest

from plugins.api_docker.convert.configs import container_config, image_config
from plugins.api_docker.versions import ApiVersion
from sdk.engine.config import ContainerConfig
from sdk.oci.image import ExecutionConfig, HealthcheckConfig
from sdk.oci.ports import Port

FULL = ExecutionConfig(
    user="u",
    exposed_ports={"80/tcp": {}},
    env=("A=1",),
    entrypoint=("e",),
    cmd=("c",),
    volumes={"/v": {}},
    working_dir="/w",
    labels={"a": "b"},
    stop_signal="INT",
    healthcheck=HealthcheckConfig(test=("NONE",)),
    on_build=("RUN x",),
    shell=("sh",),
)
SAID = {
    "User": "u",
    "ExposedPorts": {"80/tcp": {}},
    "Env": ["A=1"],
    "Entrypoint": ["e"],
    "Cmd": ["c"],
    "Volumes": {"/v": {}},
    "WorkingDir": "/w",
    "Labels": {"a": "b"},
    "StopSignal": "INT",
    "Healthcheck": {"Test": ["NONE"]},
    "OnBuild": ["RUN x"],
    "Shell": ["sh"],
}
OF_CONTAINERS = {"Hostname", "Domainname", "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce", "Image"}


def image(config: ExecutionConfig, minor: int) -> dict[str, object]:
    return dict(json.loads(msgspec.json.encode(image_config(config, ApiVersion(1, minor)))))


def container(config: ContainerConfig, minor: int = 55) -> dict[str, object]:
    return dict(json.loads(msgspec.json.encode(container_config(config, ApiVersion(1, minor)))))


@pytest.mark.parametrize("minor", [50, 51, 52, 55])
def test_an_image_tells_what_it_says(minor: int) -> None:
    assert image(FULL, minor) == SAID


def test_an_image_of_an_older_api_has_the_shape_of_a_container() -> None:
    shown = image(FULL, 49)
    assert {name: shown[name] for name in SAID} == SAID
    assert shown.keys() - SAID.keys() == OF_CONTAINERS


def test_an_image_that_says_nothing() -> None:
    assert image(ExecutionConfig(), 52) == {}
    nothing = {"User": "", "WorkingDir": "", **dict.fromkeys(("Env", "Cmd", "Volumes", "Entrypoint", "OnBuild", "Labels"))}
    assert image(ExecutionConfig(), 51) == nothing
    assert image(ExecutionConfig(), 50) == nothing


@pytest.mark.parametrize(
    ("config", "minor", "told"),
    [
        (ContainerConfig(), 55, {}),
        (ContainerConfig(stop_timeout=0), 55, {"StopTimeout": 0}),
        (ContainerConfig(stop_signal="INT", shell=("sh",)), 55, {"StopSignal": "INT", "Shell": ["sh"]}),
        (ContainerConfig(exposed_ports=(Port(80),)), 55, {"ExposedPorts": {"80/tcp": {}}}),
        (ContainerConfig(mac_address="02:00:00:00:00:01"), 51, {"MacAddress": "02:00:00:00:00:01", "OnBuild": None}),
        (ContainerConfig(mac_address="02:00:00:00:00:01"), 52, {}),
        (ContainerConfig(), 51, {"OnBuild": None}),
        (ContainerConfig(on_build=("RUN x",)), 52, {"OnBuild": ["RUN x"]}),
        (ContainerConfig(network_disabled=True), 52, {"NetworkDisabled": True}),
    ],
)
def test_what_a_container_does_not_say_is_left_out(config: ContainerConfig, minor: int, told: dict[str, object]) -> None:
    always = OF_CONTAINERS | {"User", "Env", "Cmd", "Volumes", "WorkingDir", "Entrypoint", "Labels"}
    assert {name: value for name, value in container(config, minor).items() if name not in always} == told


def test_volumes_are_a_set_and_null_where_there_is_none() -> None:
    assert container(ContainerConfig(volumes=("/a", "/b")))["Volumes"] == {"/a": {}, "/b": {}}
    assert container(ContainerConfig())["Volumes"] is None
