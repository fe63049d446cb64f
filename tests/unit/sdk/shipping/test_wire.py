"""How a receiver that fails is tried again."""

from sdk.shipping.wire import Patience


def test_each_time_is_later_up_to_a_limit() -> None:
    assert [Patience(1, 2, 5).delay(failures) for failures in (1, 2, 3, 4, 10**6)] == [1, 2, 4, 5, 5]
