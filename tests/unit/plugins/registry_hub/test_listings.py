"""Lists of tags and search, from registries of every kind."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from plugins.registry_hub import listings
from plugins.registry_hub.endpoints import Endpoint
from plugins.registry_hub.listings import list_tags, search
from plugins.registry_hub.replies import Reply
from plugins.registry_hub.transport import Request
from sdk.drivers.registry import Credentials
from sdk.errors import NotFound, Unavailable
from sdk.oci.reference import parse_reference

pytestmark = pytest.mark.anyio

APP = parse_reference("r.example/app:1")
ENDPOINT = Endpoint("r.example", ("https://r.example",), verify=True)


@dataclass
class Registry:
    """Stands where the transport stands: answers a path by a function of it."""

    answer: Callable[[str], tuple[int, dict[str, str], bytes]]
    asked: list[str] = field(default_factory=list)

    async def ask(self, endpoint: Endpoint, request: Request) -> Reply:
        self.asked.append(request.path)
        status, headers, content = self.answer(request.path)
        return Reply(status, httpx.URL(f"{endpoint.bases[0]}{request.path}"), httpx.Headers(headers), content)


def page(*tags: str, following: str = "") -> tuple[int, dict[str, str], bytes]:
    return 200, {"Link": f'<{following}>; rel="next"'} if following else {}, json.dumps({"name": "app", "tags": tags}).encode()


async def tags(registry: Registry) -> list[str]:
    return await list_tags(registry, ENDPOINT, APP, Credentials())


async def test_pages_are_read_to_the_end_and_what_is_no_tag_is_left_out() -> None:
    pages = {
        "/v2/app/tags/list": page("1", "2", "not a tag", "-x", following="/v2/app/tags/list?last=2"),
        "/v2/app/tags/list?last=2": page("2", "3"),
    }
    registry = Registry(pages.__getitem__)
    assert await tags(registry) == ["1", "2", "3"]
    assert registry.asked == list(pages)


@pytest.mark.parametrize("content", [b'{"tags": null}', b"{}", b'{"tags": []}'])
async def test_no_tags(content: bytes) -> None:
    assert await tags(Registry(lambda _path: (200, {}, content))) == []


@pytest.mark.parametrize("link", ["", "garbage", "<x>", '</y>; rel="prev"', "<" * 100_000, "a" * 100_000])
async def test_a_link_that_leads_nowhere_is_the_end(link: str) -> None:
    assert await tags(Registry(lambda _path: (200, {"Link": link}, b'{"tags": ["1"]}'))) == ["1"]


async def test_a_list_that_goes_round_in_a_circle_has_an_end() -> None:
    registry = Registry(lambda _path: page("1", following="/v2/app/tags/list"))
    with pytest.raises(Unavailable, match="the registry's list of tags does not end"):
        await tags(registry)
    assert len(registry.asked) == 2


async def test_a_list_that_grows_for_ever_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "_MOST_TAGS", 10)
    registry = Registry(lambda path: page(str(len(registry.asked)), following=f"{path}x"))
    with pytest.raises(Unavailable, match="does not end"):
        await tags(registry)
    assert len(registry.asked) == 11


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (404, b'{"errors": [{"code": "NAME_UNKNOWN"}]}', NotFound),
        (500, b"", Unavailable),
        (200, b"<html>", Unavailable),
        (200, b'{"tags": [5]}', Unavailable),
        (200, b'{"tags": ["\xff"]}', Unavailable),
        (200, b'{"x": ' + b"[" * 20_000, Unavailable),
    ],
)
async def test_an_answer_that_is_no_list_is_told(status: int, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        await tags(Registry(lambda _path: (status, {}, content)))


async def test_search_shows_text_of_strangers_on_one_line_and_no_more_hits_than_asked_for() -> None:
    hits = [{"name": f"a{number}", "description": "x\n\x1b[31mred", "star_count": 1, "is_official": False} for number in range(5)]
    registry = Registry(lambda _path: (200, {}, json.dumps({"results": hits}).encode()))
    found = await search(registry, "a b&n=9", 2, Credentials())
    assert [(hit.name, hit.description) for hit in found] == [("a0", "x [31mred"), ("a1", "x [31mred")]
    assert httpx.URL(f"https://x{registry.asked[0]}").params.multi_items() == [("q", "a b&n=9"), ("n", "2")]
    assert await search(registry, "a", -1, Credentials()) == []
    with pytest.raises(Unavailable):
        await search(Registry(lambda _path: (503, {}, b"down")), "a", 2, Credentials())
