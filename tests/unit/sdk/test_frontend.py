"""How a path tells the API version, and what every frontend answers in the same way."""

import pytest

from sdk.frontend import Message, Scope, header, refuse, replayed, reply, split_version


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/v1.41/info", ("1.41", "/info")),
        ("/v1.41/a\nb", ("1.41", "/a\nb")),
        ("/info", ("", "/info")),
        ("/v2/", ("", "/v2/")),
        ("/v1.41", ("", "/v1.41")),
        ("/v1.41.2/info", ("", "/v1.41.2/info")),
        ("/v1./session", ("", "/v1./session")),
        ("/V1.41/info", ("", "/V1.41/info")),
        ("//v1.41/info", ("", "//v1.41/info")),
        ("*", ("", "*")),
    ],
)
def test_only_two_numbers_before_a_path_are_a_version(path: str, parts: tuple[str, str]) -> None:
    assert split_version(path) == parts


def test_the_first_header_of_a_name_counts() -> None:
    scope: Scope = {"headers": [(b"host", b"a"), (b"x-text", b"\xe9"), (b"x-text", b"second")]}
    assert [header(scope, name) for name in (b"host", b"x-text", b"origin")] == ["a", "\xe9", ""]


class Sent(list[Message]):
    """What an application sent."""

    async def __call__(self, message: Message) -> None:
        self.append(message)


@pytest.mark.anyio
async def test_a_whole_response_tells_its_length() -> None:
    sent = Sent()
    await reply(sent, 405, b"no", [(b"allow", b"GET")])
    await reply(sent, 204)
    assert sent == [
        {"type": "http.response.start", "status": 405, "headers": [(b"allow", b"GET"), (b"content-length", b"2")]},
        {"type": "http.response.body", "body": b"no"},
        {"type": "http.response.start", "status": 204, "headers": [(b"content-length", b"0")]},
        {"type": "http.response.body", "body": b""},
    ]


@pytest.mark.anyio
async def test_a_refusal_is_dockers_error_object() -> None:
    sent = Sent()
    await refuse(sent, 403, 'not "you"')
    headers = [(b"content-type", b"application/json"), (b"content-length", b"26")]
    assert sent == [
        {"type": "http.response.start", "status": 403, "headers": headers},
        {"type": "http.response.body", "body": b'{"message":"not \\"you\\""}\n'},
    ]


@pytest.mark.anyio
async def test_a_body_is_given_again_once_and_then_what_comes() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    again = replayed(b"body", receive)
    assert await again() == {"type": "http.request", "body": b"body", "more_body": False}
    assert [await again(), await again()] == [{"type": "http.disconnect"}] * 2
