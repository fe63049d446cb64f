"""The contract of observers finds one that holds up the daemon without working."""

import time
from collections.abc import Sequence

import pytest

from sdk.events import Event
from sdk.observer import Observer
from sdk.testing.contracts.observer import ObserverContract
from sdk.tracing import Span

pytestmark = pytest.mark.anyio


class Waiting(Observer):
    """Waits at each call, as for a socket."""

    def on_event(self, event: Event) -> None:
        time.sleep(0.01)

    def on_trace(self, spans: Sequence[Span]) -> None:
        time.sleep(0.01)


async def test_one_that_waits_does_not_return_at_once() -> None:
    suite = ObserverContract()
    with pytest.raises(AssertionError):
        await suite.test_it_sees_an_event_at_once(Waiting())
    with pytest.raises(AssertionError):
        await suite.test_it_gets_a_trace_at_once(Waiting())


async def test_one_that_returns_does() -> None:
    suite = ObserverContract()
    await suite.test_it_sees_an_event_at_once(Observer())
    await suite.test_it_gets_a_trace_at_once(Observer())
