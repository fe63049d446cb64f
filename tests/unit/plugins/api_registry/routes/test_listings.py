"""Repositories and tags, page by page."""

import pytest

from tests.unit.plugins.api_registry.conftest import Registry

pytestmark = pytest.mark.anyio

TYPE = "application/vnd.oci.image.index.v1+json"


async def tagged(registry: Registry, *names: str) -> None:
    for name in names:
        repository, _, tag = name.partition(":")
        reply = await registry.ask("PUT", f"/v2/{repository}/manifests/{tag}", b'{"manifests": []}', content_type=TYPE)
        assert reply.status_code == 201


@pytest.mark.parametrize(
    ("query", "tags", "link"),
    [
        ("", ["1", "2", "3"], None),
        ("?n=3", ["1", "2", "3"], None),
        ("?n=5", ["1", "2", "3"], None),
        (f"?n={'9' * 18}", ["1", "2", "3"], None),
        ("?n=2", ["1", "2"], "</v2/a/tags/list?n=2&last=2>"),
        ("?n=1&last=1", ["2"], "</v2/a/tags/list?n=1&last=2>"),
        ("?n=1&last=2", ["3"], None),
        ("?last=2", ["3"], None),
        ("?last=9", [], None),
        ("?n=0", [], None),
    ],
)
async def test_a_page_of_tags(registry: Registry, query: str, tags: list[str], link: str | None) -> None:
    await tagged(registry, "a:2", "a:1", "a:3", "b:9")
    reply = await registry.ask("GET", f"/v2/a/tags/list{query}")
    assert reply.json() == {"name": "a", "tags": tags}
    assert (reply.headers.get("link") or "").partition(";")[0] == (link or "")


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "%C2%B2", "%D9%A3", "9" * 5000])
async def test_a_page_of_no_number_is_refused(registry: Registry, number: str) -> None:
    """A superscript two and a number of 5,000 digits were answered 500."""
    await tagged(registry, "a:1")
    reply = await registry.ask("GET", f"/v2/a/tags/list?n={number}")
    assert (reply.status_code, await registry.code(reply)) == (400, "PAGINATION_NUMBER_INVALID")


async def test_the_next_page_is_of_the_same_registry(registry: Registry) -> None:
    """The link lost the `ns` of a mirror's question, so the second page was another repository's."""
    for tag in ("1", "2"):
        await registry.ask("PUT", f"/v2/a/manifests/{tag}?ns=quay.io", b'{"manifests": []}', content_type=TYPE)
    first = await registry.ask("GET", "/v2/a/tags/list?ns=quay.io&n=1")
    second = await registry.ask("GET", first.headers["link"].partition(">")[0].lstrip("<"))
    assert [first.json()["tags"], second.json()["tags"]] == [["1"], ["2"]]


async def test_repositories_have_the_names_that_people_type(registry: Registry) -> None:
    await tagged(registry, "library/b:1", "quay.io/c/d:1", "e/f:1")
    assert (await registry.ask("GET", "/v2/_catalog")).json() == {"repositories": ["b", "e/f", "quay.io/c/d"]}
    assert (await registry.ask("GET", "/v2/_catalog?n=1&last=b")).json() == {"repositories": ["e/f"]}


async def test_what_nothing_is_known_of(registry: Registry) -> None:
    assert (await registry.ask("GET", "/v2/none/tags/list")).status_code == 404
    assert (await registry.ask("GET", "/v2/")).json() == {}
    digest = "sha256:" + "0" * 64
    reply = await registry.ask("GET", f"/v2/a/referrers/{digest}?artifactType=x")
    assert (reply.json()["manifests"], reply.headers["oci-filters-applied"]) == ([], "artifactType")
    assert (await registry.ask("GET", "/v2/a/referrers/sha256:0")).status_code == 400
