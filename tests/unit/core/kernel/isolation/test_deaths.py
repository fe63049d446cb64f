"""How soon a process is begun again, and when the driver has failed."""

from core.kernel.isolation.deaths import FAILED_PAUSE, HEALTHY, LONGEST_PAUSE, TOO_MANY, WINDOW, Deaths


def test_pauses_double_up_to_the_longest_and_begin_anew_after_a_while_of_health() -> None:
    deaths, pauses, now = Deaths(), [], 0.0
    for _ in range(10):
        now += WINDOW  # so rarely that it is no failure
        deaths.add(now, "x", ran=1.0)
        pauses.append(deaths.pause())
    assert pauses[:4] == [0.1, 0.2, 0.4, 0.8]
    assert pauses[-1] == LONGEST_PAUSE
    deaths.add(now + WINDOW, "x", ran=HEALTHY)
    assert deaths.pause() == 0.1


def test_too_many_within_the_window_are_a_failure_until_the_window_is_over() -> None:
    deaths = Deaths()
    for number in range(TOO_MANY):
        assert not deaths.are_too_many(number)
        deaths.add(number, f"end {number}", ran=0)
    assert deaths.are_too_many(TOO_MANY)
    assert deaths.pause() == FAILED_PAUSE
    assert deaths.recent(WINDOW + 1) == TOO_MANY - 2
    assert not deaths.are_too_many(WINDOW)
    assert (deaths.total, deaths.last) == (TOO_MANY, f"end {TOO_MANY - 1}")


def test_a_failure_lasts_until_a_process_opens_the_driver() -> None:
    deaths = Deaths()
    for number in range(TOO_MANY):
        assert not deaths.failed
        deaths.add(number, "x", ran=1.0)
    assert deaths.failed
    deaths.add(FAILED_PAUSE, "x", ran=None)
    assert (deaths.failed, deaths.pause()) == (True, FAILED_PAUSE)
    deaths.opened()
    assert not deaths.failed
    deaths.add(2 * FAILED_PAUSE, "x", ran=HEALTHY)
    assert (deaths.failed, deaths.pause()) == (False, 0.1)


def test_tries_that_do_not_open_the_driver_are_a_failure_when_the_pauses_are_at_their_longest() -> None:
    deaths, pauses = Deaths(), []
    deaths.add(0, "x", ran=HEALTHY)
    for now in range(20):
        deaths.add(now, "x", ran=None)
        pauses.append(deaths.pause())
    assert pauses[:8] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6]
    assert pauses[8:] == [LONGEST_PAUSE] + [FAILED_PAUSE] * 11
