"""Which repository a path is about."""

import pytest

from plugins.api_registry.errors import Refusal
from plugins.api_registry.names import repository_of


@pytest.mark.parametrize(
    ("path", "domain", "name"),
    [
        ("busybox", "", "docker.io/library/busybox"),
        ("library/busybox", "", "docker.io/library/busybox"),
        ("a/b", "", "docker.io/a/b"),
        ("quay.io/a/b", "", "quay.io/a/b"),
        ("a/b", "quay.io", "quay.io/a/b"),
        ("library/busybox", "docker.io", "docker.io/library/busybox"),
        ("a/b", "host:5000", "host:5000/a/b"),
        ("a__b/c-d.e", "", "docker.io/a__b/c-d.e"),
    ],
)
def test_a_path_is_what_a_user_would_have_typed(path: str, domain: str, name: str) -> None:
    assert repository_of(path, domain).name == name


@pytest.mark.parametrize(
    ("path", "domain"),
    [("", ""), ("A", ""), ("a//b", ""), ("/a", ""), ("a/", ""), ("a..b", ""), ("-a", ""), ("a/../b", ""), ("a:1", ""), ("a\n", ""),
     ("a" * 300, ""), ("a", "not a domain"), ("a", "../x"), ("a", "x.y/UPPER")],
)  # fmt: skip
def test_what_names_no_repository_is_refused(path: str, domain: str) -> None:
    with pytest.raises(Refusal) as refused:
        repository_of(path, domain)
    assert (refused.value.status, refused.value.code) == (400, "NAME_INVALID")
