"""A descriptor waits as a message: copies of it are given, and taking it closes it for good."""

import os
import pty
from collections.abc import Iterator

import pytest

from sdk.shim.parking import Parking, is_terminal, park, parking_place


@pytest.fixture
def parked() -> Iterator[tuple[Parking, int]]:
    """A place in which the write end of a pipe is parked, and that is all there is of it; and the read end."""
    sender, place = parking_place()
    read, write = os.pipe()
    park(sender, write)
    os.close(write)
    with sender:
        yield place, read
    os.close(read)
    place.close()


def test_peeking_gives_copies_and_the_parked_one_stays(parked: tuple[Parking, int]) -> None:
    place, read = parked
    for _ in range(2):
        copy = place.peek()
        assert copy is not None
        assert not os.get_inheritable(copy)
        os.write(copy, b"x")
        os.close(copy)
    assert os.read(read, 10) == b"xx"


def test_what_is_taken_out_is_closed_for_good(parked: tuple[Parking, int]) -> None:
    place, read = parked
    place.clear()
    place.clear()
    assert os.read(read, 10) == b""
    assert place.peek() is None


def test_a_place_whose_sender_is_gone_and_a_closed_one_have_nothing() -> None:
    sender, place = parking_place()
    assert place.peek() is None
    sender.close()
    assert place.peek() is None
    place.close()
    assert place.peek() is None
    place.clear()


def test_only_the_master_of_a_pseudo_terminal_is_a_terminal() -> None:
    master, slave = pty.openpty()
    read, write = os.pipe()
    try:
        assert [is_terminal(descriptor) for descriptor in (master, slave, read, write)] == [True, False, False, False]
    finally:
        for descriptor in (master, slave, read, write):
            os.close(descriptor)
