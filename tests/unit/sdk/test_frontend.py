"""How a path tells the API version."""

import pytest

from sdk.frontend import split_version


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
