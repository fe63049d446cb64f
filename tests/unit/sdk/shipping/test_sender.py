"""A sender and receivers that are away, die, come back, refuse, hang and break."""

import logging
import threading
from collections.abc import Callable, Sequence

import pytest

from sdk.drivers.logs import StdStream
from sdk.shipping._queue import Queue
from sdk.shipping._sender import Sender
from sdk.shipping.records import Record
from sdk.shipping.wire import Delivery, Patience, Undelivered, Wire
from tests.log_receivers import until

OUT = StdStream.STDOUT
QUICK = Patience(first=0.005, longest=0.02)
LOG = logging.getLogger("plugins.log_example")


class ScriptedWire(Wire):
    """Takes records as `script` says, one entry a call: an exception is raised; otherwise all are taken. After the script all are."""

    def __init__(self, *script: Exception | None, connecting: Sequence[Exception | None] = ()) -> None:
        self.lines: list[bytes] = []
        self.calls: list[str] = []
        self.entered, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()
        self._script, self._connecting = list(script), list(connecting)

    def connect(self) -> None:
        self.calls.append("connect")
        if self._connecting and (error := self._connecting.pop(0)):
            raise error

    def send(self, records: Sequence[Record]) -> None:
        self.entered.set()
        assert self.go_on.wait(30)
        error = self._script.pop(0) if self._script else None
        taken = len(records) if error is None else error.taken if isinstance(error, Undelivered) else 0
        self.lines += [record.line for record in records[:taken]]
        if error:
            raise error

    def close(self) -> None:
        self.calls.append("close")


Making = Callable[..., Sender]


@pytest.fixture
def sending() -> Making:
    def make(wire: ScriptedWire, patience: Patience = QUICK, limit: int = 1 << 20, *, connected: bool = False) -> Sender:
        delivery = Delivery("example tcp://h", lambda: wire, patience)
        return Sender("c1", delivery, Queue(limit), LOG, wire if connected else None)

    return make


def complete(sender: Sender) -> None:
    """End a sender that has the time to send all."""
    sender.finish(30)
    assert sender.join(30)


def test_records_are_sent_in_order_and_the_end_lets_go(sending: Making) -> None:
    wire = ScriptedWire()
    sender = sending(wire)
    for number in range(100):
        sender.put(OUT, b"%d\n" % number, number)
    complete(sender)
    assert wire.lines == [b"%d" % number for number in range(100)]
    assert wire.calls == ["connect", "close"]


def test_a_connection_that_is_there_is_used(sending: Making) -> None:
    wire = ScriptedWire()
    sender = sending(wire, connected=True)
    sender.put(OUT, b"a\n", 1)
    complete(sender)
    assert (wire.lines, wire.calls) == ([b"a"], ["close"])


def test_a_sender_without_records_has_no_thread(sending: Making) -> None:
    wire = ScriptedWire()
    sender = sending(wire, connected=True)
    sender.finish(30)
    assert sender.join(0)
    assert wire.calls == ["close"]


def test_a_receiver_that_is_away_is_tried_again_until_it_takes_all(sending: Making, caplog: pytest.LogCaptureFixture) -> None:
    wire = ScriptedWire(connecting=[OSError("dial tcp h: connect: connection refused")] * 4)
    sender = sending(wire)
    sender.put(OUT, b"a\nb\n", 1)
    until(lambda: len(wire.lines) == 2)
    complete(sender)
    assert wire.lines == [b"a", b"b"]
    assert [record.message for record in caplog.records] == [
        "container c1: example tcp://h: records wait, up to a limit, as they cannot be sent: dial tcp h: connect: connection refused",
        "container c1: example tcp://h: records are sent again",
    ]


def test_a_receiver_that_dies_in_the_middle_gets_the_rest_and_nothing_twice(sending: Making) -> None:
    wire = ScriptedWire(Undelivered("broken pipe", taken=2), OSError("broken pipe"), Undelivered("broken pipe", taken=1))
    sender = sending(wire)
    sender.put(OUT, b"a\nb\nc\nd\ne\n", 1)
    complete(sender)
    assert wire.lines == [b"a", b"b", b"c", b"d", b"e"]


def test_what_can_never_be_sent_is_dropped_and_told(sending: Making, caplog: pytest.LogCaptureFixture) -> None:
    wire = ScriptedWire(Undelivered("message too long", taken=1, lost=1))
    sender = sending(wire)
    sender.put(OUT, b"a\nb\nc\n", 1)
    complete(sender)
    assert wire.lines == [b"a", b"c"]
    assert "container c1: example tcp://h: 1 records were dropped: they could not be sent in time" in caplog.messages


def test_a_receiver_is_given_up_after_so_many_attempts(sending: Making, caplog: pytest.LogCaptureFixture) -> None:
    wire = ScriptedWire(connecting=[OSError("refused")] * 3)
    sender = sending(wire, Patience(first=0.001, longest=0.001, attempts=3))
    sender.put(OUT, b"a\nb\n", 1)
    until(lambda: wire.calls.count("connect") == 3)
    sender.put(OUT, b"c\n", 1)
    complete(sender)
    assert wire.lines == [b"c"]
    assert any("2 records were dropped" in message for message in caplog.messages)


def test_a_wire_that_breaks_drops_what_it_had_and_is_used_again(sending: Making, caplog: pytest.LogCaptureFixture) -> None:
    wire = ScriptedWire(ZeroDivisionError("division by zero"))
    sender = sending(wire)
    sender.put(OUT, b"a\n", 1)
    assert wire.entered.wait(30)
    sender.put(OUT, b"b\n", 1)
    complete(sender)
    assert wire.lines == [b"b"]
    assert any("division by zero" in message for message in caplog.messages)


def test_a_receiver_that_hangs_holds_up_only_the_thread(sending: Making, caplog: pytest.LogCaptureFixture) -> None:
    wire = ScriptedWire()
    wire.go_on.clear()
    sender = sending(wire, limit=1000)
    sender.put(OUT, b"first\n", 1)
    assert wire.entered.wait(30)
    for _ in range(10):
        sender.put(OUT, b"x" * 300 + b"\n", 1)
    sender.finish(0)
    assert sender.join(0.01) is False
    assert caplog.messages == ["container c1: example tcp://h: 10 records were dropped: they could not be sent in time"]
    wire.go_on.set()
    until(lambda: not sender.is_alive)


def test_what_waits_at_the_end_of_its_time_is_told(sending: Making, caplog: pytest.LogCaptureFixture) -> None:
    wire = ScriptedWire(connecting=[OSError("refused")] * 1000)
    sender = sending(wire, Patience(first=60))
    sender.put(OUT, b"a\nb\n", 1)
    until(lambda: wire.calls)
    sender.finish(0.01)
    assert sender.join(30)
    assert caplog.messages[-1] == "container c1: example tcp://h: 2 records were dropped: they could not be sent in time"


def test_drops_are_counted_up_and_not_told_for_every_batch(sending: Making, caplog: pytest.LogCaptureFixture) -> None:
    wire = ScriptedWire()
    sender = sending(wire, limit=300)
    for _ in range(20):
        wire.entered.clear()
        wire.go_on.clear()
        sender.put(OUT, b"first\n", 1)
        assert wire.entered.wait(30)
        sender.put(OUT, b"x" * 300 + b"\n", 1)
        sender.put(OUT, b"too much\n", 1)
        sent = len(wire.lines)
        wire.go_on.set()
        until(lambda sent=sent: len(wire.lines) == sent + 2)
    complete(sender)
    told = [int(message.split()[4]) for message in caplog.messages if "records were dropped" in message]
    assert (sum(told), len(told)) == (20, 2)


def test_a_thread_that_cannot_be_started_is_tried_again(
    sending: Making, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = ScriptedWire()
    sender = sending(wire)
    with monkeypatch.context() as at_the_limit:
        at_the_limit.setattr(threading.Thread, "start", no_more_threads)
        sender.put(OUT, b"a\n", 1)
    assert caplog.messages == [
        "container c1: example tcp://h: records wait, up to a limit, as they cannot be sent: can't start new thread"
    ]
    sender.put(OUT, b"b\n", 1)
    until(lambda: wire.lines == [b"a", b"b"])
    complete(sender)


def test_a_sender_that_never_had_a_thread_sends_at_its_end_or_tells(
    sending: Making, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading.Thread, "start", no_more_threads)
    (lost, _), (late, wire) = [(sending(wire), wire) for wire in (ScriptedWire(), ScriptedWire())]
    for sender in (lost, late):
        sender.put(OUT, b"a\n", 1)
    lost.finish(30)
    assert lost.join(30)
    assert lost.has_ended
    assert caplog.messages[-1] == "container c1: example tcp://h: 1 records were dropped: they could not be sent in time"
    monkeypatch.undo()
    late.finish(30)
    assert late.join(30)
    assert wire.lines == [b"a"]


def test_a_wire_knows_when_its_time_is_over(sending: Making) -> None:
    wire = ScriptedWire()
    sender = sending(wire)
    assert not wire.is_over()
    sender.finish(30)
    assert not wire.is_over()
    sender.finish(0)
    assert wire.is_over()


def test_a_connection_that_cannot_be_closed_ends_nothing(sending: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = ScriptedWire(OSError("broken pipe"))
    monkeypatch.setattr(wire, "close", lambda: 1 // 0)
    sender = sending(wire)
    sender.put(OUT, b"a\n", 1)
    complete(sender)
    assert wire.lines == [b"a"]


class BrokenTrail:
    """A copy that cannot be read: its disk has gone."""

    def __init__(self) -> None:
        self.left = 0

    def begin(self) -> bool:
        raise OSError(5, "Input/output error")

    def took(self) -> bool:
        return False

    def leave(self) -> int:
        self.left += 1
        return 2 * (self.left == 1)


def test_a_copy_that_cannot_be_read_ends_no_sending(caplog: pytest.LogCaptureFixture) -> None:
    wire = ScriptedWire()
    sender = Sender("c1", Delivery("example tcp://h", lambda: wire, QUICK), Queue(200, BrokenTrail), LOG)
    wire.go_on.clear()
    sender.put(OUT, b"a\n", 1)
    assert wire.entered.wait(30)
    sender.put(OUT, b"b" * 150 + b"\n", 1)
    sender.put(OUT, b"c\n", 1)
    wire.go_on.set()
    until(lambda: any("cannot be read" in message for message in caplog.messages))
    sender.put(OUT, b"later\n", 1)
    complete(sender)
    assert wire.lines == [b"a", b"b" * 150, b"later"]
    assert caplog.messages == [
        "container c1: example tcp://h: records that wait in the copy cannot be read: input/output error",
        "container c1: example tcp://h: 2 records were dropped: they could not be sent in time",
    ]


def no_more_threads(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")
