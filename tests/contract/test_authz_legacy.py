"""The authorizer contract, kept by authz_legacy with a plugin behind it; and what Docker's protocol says of a request."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from plugins.authz_legacy.settings import LegacyAuthorizationSettings
from plugins.authz_legacy.source import LegacyAuthorizers, open_source
from sdk.drivers.authorizer import ApiRequest, ApiResponse, Authorizer, Subject, Transport
from sdk.errors import DeadlineExceeded, EngineError, NotFound, PermissionDenied, Unavailable
from sdk.testing.authorization import api_request
from sdk.testing.context import plugin_context
from sdk.testing.contracts.authorizer import AuthorizerContract
from tests.authorization_plugin import REQUEST, RESPONSE, Plugin, serve_authorization

pytestmark = pytest.mark.anyio

CREATE = api_request(
    "POST",
    "/v1.51/containers/create?name=a",
    headers=(("content-type", "application/json"), ("host", "docker"), ("x-a", "1"), ("x-a", "2")),
    body=b'{"Image":"a"}',
)


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Plugin]:
    with serve_authorization(tmp_path / "plugins/guard.sock") as served:
        served.denied["/v1.51/containers/create"] = "no containers today"
        yield served


def settings(tmp_path: Path, **more: float) -> LegacyAuthorizationSettings:
    return LegacyAuthorizationSettings(
        socket_directories=(tmp_path / "plugins",),
        spec_directories=(tmp_path / "specs",),
        **{"patience": 0.2, "timeout": 5.0, "reconnect": 0.0, **more},
    )


@pytest.fixture
async def source(anyio_backend: str, tmp_path: Path) -> AsyncIterator[LegacyAuthorizers]:
    async with open_source(plugin_context("authz_legacy", tmp_path), settings(tmp_path)) as opened:
        assert isinstance(opened, LegacyAuthorizers)
        yield opened


@pytest.fixture
async def authorizer(source: LegacyAuthorizers, plugin: Plugin) -> Authorizer:
    found = await source.find("guard")
    assert found is not None
    return found


class TestLegacy(AuthorizerContract):
    @pytest.fixture
    def plugin(self, plugin: Plugin) -> Plugin:
        plugin.denied = {f"{version}/containers/create": "no" for version in ("", "/v1.24", "/v1.51")}
        return plugin

    @pytest.fixture
    def allowed(self) -> ApiRequest:
        return api_request("GET", "/v1.51/containers/json")

    @pytest.fixture
    def denied(self) -> ApiRequest:
        return CREATE


async def test_a_request_is_told_in_dockers_words(authorizer: Authorizer, plugin: Plugin) -> None:
    with pytest.raises(PermissionDenied, match=r"^no containers today$"):
        await authorizer.authorize_request(CREATE)
    assert plugin.questions(REQUEST) == [
        {
            "RequestMethod": "POST",
            "RequestUri": "/v1.51/containers/create?name=a",
            "RequestBody": base64.b64encode(b'{"Image":"a"}').decode(),
            "RequestHeaders": {"Content-Type": "application/json", "X-A": "2"},
        }
    ]


async def test_a_response_is_told_with_its_request(authorizer: Authorizer, plugin: Plugin) -> None:
    plugin.answers[RESPONSE] = (200, {"Allow": False})
    with pytest.raises(PermissionDenied, match=r"^$"):
        await authorizer.authorize_response(CREATE, ApiResponse(201, (("api-version", "1.51"),), b"{}"))
    (told,) = plugin.questions(RESPONSE)
    assert (told["RequestUri"], told["ResponseStatusCode"]) == ("/v1.51/containers/create?name=a", 201)
    assert (told["ResponseBody"], told["ResponseHeaders"]) == ("e30=", {"Api-Version": "1.51"})


async def test_who_proved_itself_by_a_certificate_is_told(authorizer: Authorizer, plugin: Plugin) -> None:
    subject = Subject(Transport.TLS, common_name="alice", certificates=(b"der",), address="192.0.2.1:9")
    await authorizer.authorize_request(replace(api_request("GET", "/info"), subject=subject))
    (told,) = plugin.questions(REQUEST)
    assert (told["User"], told["UserAuthNMethod"]) == ("alice", "TLS")
    assert [base64.b64decode(one).decode() for one in told["RequestPeerCertificates"]] == [ssl.DER_cert_to_PEM_cert(b"der")]


@pytest.mark.parametrize(
    ("target", "path", "told"),
    [
        ("/v1.51/containers/%63reate?a=%20", "/containers/create", "/v1.51/containers/create?a=%20"),
        ("/images/a%2Fb:1/json", "/images/a/b:1/json", "/images/a/b:1/json"),
        (
            "/images/localhost:5000/b@sha256:0/json?x",
            "/images/localhost:5000/b@sha256:0/json",
            "/images/localhost:5000/b@sha256:0/json?x",
        ),
        ("/volumes/%c3%a4%0a", "/volumes/ä\n", "/volumes/%C3%A4%0A"),
    ],
)
async def test_a_path_is_told_as_it_is_executed(authorizer: Authorizer, plugin: Plugin, target: str, path: str, told: str) -> None:
    plugin.denied.clear()
    await authorizer.authorize_request(replace(api_request("GET", target), path=path))
    assert plugin.questions(REQUEST)[0]["RequestUri"] == told


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((500, {"Err": "something went wrong"}), "AuthZPlugin.AuthZReq: something went wrong"),
        ((200, {"Allow": True, "Err": "in doubt"}), "AuthZPlugin.AuthZReq: in doubt"),
        ((404, b"no such method"), "AuthZPlugin.AuthZReq: authorization plugin guard answered nonsense: no such method"),
        ((200, b"[]"), r"AuthZPlugin.AuthZReq: authorization plugin guard answered nonsense: \[\]"),
        ((200, {"Allow": "yes"}), "answered nonsense"),
        ((503, {"Allow": True}), "AuthZPlugin.AuthZReq: "),
    ],
)
async def test_what_is_no_decision_is_an_error(
    authorizer: Authorizer, plugin: Plugin, answer: tuple[int, object], sentence: str
) -> None:
    plugin.answers[REQUEST] = answer
    with pytest.raises(EngineError, match=sentence) as caught:
        await authorizer.authorize_request(api_request("GET", "/info"))
    assert not isinstance(caught.value, PermissionDenied)


@pytest.mark.parametrize("answer", [{}, {"Msg": "?"}, {"Allow": False}])
async def test_who_does_not_allow_denies(authorizer: Authorizer, plugin: Plugin, answer: object) -> None:
    plugin.answers[REQUEST] = (200, answer)
    with pytest.raises(PermissionDenied):
        await authorizer.authorize_request(api_request("GET", "/info"))


async def test_a_plugin_that_ended_refuses_and_a_new_one_is_asked(source: LegacyAuthorizers, tmp_path: Path) -> None:
    socket = tmp_path / "plugins/late.sock"
    with serve_authorization(socket):
        late = await source.find("late")
        assert late is not None
        await late.authorize_request(CREATE)
    with pytest.raises(Unavailable, match="error while calling authorization plugin late"):
        await late.authorize_request(CREATE)
    with serve_authorization(socket) as another:
        await late.authorize_request(CREATE)
        assert len(another.asked) == 1


async def test_a_request_waits_while_a_plugin_is_restarted(tmp_path: Path) -> None:
    socket = tmp_path / "plugins/guard.sock"
    async with open_source(plugin_context("authz_legacy", tmp_path), settings(tmp_path, reconnect=20)) as source:
        assert isinstance(source, LegacyAuthorizers)
        with serve_authorization(socket):
            guard = await source.find("guard")
            assert guard is not None
        answered = anyio.Event()

        async def ask() -> None:
            await guard.authorize_request(CREATE)
            answered.set()

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            assert not answered.is_set()
            with serve_authorization(socket):
                await answered.wait()


async def test_a_plugin_that_does_not_answer_in_time_refuses(tmp_path: Path, plugin: Plugin) -> None:
    stalled = anyio.Event()
    async with await anyio.create_unix_listener(tmp_path / "plugins/slow.sock") as listener, anyio.create_task_group() as group:

        async def stall(stream: anyio.abc.SocketStream) -> None:
            async with stream:
                await stalled.wait()

        group.start_soon(listener.serve, stall)
        async with open_source(plugin_context("authz_legacy", tmp_path), settings(tmp_path, timeout=0.1)) as opened:
            assert isinstance(opened, LegacyAuthorizers)
            with pytest.raises(DeadlineExceeded, match=r"authorization plugin slow did not answer in 0\.1 s"):
                await opened.find("slow")
        stalled.set()
        group.cancel_scope.cancel()


async def test_names_that_stand_for_no_plugin(source: LegacyAuthorizers, tmp_path: Path) -> None:
    assert await source.find("nowhere") is None
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/gone.spec").write_text(f"unix://{tmp_path}/gone.sock")
    with pytest.raises(Unavailable, match="authorization plugin gone"):
        await source.find("gone")
    volumes = serve_authorization(tmp_path / "plugins/volumes.sock", Plugin("VolumeDriver"))
    with volumes, pytest.raises(NotFound, match="authorization plugin volumes does not implement authz"):
        await source.find("volumes")
    with pytest.raises(PermissionDenied, match="stands for Docker's authorization plugins"):
        await source.authorize_request(CREATE)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ('{"Addr": "tcp://127.0.0.1:x"}', "'tcp://127.0.0.1:x' or its TLS files cannot be used: Invalid port: 'x'"),
        (
            '{"Addr": "https://127.0.0.1:9", "TLSConfig": {"CAFile": "/none.pem"}}',
            "TLS files cannot be used: no such file or directory",
        ),
        ('{"Addr": "ftp://127.0.0.1:9"}', "error while calling authorization plugin odd: "),
        ('{"Addr": "http://127.0.0.1:1"}', "error while calling authorization plugin odd: "),
        ("{", "odd.json: Input data was truncated"),
    ],
)
async def test_an_address_that_leads_nowhere_is_told(
    source: LegacyAuthorizers, tmp_path: Path, address: str, sentence: str
) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/odd.json").write_text(address)
    with pytest.raises(EngineError) as caught:
        await source.find("odd")
    assert sentence in caught.value.message


async def test_a_plugin_that_comes_a_little_later_is_waited_for(tmp_path: Path) -> None:
    async with open_source(plugin_context("authz_legacy", tmp_path), settings(tmp_path, patience=20)) as source:
        assert isinstance(source, LegacyAuthorizers)
        found: list[Authorizer | None] = []

        async def find() -> None:
            found.append(await source.find("late"))

        async with anyio.create_task_group() as group:
            group.start_soon(find)
            await anyio.wait_all_tasks_blocked()
            with serve_authorization(tmp_path / "plugins/late.sock"):
                while not found:
                    await anyio.sleep(0.02)
    assert found[0] is not None


async def test_the_patience_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both for a plugin that is not there yet and for one that is there and cannot be reached."""
    loop = asyncio.get_running_loop()
    skipped, time = [0.0], loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + sum(skipped))
    asked, refused = anyio.Event(), anyio.Event()

    async def hang_up(stream: anyio.abc.SocketStream) -> None:
        asked.set()
        await stream.aclose()

    async def find(source: LegacyAuthorizers, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        task_status.started()
        with pytest.raises(Unavailable):
            await source.find("late")
        refused.set()

    opened = open_source(plugin_context("authz_legacy", tmp_path), settings(tmp_path, patience=1000))
    async with opened as source, anyio.create_task_group() as finding:
        assert isinstance(source, LegacyAuthorizers)
        await finding.start(find, source)
        await anyio.wait_all_tasks_blocked()
        skipped.append(900)
        (tmp_path / "plugins").mkdir()
        listener = await anyio.create_unix_listener(tmp_path / "plugins/late.sock")
        async with listener, anyio.create_task_group() as serving:
            serving.start_soon(listener.serve, hang_up)
            await asked.wait()
            skipped.append(200)
            with anyio.fail_after(30):
                await refused.wait()
            serving.cancel_scope.cancel()


async def test_a_request_that_waits_follows_a_reload(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    file = tmp_path / "specs/moving.spec"
    file.write_text(f"unix://{tmp_path}/one.sock")
    async with open_source(plugin_context("authz_legacy", tmp_path), settings(tmp_path, reconnect=1000)) as source:
        assert isinstance(source, LegacyAuthorizers)
        with serve_authorization(tmp_path / "one.sock"):
            moving = await source.find("moving")
            assert moving is not None
        with serve_authorization(tmp_path / "two.sock") as two:
            async with anyio.create_task_group() as group:
                group.start_soon(moving.authorize_request, CREATE)
                await anyio.wait_all_tasks_blocked()
                file.write_text(f"unix://{tmp_path}/two.sock")
                await moving.reload()
                group.cancel_scope.deadline = anyio.current_time() + 30
            assert len(two.questions(REQUEST)) == 1


async def test_a_reload_follows_the_address_in_the_file(source: LegacyAuthorizers, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    file = tmp_path / "specs/moving.json"
    with serve_authorization(tmp_path / "one.sock") as one, serve_authorization(tmp_path / "two.sock") as two:
        file.write_text(json.dumps({"Name": "moving", "Addr": f"unix://{tmp_path}/one.sock"}))
        moving = await source.find("moving")
        assert moving is not None
        await moving.authorize_request(CREATE)
        file.write_text(json.dumps({"Name": "moving", "Addr": f"unix://{tmp_path}/nowhere.sock"}))
        with pytest.raises(Unavailable):
            await moving.reload()
        await moving.authorize_request(CREATE)
        file.write_text(json.dumps({"Name": "moving", "Addr": f"unix://{tmp_path}/two.sock"}))
        await moving.reload()
        await moving.authorize_request(CREATE)
    assert (len(one.asked), len(two.asked)) == (2, 1)
