"""A question on its way: which replies it takes, and how long it waits."""

import anyio
import pytest
from dnslib import RR, A, DNSRecord

from core.networks.dns.question import Question

pytestmark = pytest.mark.anyio


QUERY = DNSRecord.question("Example.org")
QUERY.header.id = 0x1234


def reply_to(question: Question, *, name: str = "Example.org", kind: str = "A") -> bytes:
    """Return what a server says to what it was sent, or to another question under the same number."""
    message = DNSRecord.question(name, kind)
    message.header.id = question.number
    answer = message.reply()
    answer.add_answer(RR(name, rdata=A("192.0.2.1")))
    return bytes(answer.pack())


def test_it_goes_out_under_a_number_of_its_own() -> None:
    numbers = {Question(QUERY.pack()).number for _ in range(50)}
    assert len(numbers) > 40, "which cannot be guessed"
    question = Question(QUERY.pack())
    assert question.message == question.number.to_bytes(2, "big") + QUERY.pack()[2:]


async def test_a_reply_comes_back_under_the_clients_number() -> None:
    question = Question(QUERY.pack())
    question.receive(reply_to(question))
    found = await question.reply("192.0.2.53", 5)
    assert found
    assert found[:2] == b"\x12\x34"
    assert found[2:] == reply_to(question)[2:]


async def test_the_names_case_is_the_servers_affair() -> None:
    question = Question(QUERY.pack())
    question.receive(reply_to(question, name="EXAMPLE.ORG"))
    assert await question.reply("192.0.2.53", 5)


@pytest.mark.parametrize(
    "forged",
    [
        lambda question: reply_to(question, name="evil.org"),
        lambda question: reply_to(question, name="example.org.evil"),
        lambda question: reply_to(question, kind="AAAA"),
        lambda question: question.message,
        lambda question: reply_to(question)[:11],
        lambda question: b"",
        lambda question: reply_to(question)[:12],
        lambda question: reply_to(question)[:12] + b"\xff" * 300,
    ],
    ids=("name", "longer name", "kind", "no reply", "cut head", "nothing", "no question", "endless labels"),
)
async def test_a_reply_to_another_question_is_none(forged) -> None:
    question = Question(QUERY.pack())
    question.receive(forged(question))
    assert await question.reply("192.0.2.53", 0.01) is None


async def test_it_waits_no_longer_for_a_server_that_cannot_be_reached() -> None:
    question = Question(QUERY.pack())

    async def lose() -> None:
        question.lose("192.0.2.1")
        question.lose("192.0.2.2")

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lose)
            assert await question.reply("192.0.2.2", 1000) is None
        question.receive(reply_to(question))
        assert await question.reply("192.0.2.2", 1000), "a late reply counts all the same"


async def test_a_server_that_is_asked_again_is_waited_for_again() -> None:
    question = Question(QUERY.pack())
    question.lose("192.0.2.1")
    with anyio.move_on_after(0.02) as waiting:
        await question.reply("192.0.2.1", 1000)
    assert waiting.cancelled_caught
