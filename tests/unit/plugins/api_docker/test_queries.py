import pytest

from plugins.api_docker.queries import is_true, parse_filters, parse_platform_json, parse_timestamp
from sdk.errors import InvalidArgument
from sdk.oci.descriptor import Platform


@pytest.mark.parametrize("text", ["", "0", "no", "FALSE", " none "])
def test_false(text: str) -> None:
    assert not is_true(text)


@pytest.mark.parametrize("text", ["1", "true", "yes", "anything"])
def test_true(text: str) -> None:
    assert is_true(text)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("", 0),
        ("0", 0),
        ("12", 12 * 10**9),
        ("12.5", 12_500_000_000),
        ("12.000000001", 12_000_000_001),
        ("1.0000000019", 1_000_000_001),
    ],
)
def test_timestamps(text: str, nanoseconds: int) -> None:
    assert parse_timestamp(text) == nanoseconds


@pytest.mark.parametrize("text", ["yesterday", "1.x", "2024-01-01T00:00:00Z"])
def test_other_timestamps_are_refused(text: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_timestamp(text)


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("", {}),
        ("{}", {}),
        ('{"a":["b","c"]}', {"a": ("b", "c")}),
        ('{"a":{"b":true,"c":true}}', {"a": ("b", "c")}),
        ('{"a":{"b":false}}', {"a": ()}),
    ],
)
def test_filters(text: str, filters: dict[str, tuple[str, ...]]) -> None:
    assert parse_filters(text) == filters


@pytest.mark.parametrize("text", ["[]", "x", '{"a":"b"}', '{"a":{"b":1}}'])
def test_other_filters_are_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="invalid filter"):
        parse_filters(text)


def test_platform_objects() -> None:
    assert parse_platform_json("") is None
    assert parse_platform_json('{"os":"linux","architecture":"arm64","variant":"v8"}') == Platform("arm64", "linux", "v8")
    with pytest.raises(InvalidArgument):
        parse_platform_json("linux/arm64")
