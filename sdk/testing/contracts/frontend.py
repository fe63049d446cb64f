"""The contract every API frontend keeps.

Subclass `FrontendContract` in a test module and give it two fixtures: `frontend`, opened, and `probe`, a request that it answers on an
engine that holds the image busybox, with the status it answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel
import pytest

from sdk.engine import Engine
from sdk.frontend import ApiFrontend, ASGIApp, Message
from sdk.testing.fake import fake_engine

_DEADLINE = 20
"""Seconds that an answer may take on a loaded machine."""

_STRANGE = ("", "/", "//", "/..", "/\0", "/%00", "/" + "x" * 9000, "/grün/日本", "no slash", "/v2/../v2", "*")


@dataclass(frozen=True, slots=True)
class Probe:
    """A request and the status it is answered with. `status` is that of HTTP."""

    path: str
    status: int = 200
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    query: str = ""


@dataclass(slots=True)
class Answer:
    """What a client got of one request."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The status, 0 if the answer did not begin."""
        status = self.messages[0]["status"] if self.messages else 0
        assert isinstance(status, int)
        return status

    @property
    def body(self) -> bytes:
        """The whole body."""
        pieces = [message.get("body", b"") for message in self.messages[1:]]
        return b"".join(piece for piece in pieces if isinstance(piece, bytes))


async def ask(app: ASGIApp, probe: Probe, *, leaves: bool = False) -> Answer:
    """Send a request, as the daemon's server does; with `leaves` the client goes before its body came. Raises TimeoutError."""
    answer = Answer()
    events: list[Message] = [{"type": "http.disconnect"}]
    if not leaves:
        events.insert(0, {"type": "http.request", "body": probe.body, "more_body": False})

    async def receive() -> Message:
        await anyio.lowlevel.checkpoint()
        return events.pop(0) if len(events) > 1 else events[0]

    async def send(message: Message) -> None:
        answer.messages.append(message)

    with anyio.fail_after(_DEADLINE):
        await app(_scope(probe), receive, send)
    return answer


def _scope(probe: Probe) -> Message:
    headers = {"host": "localhost", "content-length": str(len(probe.body)), **probe.headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": probe.method,
        "scheme": "http",
        "path": probe.path,
        "raw_path": probe.path.encode(),
        "query_string": probe.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "extensions": {},
    }


def assert_is_whole(answer: Answer) -> None:
    """Check that an answer is one that HTTP can carry: one head, then the body to its end."""
    kinds = [message["type"] for message in answer.messages]
    assert kinds[0] == "http.response.start"
    assert set(kinds[1:]) == {"http.response.body"}
    assert 100 <= answer.status < 600
    assert not answer.messages[-1].get("more_body", False)
    assert all(message.get("more_body", False) for message in answer.messages[1:-1])
    headers = answer.messages[0].get("headers", [])
    assert isinstance(headers, Sequence)
    for name, value in headers:
        assert isinstance(name, bytes)
        assert isinstance(value, bytes)
        assert name == name.lower()
    lengths = [int(value) for name, value in headers if name == b"content-length"]
    assert lengths in ([], [len(answer.body)])


class FrontendContract:
    """Cases read as the specification of `sdk.frontend.ApiFrontend`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def engine(self) -> Engine:
        """The engine that is served."""
        return fake_engine("busybox:latest")

    @pytest.fixture
    def app(self, frontend: ApiFrontend, engine: Engine) -> ASGIApp:
        return frontend.build(engine)

    def test_its_prefix_is_a_path(self, frontend: ApiFrontend) -> None:
        assert frontend.prefix.startswith("/")
        assert frontend.prefix == "/" or not frontend.prefix.endswith("/")

    def test_it_claims_what_it_answers(self, frontend: ApiFrontend, probe: Probe) -> None:
        assert 0 < frontend.claims(probe.path) <= len(probe.path)
        assert frontend.accepts(probe.path, probe.query) is True

    @pytest.mark.parametrize("path", _STRANGE)
    def test_it_claims_no_more_of_a_path_than_there_is(self, frontend: ApiFrontend, path: str) -> None:
        claimed = frontend.claims(path)
        assert claimed == frontend.claims(path)
        assert 0 <= claimed <= max(len(path), len(frontend.prefix) if path else 0)
        assert isinstance(frontend.accepts(path, "a=%00&a=b"), bool)

    @pytest.mark.anyio
    async def test_it_answers(self, app: ASGIApp, probe: Probe) -> None:
        answer = await ask(app, probe)
        assert_is_whole(answer)
        assert answer.status == probe.status

    @pytest.mark.anyio
    async def test_it_answers_many_at_once_and_each_alike(self, app: ASGIApp, probe: Probe) -> None:
        answers: list[Answer] = []

        async def one() -> None:
            answers.append(await ask(app, probe))

        async with anyio.create_task_group() as tasks:
            for _ in range(16):
                tasks.start_soon(one)
        assert {(answer.status, answer.body) for answer in answers} == {(probe.status, answers[0].body)}

    @pytest.mark.anyio
    async def test_each_application_serves_the_engine_it_was_built_on(self, frontend: ApiFrontend, probe: Probe) -> None:
        for engine in (fake_engine("busybox:latest"), fake_engine("busybox:latest")):
            assert (await ask(frontend.build(engine), probe)).status == probe.status

    @pytest.mark.anyio
    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH", "BREW"])
    async def test_what_it_does_not_know_is_the_clients_mistake(self, app: ASGIApp, probe: Probe, method: str) -> None:
        answer = await ask(app, Probe(probe.path.rstrip("/") + "/no-such-thing", method=method))
        assert_is_whole(answer)
        assert 400 <= answer.status < 500 or answer.status == 501

    @pytest.mark.anyio
    @pytest.mark.parametrize("body", [b"\0\xff" * 100, b"{", b"[" * 3000, b"null"], ids=["bytes", "cut", "nested", "null"])
    async def test_a_body_that_makes_no_sense_breaks_nothing(self, app: ASGIApp, probe: Probe, body: bytes) -> None:
        for media_type in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense"):
            answer = await ask(app, Probe(probe.path, method="POST", body=body, headers={"content-type": media_type}))
            assert_is_whole(answer)
            assert answer.status < 500 or answer.status == 501
        assert (await ask(app, probe)).status == probe.status

    @pytest.mark.anyio
    async def test_a_client_that_leaves_ends_its_request_and_no_other(self, app: ASGIApp, probe: Probe) -> None:
        await ask(app, Probe(probe.path, method="POST", headers={"content-length": "9"}), leaves=True)
        assert (await ask(app, probe)).status == probe.status
