"""Networks, volumes and the engine itself over the wire."""

import pytest

from tests.api.conftest import Api


def test_a_network_is_made_shown_joined_and_removed(api: Api) -> None:
    body = {
        "Name": "n",
        "CheckDuplicate": True,
        "Driver": "bridge",
        "IPAM": {"Driver": "default", "Options": None, "Config": [{"Subnet": "10.1.0.0/24"}]},
        "Options": {},
        "Labels": None,
    }
    made = api.call("POST", "/networks/create", body)
    assert (made.status, made.json["Warning"]) == (201, "")
    assert api.call("POST", "/networks/n/connect", {"Container": "c", "EndpointConfig": {"Aliases": ["a"]}}).status == 200
    shown = api.call("GET", "/networks/n").json
    assert shown["IPAM"]["Config"] == [{"Subnet": "10.1.0.0/24"}]
    assert shown["Containers"]["c"]["IPv4Address"] == "172.17.0.2/16"
    assert (shown["Labels"], shown["Scope"], shown["EnableIPv6"]) == ({}, "local", False)
    assert api.call("POST", "/networks/n/disconnect", {"Container": "c", "Force": True}).status == 200
    assert api.call("DELETE", "/networks/n").status == 204
    assert api.call("GET", "/networks/n").message == "network n not found"


def test_the_way_of_a_packet_is_told(api: Api) -> None:
    (path,) = api.call("GET", "/containers/web/packet-paths").json
    assert (path["HostIp"], path["HostPort"], path["ContainerPort"], path["Result"]) == ("0.0.0.0", 8080, 80, "arrives at web")
    assert path["Rules"][0]["Effect"] == "goes to 172.17.0.2:80"


@pytest.mark.parametrize("path", ["/networks", "/networks/"])
def test_the_given_networks_are_listed(api: Api, path: str) -> None:
    assert [network["Name"] for network in api.call("GET", path).json] == ["bridge", "host", "none"]


def test_given_networks_stay(api: Api) -> None:
    assert api.call("DELETE", "/networks/bridge").status == 403


def test_a_volume_is_made_shown_and_removed(api: Api) -> None:
    made = api.call("POST", "/volumes/create", {"Name": "v", "Labels": {"a": "b"}, "DriverOpts": {}})
    assert made.status == 201
    assert (made.json["Scope"], made.json["Driver"], made.json["Labels"]) == ("local", "local", {"a": "b"})
    assert "UsageData" not in made.json
    listed = api.call("GET", "/volumes").json
    assert ([volume["Name"] for volume in listed["Volumes"]], listed["Warnings"]) == (["v"], None)
    assert api.call("DELETE", "/volumes/v").status == 204
    assert api.call("GET", "/volumes/v").message == "get v: no such volume"
    assert api.call("DELETE", "/volumes/v?force=1").status == 204


def test_a_volume_goes_out_and_comes_in_as_an_archive(api: Api) -> None:
    assert api.call("GET", "/volumes/v/archive").message == "get v: no such volume"
    assert api.call("PUT", "/volumes/v/archive", b"a tar").status == 204
    reply = api.call("GET", "/volumes/v/archive")
    assert (reply.body, reply.headers["content-type"]) == (b"a tar", "application/x-tar")
    cloned = api.call("POST", "/volumes/v/clone?name=w")
    assert (cloned.status, cloned.json["Name"]) == (201, "w")
    assert api.call("GET", "/volumes/w/archive").body == b"a tar"
    assert api.call("POST", "/volumes/v/clone?name=w").status == 409


def test_a_volume_needs_no_body(api: Api) -> None:
    assert len(api.call("POST", "/volumes/create").json["Name"]) == 64


@pytest.mark.parametrize(("version", "named"), [("v1.41", True), ("v1.42", False)])
def test_prune_takes_named_volumes_only_from_old_clients(api: Api, version: str, named: bool) -> None:
    api.call("POST", "/volumes/create", {"Name": "v"})
    assert api.call("POST", f"/{version}/volumes/prune").json["VolumesDeleted"] == (["v"] if named else [])


def test_version_has_an_engine_component(api: Api) -> None:
    version = api.call("GET", "/version").json
    assert (version["ApiVersion"], version["MinAPIVersion"], version["Os"]) == ("1.55", "1.22", "linux")
    assert version["Components"][0]["Name"] == "Engine"


def test_info_tells_what_clients_read(api: Api) -> None:
    info = api.call("GET", "/info").json
    assert (info["OSType"], info["CgroupVersion"], info["NCPU"], info["Swarm"]["LocalNodeState"]) == ("linux", "2", 2, "inactive")
    assert info["Runtimes"] == {"ns": {"path": "ns"}, "runc": {"path": "runc"}}
    assert info["Plugins"]["Network"] == ["bridge", "host", "null"]
    assert info["RegistryConfig"]["IndexConfigs"]["localhost:5000"]["Secure"] is False
    assert info["RegistryConfig"]["InsecureRegistryCIDRs"] == ["::1/128", "127.0.0.0/8"]


def test_disk_usage_answers_lists(api: Api) -> None:
    lists = {"Images": [], "Containers": [], "Volumes": [], "BuildCache": []}
    assert api.call("GET", "/v1.51/system/df").json == {"LayersSize": 0, **lists}
    sums = {"ImageUsage": {}, "ContainerUsage": {}, "VolumeUsage": {}, "BuildCacheUsage": {}}
    assert api.call("GET", "/v1.52/system/df").json == {"LayersSize": 0, **lists, **sums}
    assert api.call("GET", "/v1.52/system/df?verbose=1").json == sums
    assert api.call("GET", "/v1.52/system/df?verbose=1&type=volume").json == {"VolumeUsage": {}}
    refused = api.call("GET", "/v1.52/system/df?type=nonsense")
    assert (refused.status, refused.message) == (400, "unknown object type: nonsense")


def test_plugins_are_an_empty_list(api: Api) -> None:
    assert api.call("GET", "/plugins").json == []
