"""The life of containers over the wire."""

import json

import pytest

from tests.api.conftest import Api


def test_create_needs_an_image_that_is_there(api: Api) -> None:
    reply = api.call("POST", "/containers/create", {"Image": "nothere"})
    assert (reply.status, reply.message) == (404, "No such image: nothere")


def test_a_missing_image_is_told_before_a_mount_that_cannot_be(api: Api) -> None:
    body = {"Image": "nothere", "HostConfig": {"Binds": ["/a:/b:upside"]}}
    assert api.call("POST", "/containers/create", body).status == 404
    reply = api.call("POST", "/containers/create", {**body, "Image": "busybox"})
    assert (reply.status, reply.message) == (400, "invalid mode: upside")


def test_create_refuses_a_name_in_use(api: Api) -> None:
    first = api.create("cat", name="x")
    reply = api.call("POST", "/containers/create?name=x", {"Image": "busybox"})
    assert reply.status == 409
    assert reply.message.startswith(f'Conflict. The container name "/x" is already in use by container "{first}".')


@pytest.mark.parametrize(
    ("body", "headers", "sentence"),
    [
        (b"", {"Content-Type": "application/json"}, "invalid JSON: EOF"),
        (b"{", {"Content-Type": "application/json"}, "invalid JSON: unexpected EOF"),
        (b'{"Image":"busybox"} {}', {"Content-Type": "application/json"}, "unexpected content after JSON"),
        (b'{"Image":"busybox"}', {"Content-Type": "text/plain"}, "unsupported Content-Type header (text/plain)"),
        (
            b'{"Image":7}',
            {"Content-Type": "application/json"},
            "invalid JSON: json: cannot unmarshal number into Go struct field .Image of type string",
        ),
        (b"[]", {"Content-Type": "application/json"}, "invalid JSON: "),
        (b"{}", {"Content-Type": "application/json"}, "config cannot be empty"),
    ],
)
def test_create_refuses_other_bodies(api: Api, body: bytes, headers: dict[str, str], sentence: str) -> None:
    reply = api.call("POST", "/containers/create", body, headers)
    assert reply.status == 400
    assert reply.message.startswith(sentence)


def test_a_body_may_say_its_charset(api: Api) -> None:
    reply = api.call("POST", "/containers/create", b'{"Image":"busybox"}', {"Content-Type": "application/json; charset=utf-8"})
    assert reply.status == 201
    assert reply.json["Warnings"] == []


def test_start_and_stop_tell_what_changed(api: Api) -> None:
    api.create("sleep", name="x")
    assert [api.call("POST", f"/containers/x/{verb}").status for verb in ("start", "start", "stop", "stop")] == [204, 304, 204, 304]
    assert api.call("POST", "/containers/x/stop").body == b""


def test_kill_of_a_stopped_container_is_a_conflict(api: Api) -> None:
    identifier = api.create("sleep", name="x")
    reply = api.call("POST", "/containers/x/kill?signal=TERM")
    assert (reply.status, reply.message) == (409, f"container {identifier} is not running")


def test_a_program_that_is_not_there_is_the_requests_fault(api: Api) -> None:
    api.create("nope", name="x")
    reply = api.call("POST", "/containers/x/start")
    assert reply.status == 400
    assert "executable file not found" in reply.message


@pytest.mark.parametrize("reference", ["x", "/x", "{id}", "{short}"])
def test_containers_are_found_by_name_id_and_prefix(api: Api, reference: str) -> None:
    identifier = api.create("cat", name="x")
    reply = api.call("GET", f"/v1.41/containers/{reference.format(id=identifier, short=identifier[:12])}/json")
    assert reply.json["Id"] == identifier
    assert reply.json["Name"] == "/x"


def test_inspect_derives_dockers_booleans(api: Api) -> None:
    api.create("sleep", name="x")
    state = api.call("GET", "/containers/x/json").json["State"]
    assert (state["Status"], state["StartedAt"]) == ("created", "0001-01-01T00:00:00Z")
    assert "Health" not in state
    api.call("POST", "/containers/x/start")
    api.call("POST", "/containers/x/pause")
    state = api.call("GET", "/containers/x/json").json["State"]
    assert (state["Status"], state["Running"], state["Paused"], state["Pid"]) == ("paused", True, True, 4242)


def test_inspect_tells_sizes_only_when_asked(api: Api) -> None:
    api.create("cat", name="x")
    assert "SizeRw" not in api.call("GET", "/containers/x/json").json
    assert api.call("GET", "/containers/x/json?size=1").json["SizeRootFs"] == 1


def test_a_list_holds_no_nulls_where_docker_has_lists(api: Api) -> None:
    api.create("sleep", "a b", name="x")
    (entry,) = api.call("GET", "/containers/json?all=1").json
    assert entry["Names"] == ["/x"]
    assert entry["Command"] == "sleep 'a b'"
    assert (entry["Ports"], entry["Mounts"], entry["Labels"]) == ([], [], {})
    assert (entry["State"], entry["Status"]) == ("created", "Created")
    assert entry["NetworkSettings"]["Networks"]["bridge"]["NetworkID"]


def test_a_list_follows_changes(api: Api) -> None:
    api.create("sleep", name="x")
    assert api.call("GET", "/containers/json").json == []
    api.call("POST", "/containers/x/start")
    assert api.call("GET", "/containers/json").json[0]["Status"].startswith("Up ")
    api.call("POST", "/containers/x/rename?name=/y")
    assert api.call("GET", "/containers/json").json[0]["Names"] == ["/y"]


@pytest.mark.parametrize("value", ["0", "false", "no", "none", "", "False"])
def test_false_has_many_spellings(api: Api, value: str) -> None:
    api.create("sleep")
    assert api.call("GET", f"/containers/json?all={value}").json == []


@pytest.mark.parametrize("value", ["1", "true", "yes", "2", "on"])
def test_everything_else_is_true(api: Api, value: str) -> None:
    api.create("sleep")
    assert len(api.call("GET", f"/containers/json?all={value}").json) == 1


@pytest.mark.parametrize("filters", ['{"label":{"a=b":true}}', '{"label":["a=b"]}', '{"label":{"a=b":true,"c":false}}'])
def test_filters_come_in_two_encodings(api: Api, filters: str) -> None:
    from urllib.parse import quote

    api.create("cat", Labels={"a": "b"})
    api.create("cat", Labels={"a": "c"})
    assert len(api.call("GET", f"/containers/json?all=1&filters={quote(filters)}").json) == 1


def test_a_filter_that_is_no_json_is_refused(api: Api) -> None:
    reply = api.call("GET", "/containers/json?filters=label")
    assert (reply.status, reply.message) == (400, "invalid filter")


def test_parameters_may_come_as_a_form(api: Api) -> None:
    api.create("cat", name="x")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert api.call("POST", "/containers/x/rename", b"name=y", form).status == 204
    assert api.call("GET", "/containers/y/json").status == 200


def test_update_leaves_what_is_zero(api: Api) -> None:
    api.create("cat", name="x")
    body = {
        "Memory": 5 << 20,
        "CpuShares": 0,
        "CpusetCpus": "",
        "RestartPolicy": {"Name": "", "MaximumRetryCount": 0},
        "PidsLimit": None,
    }
    assert api.call("POST", "/containers/x/update", body).json == {"Warnings": ["memory changed"]}


def test_remove_of_a_running_container_needs_force(api: Api) -> None:
    api.create("sleep", name="x")
    api.call("POST", "/containers/x/start")
    assert api.call("DELETE", "/containers/x").status == 409
    assert api.call("DELETE", "/containers/x?force=1&v=1").status == 204
    assert api.call("DELETE", "/containers/x").message == "No such container: x"


@pytest.mark.parametrize("query", ["", "?h=5", "?h=5&w=x", "?h=-1&w=5", "?h=5&w=4294967296"])
def test_a_terminals_size_has_two_numbers(api: Api, query: str) -> None:
    api.create("sleep", name="x")
    api.call("POST", "/containers/x/start")
    assert api.call("POST", f"/containers/x/resize{query}").status == 400
    assert api.call("POST", "/containers/x/resize?h=24&w=80").status == 200


def test_prune_answers_lists(api: Api) -> None:
    assert api.call("POST", "/containers/prune").json == {"ContainersDeleted": [], "SpaceReclaimed": 0}


def test_replies_are_not_html_escaped_and_end_in_a_newline(api: Api) -> None:
    api.create("echo", "<a&b>", name="x")
    body = api.call("GET", "/containers/x/json").body
    assert b"<a&b>" in body
    assert body.endswith(b"\n")
    assert json.loads(body)["Args"] == ["<a&b>"]
