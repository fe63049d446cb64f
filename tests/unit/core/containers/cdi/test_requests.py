"""Requests for devices: which driver they mean, which devices they get, and Docker's sentences."""

import json
from pathlib import Path

import pytest

from core.containers.cdi.requests import with_requested_devices
from sdk.engine.config import DeviceRequest
from sdk.errors import InvalidArgument
from sdk.oci import runtime as oci

PLAIN = oci.Spec(oci_version="1.0.2", process=oci.Process(args=("sh",), cwd="/", user=oci.User()), root=oci.Root("rootfs"))
GPUS = (("gpu",),)


def write(directory: Path, kind: str, *names: str) -> None:
    vendor = kind.partition("/")[0]
    document = {
        "cdiVersion": "0.5.0",
        "kind": kind,
        "containerEdits": {"env": [f"VENDOR_{vendor}=1"]},
        "devices": [{"name": name, "containerEdits": {"env": [f"{name}=1"]}} for name in names],
    }
    (directory / f"{vendor}.json").write_text(json.dumps(document))


def given(directory: Path, *requests: DeviceRequest) -> tuple[str, ...]:
    return with_requested_devices(PLAIN, requests, [str(directory)]).process.env


def test_devices_by_their_names_with_the_edits_of_their_files_first(tmp_path: Path):
    write(tmp_path, "a.com/lamp", "one", "two")
    write(tmp_path, "b.com/fan", "big")
    request = DeviceRequest(driver="cdi", device_ids=("a.com/lamp=two", "b.com/fan=big", "a.com/lamp=one"))
    assert given(tmp_path, request) == ("VENDOR_a.com=1", "two=1", "VENDOR_b.com=1", "big=1", "one=1")


def test_no_names_are_no_devices(tmp_path: Path):
    assert given(tmp_path, DeviceRequest(driver="cdi")) == ()


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (
            DeviceRequest(driver="cdi", device_ids=("a.com/lamp=1", "a.com/lamp=2")),
            "CDI device injection failed: unresolvable CDI devices a.com/lamp=1, a.com/lamp=2",
        ),
        (DeviceRequest(driver="cdi", count=1), "unexpected count in CDI device request"),
        (DeviceRequest(driver="cdi", options={"a": "b"}), "unexpected options in CDI device request"),
        (DeviceRequest(count=-1, capabilities=GPUS), 'could not select device driver "" with capabilities: [[gpu]]'),
        (
            DeviceRequest(driver="nvidia", capabilities=(("gpu", "video"), ("tv",))),
            'could not select device driver "nvidia" with capabilities: [[gpu video] [tv]]',
        ),
        (DeviceRequest(driver="x"), 'could not select device driver "x" with capabilities: []'),
    ],
)
def test_what_nothing_here_answers(tmp_path: Path, request_: DeviceRequest, sentence: str):
    with pytest.raises(InvalidArgument) as caught:
        given(tmp_path, request_)
    assert str(caught.value) == sentence


def test_without_directories_there_is_no_driver_of_cdi():
    with pytest.raises(InvalidArgument, match=r'^could not select device driver "cdi" with capabilities: \[\]$'):
        with_requested_devices(PLAIN, [DeviceRequest(driver="cdi", device_ids=("a.com/lamp=1",))], [])


def test_a_device_that_is_not_on_the_host(tmp_path: Path):
    document = {
        "cdiVersion": "0.5.0",
        "kind": "a.com/lamp",
        "devices": [{"name": "1", "containerEdits": {"deviceNodes": [{"path": "/none"}]}}],
    }
    (tmp_path / "lamp.json").write_text(json.dumps(document))
    with pytest.raises(InvalidArgument) as caught:
        given(tmp_path, DeviceRequest(driver="cdi", device_ids=("a.com/lamp=1",)))
    reason = 'failed to stat CDI host device "/none": no such file or directory'
    assert str(caught.value) == f"CDI device injection failed: failed to inject devices: {reason}"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (DeviceRequest(count=-1, capabilities=GPUS), ("all=1",)),
        (DeviceRequest(count=2, capabilities=GPUS), ("0=1", "1=1")),
        (DeviceRequest(device_ids=("1",), capabilities=(("gpu", "compute"),)), ("1=1",)),
        (DeviceRequest(driver="nvidia", device_ids=("nvidia.com/gpu=0",)), ("0=1",)),
    ],
)
def test_gpus_of_the_vendor_that_is_here(tmp_path: Path, request_: DeviceRequest, expected: tuple[str, ...]):
    write(tmp_path, "nvidia.com/gpu", "0", "1", "all")
    assert given(tmp_path, request_) == ("VENDOR_nvidia.com=1", *expected)


def test_gpus_of_the_other_vendor(tmp_path: Path):
    write(tmp_path, "amd.com/gpu", "0", "all")
    assert given(tmp_path, DeviceRequest(count=-1, capabilities=GPUS))[-1] == "all=1"
    with pytest.raises(InvalidArgument, match="could not select"):
        given(tmp_path, DeviceRequest(count=-1, capabilities=(("gpu", "compute"),)))


@pytest.mark.timeout(20)
def test_more_gpus_than_there_are(tmp_path: Path):
    write(tmp_path, "nvidia.com/gpu", "0", "all")
    with pytest.raises(InvalidArgument) as caught:
        given(tmp_path, DeviceRequest(count=2**62, capabilities=GPUS))
    assert str(caught.value) == "CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=1, nvidia.com/gpu=2"


def test_a_count_and_names_at_once(tmp_path: Path):
    write(tmp_path, "nvidia.com/gpu", "0")
    with pytest.raises(InvalidArgument, match=r"^cannot set both Count and DeviceIDs on device request$"):
        given(tmp_path, DeviceRequest(count=1, device_ids=("0",), capabilities=GPUS))
