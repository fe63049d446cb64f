"""Names of images as Docker reads and shows them (the grammar of distribution/reference), at its limits."""

import pytest

from sdk.errors import InvalidArgument
from sdk.oci.reference import is_tag, parse_reference

SHA = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("text", "whole", "familiar"),
    [
        ("alpine", "docker.io/library/alpine:latest", "alpine:latest"),
        ("alpine:3", "docker.io/library/alpine:3", "alpine:3"),
        ("docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest"),
        ("index.docker.io/me/app", "docker.io/me/app:latest", "me/app:latest"),
        ("docker.io/library/alpine", "docker.io/library/alpine:latest", "alpine:latest"),
        ("library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"),
        ("me/app:V1.0-x_y", "docker.io/me/app:V1.0-x_y", "me/app:V1.0-x_y"),
        ("localhost/app", "localhost/app:latest", "localhost/app:latest"),
        ("localhost", "docker.io/library/localhost:latest", "localhost:latest"),
        ("host:5000/app", "host:5000/app:latest", "host:5000/app:latest"),
        ("Host/app", "Host/app:latest", "Host/app:latest"),
        ("r.example:5000/a/b:t", "r.example:5000/a/b:t", "r.example:5000/a/b:t"),
        ("[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest"),
        (f"alpine@{SHA}", f"docker.io/library/alpine@{SHA}", f"alpine@{SHA}"),
        (f"alpine:3@{SHA}", f"docker.io/library/alpine:3@{SHA}", f"alpine:3@{SHA}"),
        ("a__b.c---d", "docker.io/library/a__b.c---d:latest", "a__b.c---d:latest"),
        ("0" * 63, f"docker.io/library/{'0' * 63}:latest", f"{'0' * 63}:latest"),
        ("a:" + "x" * 128, f"docker.io/library/a:{'x' * 128}", f"a:{'x' * 128}"),
    ],
)
def test_a_name_is_made_whole_and_shown_short(text: str, whole: str, familiar: str) -> None:
    reference = parse_reference(text)
    assert (str(reference), reference.familiar) == (whole, familiar)
    assert parse_reference(whole) == reference


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid reference format"),
        (":", "invalid reference format"),
        ("a:", "invalid reference format"),
        ("a@", "invalid reference format"),
        ("@", "invalid reference format"),
        (f"@{SHA}", "invalid reference format"),
        ("a@sha256:00", "invalid reference format"),
        (f"a@{SHA}@{SHA}", "invalid reference format"),
        (f"a@{SHA.upper()}", "invalid reference format"),
        ("a//b", "invalid reference format"),
        ("/a", "invalid reference format"),
        ("a/", "invalid reference format"),
        ("a..b", "invalid reference format"),
        ("a___b", "invalid reference format"),
        ("-a", "invalid reference format"),
        ("a b", "invalid reference format"),
        ("a\n", "invalid reference format"),
        ("ä", "invalid reference format"),
        ("-h.x/a", "invalid reference format"),
        ("h:x/a", "invalid reference format"),
        ("a:-x", "invalid tag format"),
        ("a:" + "x" * 129, "invalid tag format"),
        ("App", "invalid reference format: repository name (library/App) must be lowercase"),
        ("0" * 64, f"invalid reference format: repository name ({'0' * 64}) cannot be a 64-byte hexadecimal string"),
        ("h.x/" + "a" * 256, "repository name must not be more than 255 characters"),
    ],
)
def test_what_is_no_name_is_refused_in_dockers_words(text: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_reference(text)
    assert caught.value.message == reason


def test_a_name_alone_may_stay_without_a_tag() -> None:
    reference = parse_reference("alpine", default_tag=False)
    assert (reference.tag, str(reference), reference.target) == (None, "docker.io/library/alpine", "latest")


def test_a_registry_is_asked_for_the_digest_before_the_tag() -> None:
    assert parse_reference(f"a:1@{SHA}").target == SHA
    assert parse_reference("a:1").target == "1"


@pytest.mark.parametrize(
    ("text", "is_one"), [("a", True), ("_a.-", True), (".a", False), ("", False), ("a/b", False), ("ä", False)]
)
def test_what_may_be_a_tag(text: str, is_one: bool) -> None:
    assert is_tag(text) is is_one
