"""Announcements of addresses: what options ask for, and when they are sent."""

import socket
import threading
import time

import pytest

from sdk.errors import InvalidArgument
from sdk.network.announcing import Announcer, Announcing, announcing

COUNT, INTERVAL = "com.docker.network.advertise_addr_nmsgs", "com.docker.network.advertise_addr_ms"


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, Announcing(3, 1.0)),
        ({COUNT: "", INTERVAL: ""}, Announcing(3, 1.0)),
        ({COUNT: "0"}, Announcing(0, 1.0, asked=True)),
        ({COUNT: "+2", INTERVAL: "0100"}, Announcing(2, 0.1, asked=True)),
        ({INTERVAL: "2000"}, Announcing(3, 2.0, asked=True)),
        ({COUNT: "0" * 5000 + "2"}, Announcing(2, 1.0, asked=True)),
    ],
)
def test_options(options: dict[str, str], wanted: Announcing) -> None:
    assert announcing(options) == wanted


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        (COUNT, "4", "advertise_addr_nmsgs must be in the range 0 to 3"),
        (COUNT, "-1", "advertise_addr_nmsgs must be in the range 0 to 3"),
        (COUNT, "9" * 5000, "advertise_addr_nmsgs must be in the range 0 to 3"),
        (COUNT, "many", 'value for option com.docker.network.advertise_addr_nmsgs "many" must be an integer'),
        (COUNT, "1_0", "must be an integer"),
        (COUNT, "\N{ARABIC-INDIC DIGIT TWO}", "must be an integer"),
        (COUNT, "-+2", "must be an integer"),
        (COUNT, " 2", "must be an integer"),
        (INTERVAL, "99", "advertise_addr_ms must be in the range 100 to 2000"),
        (INTERVAL, "2001", "advertise_addr_ms must be in the range 100 to 2000"),
        (INTERVAL, "1s", 'value for option com.docker.network.advertise_addr_ms "1s" must be integer milliseconds'),
    ],
)
def test_options_that_make_no_sense(option: str, value: str, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        announcing({option: value})


def heard(ear: socket.socket, seconds: float = 30) -> list[bytes]:
    """Return what is said until the other end is closed."""
    ear.settimeout(seconds)
    messages = []
    with ear:
        while message := ear.recv(64):
            messages.append(message)
    return messages


def pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def test_each_is_said_as_often_as_is_wanted_and_then_the_socket_is_closed() -> None:
    announcer, (mouth, ear), (other_mouth, other_ear) = Announcer(), pair(), pair()
    begun = time.monotonic()
    announcer.begin("one", mouth, [b"arp", b"na"], Announcing(3, 0.05))
    announcer.begin("two", other_mouth, [b"arp"], Announcing(1, 60.0))
    assert heard(other_ear) == [b"arp"]
    assert heard(ear) == [b"arp", b"na"] * 3
    assert time.monotonic() - begun >= 0.1
    announcer.begin("three", (again := pair())[0], [b"later"], Announcing(1))
    assert heard(again[1]) == [b"later"]
    for thread in threading.enumerate():
        if thread.name == "announcer":
            thread.join(30)
            assert not thread.is_alive(), "it is there only while there is something to say"


def test_who_ends_says_no_more() -> None:
    announcer, (mouth, ear) = Announcer(), pair()
    announcer.begin("one", mouth, [b"arp"], Announcing(3, 60.0))
    announcer.end("one")
    announcer.end("one")
    announcer.end("none")
    assert heard(ear) == [b"arp"]
    announcer.begin("two", (again := pair())[0], [b"arp"], Announcing(3, 60.0))
    announcer.close()
    assert heard(again[1]) == [b"arp"]


def test_an_interface_that_is_gone_is_no_failure() -> None:
    announcer, (mouth, ear) = Announcer(), pair()
    ear.close()
    announcer.begin("one", mouth, [b"arp"], Announcing(2, 0.01))
    deadline = time.monotonic() + 30
    while mouth.fileno() >= 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)
