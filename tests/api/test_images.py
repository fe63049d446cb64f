"""Images over the wire: progress, logins, shapes."""

import base64
import json

import pytest

from tests.api.conftest import Api
from tests.asking import eventually


def lines(body: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in body.splitlines()]


def auth(**fields: str) -> dict[str, str]:
    return {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()}


def test_pull_sends_one_object_per_step(api: Api) -> None:
    reply = api.call("POST", "/images/create?fromImage=alpine&tag=3.20")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    first, last = lines(reply.body)
    assert first == {"status": "Pulling from library/alpine", "id": "3.20", "progressDetail": {}}
    assert last == {"status": "Status: Downloaded newer image for alpine:3.20"}
    assert api.call("GET", "/images/alpine:3.20/json").status == 200


def test_an_error_before_the_first_step_is_a_real_status(api: Api) -> None:
    reply = api.call("POST", "/images/create?fromImage=missing&tag=latest")
    assert reply.status == 404
    assert reply.message.startswith("pull access denied for missing")


def test_an_error_after_the_first_step_is_in_band(api: Api) -> None:
    reply = api.call("POST", "/images/create?fromImage=broken&tag=latest")
    assert reply.status == 200
    assert lines(reply.body)[-1] == {"errorDetail": {"message": "the registry went away"}, "error": "the registry went away"}


def test_a_client_that_leaves_cancels_the_pull(api: Api) -> None:
    response = api.open("POST", "/images/create?fromImage=endless&tag=latest")
    response.readline()
    assert api.engine.images.closed_pulls == 0
    response.close()
    eventually(lambda: api.engine.images.closed_pulls)
    assert api.engine.images.closed_pulls == 1


def test_a_login_travels_in_a_header(api: Api) -> None:
    api.call("POST", "/images/create?fromImage=alpine&tag=1", headers=auth(username="me", password="pw", serveraddress="r.example"))
    (login,) = api.engine.images.logins
    assert (login.username, login.password, login.server_address) == ("me", "pw", "r.example")


@pytest.mark.parametrize("header", ["!!!", "bm90IGpzb24=", "e30", "", "W10="])
def test_a_login_that_cannot_be_read_is_ignored(api: Api, header: str) -> None:
    assert api.call("POST", "/images/create?fromImage=alpine&tag=1", headers={"X-Registry-Auth": header}).status == 200
    assert api.engine.images.logins[0].username == ""


def test_import_takes_the_body_as_content(api: Api) -> None:
    reply = api.call("POST", "/images/create?fromSrc=-&repo=mine&tag=1", b"tar", {"Content-Type": "application/x-tar"})
    assert reply.status == 200
    assert api.call("GET", "/images/mine:1/json").status == 200


def test_load_streams_a_body_of_any_size(api: Api) -> None:
    reply = api.call("POST", "/images/load", b"x" * (5 << 20), {"Content-Type": "application/x-tar"})
    assert lines(reply.body) == [{"stream": f"Loaded {5 << 20} bytes\n"}]


def test_an_archive_that_cannot_be_loaded_is_told_in_band(api: Api) -> None:
    reply = api.call("POST", "/images/load", b"rubbish", {"Content-Type": "application/x-tar"})
    assert (reply.status, lines(reply.body)[0]["error"]) == (200, "invalid archive")


@pytest.mark.parametrize("path", ["/images/get?names=busybox&names=busybox:latest", "/images/get?names=busybox,busybox:latest"])
def test_save_takes_names_in_two_spellings(api: Api, path: str) -> None:
    reply = api.call("GET", path)
    assert (reply.status, reply.body) == (200, b"busyboxbusybox:latest")


def test_save_of_what_is_not_there_is_a_404(api: Api) -> None:
    assert api.call("GET", "/images/nope/get").message == "No such image: nope"


def test_a_list_has_the_shape_of_its_version(api: Api) -> None:
    (new,) = api.call("GET", "/v1.51/images/json").json
    (old,) = api.call("GET", "/v1.43/images/json").json
    assert (new["RepoTags"], new["Containers"], new["SharedSize"]) == (["busybox:latest"], 0, -1)
    assert "VirtualSize" not in new
    assert api.call("GET", "/v1.50/images/json").json[0]["Containers"] == -1
    assert old["VirtualSize"] == old["Size"]
    assert not {"Descriptor", "Manifests"} & new.keys(), "for clients that ask"
    assert "Descriptor" not in old


def test_names_may_hold_slashes_tags_and_digests(api: Api) -> None:
    api.call("POST", "/images/busybox/tag?repo=localhost:5000/a/b&tag=c")
    inspected = api.call("GET", "/images/localhost:5000/a/b:c/json")
    assert inspected.status == 200
    assert api.call("GET", f"/images/{inspected.json['Id']}/json").json["Id"] == inspected.json["Id"]


def test_history_names_steps_without_an_image(api: Api) -> None:
    first, second = api.call("GET", "/images/busybox/history").json
    assert (first["Created"], first["Tags"]) == (1_704_164_645, ["busybox:latest"])
    assert (second["Id"], second["Created"], second["Tags"]) == ("<missing>", 0, None)


def test_removal_lists_what_went(api: Api) -> None:
    reply = api.call("DELETE", "/images/busybox?force=1")
    assert [list(entry) for entry in reply.json] == [["Untagged"], ["Deleted"]]
    assert api.call("DELETE", "/images/busybox").status == 404


def test_prune_answers_lists(api: Api) -> None:
    assert api.call("POST", "/images/prune").json == {"ImagesDeleted": [], "SpaceReclaimed": 0}
    assert api.call("POST", "/build/prune").json["SpaceReclaimed"] == 42


def test_distribution_describes_an_image_in_its_registry(api: Api) -> None:
    found = api.call("GET", "/distribution/busybox/json").json
    assert found["Descriptor"]["digest"].startswith("sha256:")
    assert found["Platforms"][0]["os"] == "linux"


@pytest.mark.parametrize(("password", "status"), [("right", 200), ("wrong", 401)])
def test_auth_checks_a_login(api: Api, password: str, status: int) -> None:
    reply = api.call("POST", "/auth", {"username": "me", "password": password, "serveraddress": "r.example"})
    assert reply.status == status
    if status == 200:
        assert reply.json == {"Status": "Login Succeeded", "IdentityToken": "token"}


def test_attestations_are_of_version_1_55(api: Api) -> None:
    kind = "https://slsa.dev/provenance/v1"
    assert api.call("GET", "/v1.54/images/busybox/attestations").status == 404
    (short,) = api.call("GET", "/v1.55/images/busybox/attestations").json
    assert (short.keys(), short["PredicateType"]) == ({"Descriptor", "PredicateType"}, kind)
    (whole,) = api.call("GET", f"/v1.55/images/busybox/attestations?statement=1&type=other&type={kind}").json
    assert whole["Statement"] == {"about": "it"}
    assert api.call("GET", "/v1.55/images/busybox/attestations?type=other").json == []
    twice = "&".join(['platform={"os":"linux","architecture":"amd64"}'] * 2)
    assert api.call("GET", f"/v1.55/images/busybox/attestations?{twice}").status == 400
    assert api.call("GET", "/v1.55/images/busybox/attestations?platform=linux").status == 400
    assert api.call("GET", "/v1.55/images/nope/attestations").status == 404


def test_identities_are_listed_with_manifests(api: Api) -> None:
    assert api.call("GET", "/v1.54/images/json?identity=1").status == 400
    assert api.call("GET", "/v1.53/images/json?identity=1").status == 200
    assert api.call("GET", "/v1.54/images/json?identity=1&manifests=1").status == 200
