"""Builds that come as a query of `POST /build?version=2`."""

from urllib.parse import parse_qs, urlencode

import pytest

from plugins.api_buildkit.posted_request import solve_request
from sdk.errors import InvalidArgument


def asked(**parameters: object):
    return solve_request(parse_qs(urlencode(parameters, doseq=True)))


def test_what_a_client_says_becomes_options_of_the_frontend() -> None:
    request = asked(
        buildid="b1",
        session="s1",
        remote="client-session",
        dockerfile="other",
        target="last",
        buildargs='{"A": "1", "NONE": null}',
        labels='{"l": "x"}',
        nocache="1",
        pull="1",
        networkmode="host",
        extrahosts=["a:1.2.3.4", "b:::1"],
        cachefrom='["c:1", "c:2"]',
        memory="0",
        shmsize="64",
        ulimits="null",
        t=["one:1", "two:2"],
    )
    assert (request.ref, request.session, request.frontend) == ("b1", "s1", "dockerfile.v0")
    assert dict(request.frontend_attrs) == {
        "filename": "other",
        "target": "last",
        "build-arg:A": "1",
        "label:l": "x",
        "no-cache": "",
        "image-resolve-mode": "pull",
        "force-network-mode": "host",
        "add-hosts": "a=1.2.3.4,b=::1",
        "cache-from": "c:1,c:2",
        "shm-size": "64",
    }
    assert [(each.type, dict(each.attrs)) for each in request.exporters] == [("moby", {"name": "one:1,two:2"})]


def test_outputs_take_the_place_of_names() -> None:
    request = asked(session="s", remote="https://example.org/x.git", outputs='[{"Type": "local", "Attrs": {"dest": "out"}}]')
    assert [(each.type, dict(each.attrs)) for each in request.exporters] == [("local", {"dest": "out"})]
    assert request.frontend_attrs["context"] == "https://example.org/x.git"
    assert request.ref == "s"


def test_a_parameter_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="parameters"):
        asked(buildargs="[")
