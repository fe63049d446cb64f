"""The spool keeps each byte in exactly one place, whatever the moment of a crash."""

import os
from pathlib import Path

import pytest

from core.streams.spool import READ_LIMIT, Spool
from sdk.errors import DataLoss
from tests.killed import killed_at_every_call


@pytest.fixture
def pipe():
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    yield reader, writer
    os.close(reader)
    os.close(writer)


def test_fill_returns_new_bytes_and_keeps_them(tmp_path: Path, pipe):
    reader, writer = pipe
    spool = Spool(tmp_path / "spool")
    os.write(writer, b"one\n")
    assert spool.fill(reader) == b"one\n"
    os.write(writer, b"two")
    assert spool.fill(reader) == b"two"
    assert bytes(spool.pending) == b"one\ntwo"


def test_fill_raises_when_there_is_nothing(tmp_path: Path, pipe):
    with pytest.raises(BlockingIOError):
        Spool(tmp_path / "spool").fill(pipe[0])


def test_it_is_closed_also_while_a_part_of_it_is_seen(tmp_path: Path, pipe):
    reader, writer = pipe
    spool = Spool(tmp_path / "spool")
    os.write(writer, b"one\n")
    spool.fill(reader)
    seen = spool.pending
    spool.close()
    assert bytes(seen) == b"one\n"
    seen.release()
    assert bytes(Spool(tmp_path / "spool").pending) == b"one\n"


def test_end_of_file_is_empty(tmp_path: Path):
    reader, writer = os.pipe2(os.O_NONBLOCK)
    os.close(writer)
    assert Spool(tmp_path / "spool").fill(reader) == b""
    os.close(reader)


def test_pending_bytes_survive_the_process(tmp_path: Path, pipe):
    reader, writer = pipe
    os.write(writer, b"unfinished")
    Spool(tmp_path / "spool").fill(reader)
    survivor = Spool(tmp_path / "spool")
    assert survivor.recover() is None
    assert bytes(survivor.pending) == b"unfinished"


def test_a_write_in_doubt_is_to_be_rewound(tmp_path: Path, pipe):
    reader, writer = pipe
    os.write(writer, b"line\nrest")
    spool = Spool(tmp_path / "spool")
    spool.fill(reader)
    spool.begin_write("17")
    survivor = Spool(tmp_path / "spool")
    assert survivor.recover() == "17"
    assert bytes(survivor.pending) == b"line\nrest"


def test_a_finished_write_is_not_rewound(tmp_path: Path, pipe):
    reader, writer = pipe
    os.write(writer, b"line\nrest")
    spool = Spool(tmp_path / "spool")
    spool.fill(reader)
    spool.begin_write("17")
    spool.end_write(5)
    survivor = Spool(tmp_path / "spool")
    assert survivor.recover() is None
    assert bytes(survivor.pending) == b"rest"


def test_a_read_that_came_but_was_not_noted_is_found(tmp_path: Path, pipe, monkeypatch):
    reader, writer = pipe
    os.write(writer, b"a" * 100)
    spool = Spool(tmp_path / "spool")
    readv = os.readv

    def die_after(descriptor, buffers):
        readv(descriptor, buffers)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "readv", die_after)
    with pytest.raises(KeyboardInterrupt):
        spool.fill(reader)
    survivor = Spool(tmp_path / "spool")
    survivor.recover()
    assert bytes(survivor.pending) == b"a" * 100


def test_a_read_that_never_came_leaves_the_pipe_alone(tmp_path: Path, pipe, monkeypatch):
    reader, writer = pipe
    os.write(writer, b"a" * 100)
    spool = Spool(tmp_path / "spool")

    def die_before(descriptor, buffers):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "readv", die_before)
        with pytest.raises(KeyboardInterrupt):
            spool.fill(reader)
    survivor = Spool(tmp_path / "spool")
    survivor.recover()
    assert bytes(survivor.pending) == b""
    assert survivor.fill(reader) == b"a" * 100


def test_long_use_never_runs_out_of_room(tmp_path: Path, pipe):
    reader, writer = pipe
    spool = Spool(tmp_path / "spool")
    sent = received = 0
    for round_ in range(200):
        chunk = b"x" * 5000 + b"\n" + b"y" * (round_ % 50)
        os.write(writer, chunk)
        sent += len(chunk)
        spool.fill(reader)
        complete = bytes(spool.pending).rfind(b"\n") + 1
        spool.begin_write(str(received))
        spool.end_write(complete)
        received += complete
    assert received + len(spool.pending) == sent
    assert len(spool.pending) < READ_LIMIT


def test_a_new_spool_is_empty_whenever_its_maker_is_killed(tmp_path: Path):
    path = tmp_path / "spool"
    for _ in killed_at_every_call(lambda: Spool(path)):
        survivor = Spool(path)
        assert survivor.recover() is None
        assert bytes(survivor.pending) == b""
        assert survivor.missing == 0
        survivor.close()
        path.unlink()


def test_a_file_of_zeros_is_an_empty_spool(tmp_path: Path):
    path = tmp_path / "spool"
    path.write_bytes(bytes(4096))
    survivor = Spool(path)
    assert survivor.recover() is None
    assert bytes(survivor.pending) == b""


def test_the_first_write_is_in_doubt_only_once_its_position_is_there(tmp_path: Path, pipe):
    reader, writer = pipe
    os.write(writer, b"line\n")
    spool = Spool(tmp_path / "spool")
    spool.fill(reader)
    assert Spool(tmp_path / "spool").recover() is None
    spool.begin_write("0:")
    assert Spool(tmp_path / "spool").recover() == "0:"


def test_a_file_that_is_no_spool_is_said_to_be_damaged_and_used_anew(tmp_path: Path, pipe):
    reader, writer = pipe
    path = tmp_path / "spool"
    path.write_bytes(os.urandom(4096).replace(b"\0", b"\1"))
    spool = Spool(path)
    with pytest.raises(DataLoss, match="damaged"):
        spool.recover()
    assert spool.recover() is None
    os.write(writer, b"line\n")
    assert spool.fill(reader) == b"line\n"
    assert bytes(spool.pending) == b"line\n"


def test_what_is_missing_is_remembered(tmp_path: Path):
    Spool(tmp_path / "spool").missing = 1234
    assert Spool(tmp_path / "spool").missing == 1234
