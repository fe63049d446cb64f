import msgspec
import pytest

from plugins.api_docker.convert.configs import image_config
from plugins.api_docker.convert.images import error_line, history_item, image_inspect, progress_line
from plugins.api_docker.versions import ApiVersion
from sdk.engine.images import HistoryEntry, ImageInfo, Progress
from sdk.oci.descriptor import Descriptor
from sdk.oci.image import ExecutionConfig, History, ImageConfig, RootFS


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress("Pulling fs layer", "abc"), b'{"status":"Pulling fs layer","id":"abc","progressDetail":{}}'),
        (Progress("Downloading", "abc", 5, 10), b'{"status":"Downloading","id":"abc","progressDetail":{"current":5,"total":10}}'),
        (Progress("Status: done"), b'{"status":"Status: done"}'),
        (Progress("", stream="Loaded\n"), b'{"stream":"Loaded\\n"}'),
        (Progress("", aux={"ID": "sha256:x"}), b'{"aux":{"ID":"sha256:x"}}'),
    ],
)
def test_progress_has_only_the_fields_it_needs(progress: Progress, line: bytes) -> None:
    assert msgspec.json.encode(progress_line(progress)) == line


def test_a_late_error_is_told_twice() -> None:
    assert msgspec.json.encode(error_line("no")) == b'{"errorDetail":{"message":"no"},"error":"no"}'


@pytest.mark.parametrize(
    ("created", "seconds"),
    [
        ("2024-01-02T03:04:05Z", 1_704_164_645),
        ("2024-01-02T03:04:05.123456789Z", 1_704_164_645),
        ("2024-01-02T04:04:05+01:00", 1_704_164_645),
        ("", 0),
    ],
)
def test_an_images_own_times_are_read_where_possible(created: str, seconds: int) -> None:
    assert history_item(HistoryEntry("", History(created=created), 0)).created == seconds


def test_old_clients_find_the_configuration_of_the_build_container() -> None:
    descriptor = Descriptor("application/vnd.oci.image.manifest.v1+json", "sha256:" + "a" * 64, 1)
    info = ImageInfo(
        "sha256:" + "b" * 64, ImageConfig(architecture="amd64", os="linux", rootfs=RootFS(())), descriptor, (), (), 1, 1, 1
    )
    assert image_inspect(info, ApiVersion(1, 44), "overlay").container_config == image_config(ExecutionConfig(), ApiVersion(1, 44))
    assert b"ContainerConfig" not in msgspec.json.encode(image_inspect(info, ApiVersion(1, 45), "overlay"))


def test_what_is_empty_in_an_image_is_left_out_since_api_1_52() -> None:
    descriptor = Descriptor("application/vnd.oci.image.manifest.v1+json", "sha256:" + "a" * 64, 1)
    config = ImageConfig(architecture="amd64", os="linux", rootfs=RootFS(()), config=ExecutionConfig(cmd=("sh",)))
    info = ImageInfo("sha256:" + "b" * 64, config, descriptor, (), (), 1, 1, 1)
    shown = {minor: msgspec.to_builtins(image_inspect(info, ApiVersion(1, minor), "overlay")) for minor in (49, 50, 51, 52, 55)}
    assert shown[49]["Config"].keys() >= {"Hostname", "Tty", "Cmd", "Env"}
    assert shown[50]["Config"] == {
        "User": "",
        "Env": None,
        "Cmd": ("sh",),
        "Volumes": None,
        "WorkingDir": "",
        "Entrypoint": None,
        "OnBuild": None,
        "Labels": None,
    }
    assert shown[52]["Config"] == {"Cmd": ("sh",)}
    assert {key: shown[51][key] for key in ("Parent", "Comment", "DockerVersion", "Author")} == dict.fromkeys(
        ("Parent", "Comment", "DockerVersion", "Author"), ""
    )
    assert not {"Parent", "Comment", "DockerVersion", "Author"} & shown[55].keys()
