from types import SimpleNamespace
from typing import cast

from core.containers.life.link_index import LinkIndex
from core.containers.life.record import ContainerRecord


def record(container_id: str, links: dict[str, str] | None) -> ContainerRecord:
    return cast(ContainerRecord, SimpleNamespace(id=container_id, links=links))


def test_links_are_found_by_the_container_they_lead_to() -> None:
    index = LinkIndex()
    index.put(record("web", {"db": "1", "store": "1", "cache": "2"}))
    index.put(record("worker", {"db": "1"}))
    index.put(record("old", None))
    assert index.leading_to("1") == {"web": ("db", "store"), "worker": ("db",)}
    assert index.leading_to("2") == {"web": ("cache",)}
    assert index.leading_to("web") == {}


def test_a_containers_links_replace_those_it_had() -> None:
    index = LinkIndex()
    index.put(record("web", {"db": "1"}))
    index.put(record("web", {"db": "2"}))
    assert (index.leading_to("1"), index.leading_to("2")) == ({}, {"web": ("db",)})
    index.remove("web")
    index.remove("web")
    assert index.leading_to("2") == {}
