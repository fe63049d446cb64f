"""`--gpus` and qualified names of `--device` as requests to drivers."""

import pytest
import typer

from core.cli.client.commands.run_devices import device_requests
from sdk.engine.config import DeviceRequest

GPU = (("gpu",),)


@pytest.mark.parametrize(
    "device",
    ["/dev/a", "/dev/a:/dev/b:rw", "dev/a", "/vendor/class=name", "vendor/class=", "vendor=a", "v/c=d\n", "v/c=d-", "v./c=d"],
)
def test_paths_are_no_names(device: str) -> None:
    assert list(device_requests([device], None)) == []


def test_names_are_one_request() -> None:
    found = list(device_requests(["/dev/null", "vendor.com/lamp=0", "a.b/c_d=x:1"], []))
    assert found == [DeviceRequest(driver="cdi", device_ids=("vendor.com/lamp=0", "a.b/c_d=x:1"))]


@pytest.mark.parametrize(
    ("word", "request_"),
    [
        ("all", DeviceRequest(count=-1, capabilities=GPU)),
        ("2", DeviceRequest(count=2, capabilities=GPU)),
        ("count=3,driver=nvidia", DeviceRequest(driver="nvidia", count=3, capabilities=GPU)),
        ("device=GPU-1", DeviceRequest(device_ids=("GPU-1",), capabilities=GPU)),
        ('"device=0,1"', DeviceRequest(device_ids=("0", "1"), capabilities=GPU)),
        ('all,"capabilities=utility,video"', DeviceRequest(count=-1, capabilities=(("utility", "video", "gpu"),))),
        ("capabilities=utility", DeviceRequest(count=1, capabilities=(("utility", "gpu"),))),
        ('1,"options=a=b,c=d"', DeviceRequest(count=1, capabilities=GPU, options={"a": "b", "c": "d"})),
    ],
)
def test_gpus(word: str, request_: DeviceRequest) -> None:
    assert list(device_requests(None, [word])) == [request_]


@pytest.mark.parametrize("word", ["", "some", "²", "1_0", "colour=red", "count=many", "9" * 5000, "a\nb"])
def test_what_is_no_choice_of_gpus(word: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"must be either|unexpected key|invalid gpus"):
        list(device_requests(None, [word]))
