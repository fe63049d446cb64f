import pytest

from plugins.api_docker.convert.times import human_duration, rfc3339_fixed, rfc3339_nano, rfc3339_seconds

SECOND = 10**9
HOUR = 3600 * SECOND
DAY = 24 * HOUR
AT = 1_704_164_645 * SECOND


@pytest.mark.parametrize(
    ("at_ns", "text"),
    [
        (0, "0001-01-01T00:00:00Z"),
        (AT, "2024-01-02T03:04:05Z"),
        (AT + 120_000_000, "2024-01-02T03:04:05.12Z"),
        (AT + 1, "2024-01-02T03:04:05.000000001Z"),
    ],
)
def test_rfc3339_nano_has_no_trailing_zeros(at_ns: int, text: str) -> None:
    assert rfc3339_nano(at_ns) == text


def test_other_precisions() -> None:
    assert rfc3339_fixed(AT + 120_000_000) == "2024-01-02T03:04:05.120000000Z"
    assert rfc3339_seconds(AT + 999) == "2024-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("elapsed", "words"),
    [
        (-5 * SECOND, "Less than a second"),
        (0, "Less than a second"),
        (SECOND, "1 second"),
        (59 * SECOND, "59 seconds"),
        (60 * SECOND, "About a minute"),
        (119 * SECOND, "About a minute"),
        (120 * SECOND, "2 minutes"),
        (HOUR - 1, "59 minutes"),
        (HOUR, "About an hour"),
        (HOUR + HOUR // 2, "2 hours"),
        (47 * HOUR, "47 hours"),
        (48 * HOUR, "2 days"),
        (13 * DAY, "13 days"),
        (14 * DAY, "2 weeks"),
        (59 * DAY, "8 weeks"),
        (60 * DAY, "2 months"),
        (729 * DAY, "24 months"),
        (800 * DAY, "2 years"),
    ],
)
def test_durations_in_the_words_of_docker_ps(elapsed: int, words: str) -> None:
    assert human_duration(elapsed) == words
