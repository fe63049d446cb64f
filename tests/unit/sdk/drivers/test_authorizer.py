"""What a policy reads in a body."""

import pytest

from sdk.errors import InvalidArgument
from sdk.testing.authorization import api_request


def values(body: bytes, *names: str, kind: str = "application/json") -> tuple[object, ...]:
    return api_request("POST", "/containers/create", headers=(("content-type", kind),), body=body).values(*names)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"HostConfig": {"Privileged": true}}', (True,)),
        (b'{"hostconfig": {"PRIVILEGED": true}}', (True,)),
        (b'{"HostConfig": {"Privileged": false, "privileged": true}}', (False, True)),
        (b'{"HostConfig": {}, "hostConfig": {"Privileged": true}}', (True,)),
        (b'{"HostConfig": {"Privileged": 1, "privi\\u212aleged": 2}}', (1,)),
        (b'{"HostConfig": {"Privileged": true, "Privileged": false}}', (False,)),
        (b'{"HostConfig": null, "Privileged": true}', ()),
        (b'{"HostConfig": [{"Privileged": true}]}', ()),
        (b"null", ()),
        (b"", ()),
    ],
)
def test_every_spelling_of_a_name_counts(body: bytes, found: tuple[object, ...]) -> None:
    assert values(body, "HostConfig", "Privileged") == found


def test_a_body_of_another_type_has_no_values() -> None:
    assert values(b"Privileged=true", "Privileged", kind="application/x-www-form-urlencoded") == ()


@pytest.mark.parametrize("body", [b"{", b'{"a": "\xff"}', b'{"a": "\\ud800"}', b"{} {}", b"[" * 100_000])
def test_json_that_cannot_be_judged_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidArgument, match="no JSON that can be judged"):
        values(body, "HostConfig")
