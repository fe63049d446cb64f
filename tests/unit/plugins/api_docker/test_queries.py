import pytest

from plugins.api_docker.queries import is_true, moment, parse_filters, parse_platform_json, parse_timestamp, read_int
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
        ("0", 0),
        ("-1", -(10**9)),
        ("1.", 10**9),
        ("12", 12 * 10**9),
        ("12.5", 12_500_000_000),
        ("12.000000001", 12_000_000_001),
        ("1.0000000019", 1_000_000_001),
    ],
)
def test_timestamps(text: str, nanoseconds: int) -> None:
    assert parse_timestamp(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("yesterday", 'invalid seconds "yesterday": invalid syntax'),
        ("1.x", "invalid nanoseconds: invalid character 'x' at position 0"),
        ("1.-5", "invalid nanoseconds: invalid character '-' at position 0"),
        ("2024-01-01T00:00:00Z", 'invalid seconds "2024-01-01T00:00:00Z": invalid syntax'),
        ("1_000", 'invalid seconds "1_000": invalid syntax'),
        (" 1", 'invalid seconds " 1": invalid syntax'),
        ("١", 'invalid seconds "١": invalid syntax'),
        ("9" * 5000, f'invalid seconds "{"9" * 5000}": value out of range'),
        ("1." + "0" * 21, "invalid nanoseconds: length 21 exceeds maximum 20"),
    ],
)
def test_other_timestamps_are_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        moment("'since'", text)
    assert refused.value.message == f"invalid value for 'since': invalid timestamp \"{text}\": {reason}"


def test_no_timestamp_is_no_moment() -> None:
    assert moment("'since'", "") is None


@pytest.mark.parametrize(("text", "number"), [("+7", 7), (3, 3)])
def test_numbers(text: str | int, number: int) -> None:
    assert read_int(text) == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "invalid syntax"), ("1_0", "invalid syntax"), (str(1 << 63), "value out of range"), ("9" * 5000, "value out of range")],
)
def test_other_numbers_are_refused_in_gos_words(text: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        read_int(text)
    assert refused.value.message == f'strconv.Atoi: parsing "{text}": {reason}'


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


@pytest.mark.parametrize("text", ["[]", "x", '{"a":"b"}', '{"a":{"b":1}}', '{"a":["\udc80"]}', '{"a":' + "[" * 20_000])
def test_other_filters_are_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="invalid filter"):
        parse_filters(text)


def test_platform_objects() -> None:
    assert parse_platform_json("") is None
    assert parse_platform_json('{"os":"linux","architecture":"arm64","variant":"v8"}') == Platform("arm64", "linux", "v8")
    with pytest.raises(InvalidArgument):
        parse_platform_json("linux/arm64")
