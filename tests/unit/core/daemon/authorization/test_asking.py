"""An authorizer whose thread hangs refuses at its deadline, and what it says afterwards changes nothing. Other faults: test_door.py."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from functools import partial

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from core.daemon.authorization.asking import STUCK_AT, UNDER_WAY, Asking
from core.daemon.authorization.refused import Refused
from sdk.drivers.authorizer import ApiRequest, Authorizer
from sdk.errors import PermissionDenied
from sdk.testing.authorization import api_request

pytestmark = pytest.mark.anyio

REQUEST = api_request("GET", "/info")


class Stuck(Authorizer):
    """Asks in a thread that hears nothing until it is let go, and then answers."""

    def __init__(self) -> None:
        self.gone_on = threading.Event()
        self.answer: Exception | None = None
        self.limiter = anyio.CapacityLimiter(100)

    @property
    def deadline(self) -> float:
        return 0.05

    async def authorize_request(self, request: ApiRequest) -> None:
        await anyio.to_thread.run_sync(self.gone_on.wait, limiter=self.limiter)
        if self.answer is not None:
            raise self.answer


class Quick(Authorizer):
    """Allows all."""

    async def authorize_request(self, request: ApiRequest) -> None:
        """Allow it."""


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    authorizer = Stuck()
    yield authorizer
    authorizer.gone_on.set()


async def refused(asking: Asking) -> str:
    with pytest.raises(Refused) as caught:
        await asking.decide(partial(asking.authorizer.authorize_request, REQUEST))
    assert caught.value.status == 500
    return caught.value.message


@pytest.mark.parametrize("answer", [None, PermissionDenied("no"), ValueError("broken")], ids=["allows", "denies", "fails"])
async def test_a_late_answer_is_none(stuck: Stuck, caplog: pytest.LogCaptureFixture, answer: Exception | None) -> None:
    stuck.answer = answer
    asking, began = Asking("policy", stuck), time.monotonic()
    assert await refused(asking) == "plugin policy failed with error: no answer in time"
    assert time.monotonic() - began < 30
    assert caplog.messages == ["authorizer policy: it does not answer: 1 decision is overdue"]
    stuck.gone_on.set()
    with anyio.fail_after(30), caplog.at_level(logging.WARNING):
        while not any("has ended a decision" in message for message in caplog.messages):
            await anyio.sleep(0.01)
    stuck.answer = None
    await asking.decide(partial(stuck.authorize_request, REQUEST))


class Late(Stuck):
    """Answers as soon as it is asked to stop."""

    async def authorize_request(self, request: ApiRequest) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._go_on_when_told_to_stop)
            await super().authorize_request(request)
            tasks.cancel_scope.cancel()

    async def _go_on_when_told_to_stop(self) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            self.gone_on.set()


async def test_an_answer_that_comes_while_it_is_asked_to_stop_is_none(caplog: pytest.LogCaptureFixture) -> None:
    asking = Asking("policy", Late())
    assert await refused(asking) == "plugin policy failed with error: no answer in time"
    assert caplog.messages == []


async def test_one_that_leaves_too_many_unanswered_is_asked_no_more(stuck: Stuck) -> None:
    asking = Asking("policy", stuck)
    async with anyio.create_task_group() as tasks:
        for _ in range(STUCK_AT):
            tasks.start_soon(refused, asking)
    assert await refused(asking) == "plugin policy failed with error: it does not answer: 4 decisions are overdue"
    assert stuck.limiter.borrowed_tokens == STUCK_AT


async def test_many_that_come_at_once_take_few_threads(stuck: Stuck) -> None:
    asking = Asking("policy", stuck)
    told: list[str] = []

    async def ask() -> None:
        told.append(await refused(asking))

    async with anyio.create_task_group() as tasks:
        for _ in range(3 * UNDER_WAY):
            tasks.start_soon(ask)
    assert set(told) == {"plugin policy failed with error: no answer in time"}
    assert (len(told), stuck.limiter.borrowed_tokens) == (3 * UNDER_WAY, UNDER_WAY)


async def test_what_waits_for_others_is_decided_when_they_have_ended() -> None:
    asking, most = Asking("policy", Quick()), 0
    under_way: set[int] = set()

    async def ask(number: int) -> None:
        nonlocal most
        under_way.add(number)
        most = max(most, len(under_way))
        await anyio.lowlevel.checkpoint()
        under_way.remove(number)

    async with anyio.create_task_group() as tasks:
        for number in range(10 * UNDER_WAY):
            tasks.start_soon(asking.decide, partial(ask, number))
    assert (most, under_way) == (UNDER_WAY, set())


async def test_clients_that_leave_while_they_wait_take_no_place(stuck: Stuck) -> None:
    asking = Asking("policy", stuck)
    async with anyio.create_task_group() as tasks:
        for _ in range(3 * UNDER_WAY):
            tasks.start_soon(refused, asking)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    stuck.gone_on.set()
    with anyio.fail_after(30):
        while stuck.limiter.borrowed_tokens:
            await anyio.sleep(0.01)
        async with anyio.create_task_group() as tasks:
            for _ in range(UNDER_WAY):
                tasks.start_soon(asking.decide, partial(stuck.authorize_request, REQUEST))


async def test_a_client_that_leaves_waits_for_no_hanging_authorizer(stuck: Stuck, caplog: pytest.LogCaptureFixture) -> None:
    asking = Asking("policy", stuck)
    began = time.monotonic()
    with anyio.move_on_after(0.01) as scope:
        await asking.decide(partial(stuck.authorize_request, REQUEST))
    assert scope.cancelled_caught
    assert time.monotonic() - began < 30
    assert caplog.messages == ["authorizer policy: it does not answer: 1 decision is overdue"]


async def test_one_that_hears_it_is_to_stop_has_ended_when_the_client_is_told(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[str] = []

    async def ask() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("x")

    assert await refused_by(ask) == "plugin policy failed with error: no answer in time"
    assert (ended, caplog.messages) == (["x"], [])


async def test_one_that_cancels_itself_refuses() -> None:
    async def ask() -> None:
        raise asyncio.CancelledError

    assert await refused_by(ask) == "plugin policy failed with error: no answer in time"


async def refused_by(ask) -> str:
    with pytest.raises(Refused) as caught:
        await Asking("policy", Stuck()).decide(ask)
    return caught.value.message
