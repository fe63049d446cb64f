import time

import pytest

from plugins.registry_hub.challenges import Challenge, parse_challenges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:pull,push",error="invalid_token"',
            Challenge("bearer", "https://auth.test/token", "registry.test", "repository:a/b:pull,push", "invalid_token"),
        ),
        ("bearer realm=https://auth.test/t , service = x", Challenge("bearer", "https://auth.test/t", "x")),
        ('Basic realm="a \\"quoted\\" realm"', Challenge("basic", 'a \\"quoted\\" realm')),
    ],
)
def test_challenges_are_read(header: str, expected: Challenge) -> None:
    assert parse_challenges([header]) == (expected,)


def test_bearer_is_preferred_and_the_unknown_left_out() -> None:
    found = parse_challenges(["Negotiate abc", 'Basic realm="r"', 'Bearer realm="r"', "nonsense", ""])
    assert [challenge.scheme for challenge in found] == ["bearer", "basic"]


@pytest.mark.parametrize(
    "header",
    [f"Bearer {piece * 90_000}!" for piece in (" ", "a", "a ", "a=", 'a="', '\\"', ",", 'a="\\')] + ["Bearer" + " " * 90_000],
)
def test_a_hostile_challenge_costs_no_time(header: str) -> None:
    begun = time.thread_time()
    parse_challenges([header] * 100)
    assert time.thread_time() - begun < 0.5
