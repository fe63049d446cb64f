import struct
import time

import pytest

from core.cli.client.commands.pull import split_tag
from core.cli.client.commands.stats import cpu_percent, memory_used
from core.cli.client.connection.api import ApiError
from core.cli.client.connection.endpoint import BadHost, find_endpoint
from core.cli.client.connection.failure import start_status
from core.cli.client.connection.frames import Frames
from core.cli.client.models import Sample
from core.cli.client.show.progress import messages
from core.cli.client.show.words import age, memory, moment, short, size


def frame(stream: int, content: bytes) -> bytes:
    return struct.pack(">BxxxI", stream, len(content)) + content


@pytest.mark.parametrize("step", [1, 3, 8, 1000])
def test_frames_are_put_together_from_any_pieces(step: int):
    wire = frame(1, b"one") + frame(2, b"") + frame(2, b"two" * 100)
    frames = Frames()
    found = [piece for at in range(0, len(wire), step) for piece in frames.feed(wire[at : at + step])]
    assert found == [(1, b"one"), (2, b""), (2, b"two" * 100)]


def test_progress_comes_in_any_pieces_and_ends_with_its_error():
    wire = b'{"status":"a","id":"x","progressDetail":{"current":1,"total":2}}\r\n{"status":"b"}\n'
    found = list(messages(wire[at : at + 5] for at in range(0, len(wire), 5)))
    assert [(m.status, m.id, m.progress_detail.total) for m in found] == [("a", "x", 2), ("b", "", 0)]
    with pytest.raises(ApiError, match="no space"):
        list(messages([b'{"errorDetail":{"message":"no space"},"error":"no space"}']))


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("busybox", ("busybox", "")),
        ("busybox:1", ("busybox", "1")),
        ("localhost:5000/a/b", ("localhost:5000/a/b", "")),
        ("localhost:5000/a:t", ("localhost:5000/a", "t")),
        ("a@sha256:00", ("a", "sha256:00")),
    ],
)
def test_names_of_images(image: str, parts: tuple[str, str]):
    assert split_tag(image) == parts


def test_endpoints(monkeypatch):
    monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
    monkeypatch.setenv("DOCKER_HOST", "unix:///from/environment")
    assert find_endpoint("").path == "/from/environment"
    assert find_endpoint("unix:///said").path == "/said"
    monkeypatch.delenv("DOCKER_HOST")
    assert find_endpoint("").path == "/run/core/core.sock"
    assert find_endpoint("tcp://[::1]:99").base_url == "http://[::1]:99"
    assert find_endpoint("tcp://host").port == 2375
    with pytest.raises(BadHost):
        find_endpoint("ssh://host")


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ('exec: "x": executable file not found in $PATH', 127),
        ("exec: /x: no such file or directory", 127),
        ("exec: /etc: permission denied", 126),
        ("port is already allocated", 125),
    ],
)
def test_exit_statuses_of_failed_starts(message: str, status: int):
    assert start_status(ApiError(400, message)) == status


def test_words():
    assert short("sha256:0123456789abcdef") == "0123456789ab"
    assert [size(0), size(999), size(4_270_000)] == ["0B", "999B", "4.27MB"]
    assert memory(536 << 10) == "536KiB"
    now = time.time()
    assert [age(now), age(now - 1.5), age(now - 90), age(now - 7200), age(now - 86400 * 800)] == [
        "Less than a second ago",
        "1 second ago",
        "90 seconds ago",
        "2 hours ago",
        "2 years ago",
    ]
    assert float(moment("10m")) == pytest.approx(time.time() - 600, abs=2)
    assert moment("2024-01-01T00:00:00+00:00") == "1704067200.000000"
    assert moment("1704067200") == "1704067200"


def test_statistics():
    sample = Sample()
    assert cpu_percent(sample) == 0
    assert memory_used(sample) == 0
