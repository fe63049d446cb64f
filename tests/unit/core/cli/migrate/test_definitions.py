"""A container's definition becomes the request that makes it anew."""

from core.cli.migrate.definitions import create_request, in_order
from core.cli.migrate.docker_root import Container

ID = "a" * 64


def container(name: str = "one", number: str = ID, **changes: object) -> Container:
    fields = {
        "id": number,
        "name": name,
        "image_id": "sha256:image",
        "config": {"Image": "app:1", "Hostname": number[:12], "Cmd": ["sh"], "Entrypoint": None},
        "host_config": {"NetworkMode": "town", "Binds": ["v:/v"], "VolumesFrom": None, "IpcMode": "private", "PidMode": ""},
        "networks": {},
        "mounts": {},
    }
    return Container(**{**fields, **changes})


def test_what_the_engine_had_added_is_left_out() -> None:
    place = {
        "IPAMConfig": {"IPv4Address": "10.0.0.9"},
        "Aliases": ["db", ID[:12]],
        "NetworkID": "n",
        "IPAddress": "",
        "Links": None,
    }
    request = create_request(container(networks={"town": place}), {}, {"sha256:image": ("app:1", "app:2")})
    assert (request["Image"], request["Hostname"], request["Cmd"]) == ("app:1", "", ["sh"])
    assert "Entrypoint" not in request
    endpoint = request["NetworkingConfig"]["EndpointsConfig"]["town"]
    assert endpoint == {"IPAMConfig": {"IPv4Address": "10.0.0.9"}, "Aliases": ["db"]}


def test_an_image_that_lost_its_name_is_found_by_another_or_its_id() -> None:
    assert create_request(container(), {}, {"sha256:image": ("other:1",)})["Image"] == "other:1"
    assert create_request(container(), {}, {})["Image"] == "sha256:image"
    unnamed = container(config={"Image": "app"})
    assert create_request(unnamed, {}, {"sha256:image": ("app:1", "app:latest")})["Image"] == "app"


def test_volumes_without_a_name_of_their_own_stay_with_the_container() -> None:
    mounts = {
        "/v": {"Type": "volume", "Name": "v", "RW": True},
        "/data": {"Type": "volume", "Name": "f" * 64, "RW": True},
        "/ro": {"Type": "volume", "Name": "e" * 64, "RW": False},
        "/bind": {"Type": "bind", "Source": "/x"},
        "/m": {"Type": "volume", "Name": "m", "RW": True},
    }
    host = {"NetworkMode": "bridge", "Binds": ["v:/v"], "Mounts": [{"Type": "volume", "Source": "m", "Target": "/m"}]}
    request = create_request(container(mounts=mounts, host_config=host), {}, {})
    assert request["HostConfig"]["Binds"] == ["v:/v", f"{'f' * 64}:/data", f"{'e' * 64}:/ro:ro"]


def test_references_to_others_are_by_name_and_those_come_first() -> None:
    owner = container("owner", "b" * 64)
    follower = container(
        "follower", "c" * 64, host_config={"NetworkMode": f"container:{'b' * 64}", "VolumesFrom": [f"{'b' * 64}:ro"]}
    )
    assert [one.name for one in in_order([follower, owner])] == ["owner", "follower"]
    request = create_request(follower, {"b" * 64: "owner"}, {})
    assert request["HostConfig"]["NetworkMode"] == "container:owner"
    assert request["HostConfig"]["VolumesFrom"] == ["owner:ro"]
    assert "Hostname" not in request


def test_containers_that_refer_to_each_other_still_come() -> None:
    one = container("one", "b" * 64, host_config={"NetworkMode": "container:two"})
    two = container("two", "c" * 64, host_config={"NetworkMode": "container:one"})
    assert {each.name for each in in_order([one, two])} == {"one", "two"}
