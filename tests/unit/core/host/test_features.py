"""The kernel is asked, not its version."""

from core.host.features import _has_call, features


def test_every_feature_says_what_it_is_for() -> None:
    found = features()
    assert len({feature.name for feature in found}) == len(found) > 12
    assert all(feature.why for feature in found)


def test_needed_ones_come_first() -> None:
    needed = [feature.needed for feature in features()]
    assert needed == sorted(needed, reverse=True)


def test_a_system_call_that_does_not_exist_is_not_found() -> None:
    assert not _has_call(9999)
    assert _has_call(39)
