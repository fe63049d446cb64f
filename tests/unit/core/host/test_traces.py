"""What mentions a root or the instance is a trace; found here without any daemon."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.host.removal import remove
from core.host.traces import Territory, Trace, files, find_traces, has_content, processes, tables
from sdk.linux.nftables import Nftables
from sdk.testing.netns import private_network

ID = "0123456789abcdef" * 4


@pytest.fixture
def territory(tmp_path: Path) -> Territory:
    (tmp_path / "data").mkdir()
    (tmp_path / "run").mkdir()
    return Territory(tmp_path / "data", tmp_path / "run", "")


@pytest.fixture
def opener(territory: Territory) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has a file of a container open."""
    state = territory.exec_root / "containers" / ID / "state"
    state.parent.mkdir(parents=True)
    script = f"import sys; opened = open({str(state)!r}, 'w'); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process


def test_a_process_with_an_open_file_is_found_with_its_container(territory: Territory, opener: subprocess.Popen[bytes]) -> None:
    (trace,) = processes(territory, 0)
    assert trace.name.startswith(f"{opener.pid} ")
    assert trace.id == ID


def test_the_daemon_itself_is_no_trace(territory: Territory, opener: subprocess.Popen[bytes]) -> None:
    assert list(processes(territory, opener.pid)) == []


def test_a_leaked_process_can_be_removed(territory: Territory, opener: subprocess.Popen[bytes]) -> None:
    (trace,) = processes(territory, 0)
    remove(trace)
    assert opener.wait(30) == -9


def test_files_named_by_an_id_are_found_but_not_what_is_in_them(territory: Territory) -> None:
    (territory.data_root / "containers" / ID / ("f" * 64)).mkdir(parents=True)
    (territory.data_root / "content" / "sha256").mkdir(parents=True)
    (territory.data_root / "content" / "sha256" / ("e" * 64)).write_text("")
    (territory.data_root / "readme").write_text("")
    assert {trace.id for trace in files(territory)} == {ID, "e" * 64}


def test_leaked_files_can_be_removed_twice(territory: Territory) -> None:
    directory = territory.data_root / "containers" / ID
    (directory / "logs").mkdir(parents=True)
    for _ in range(2):
        remove(Trace("file", str(directory), ID))
    assert not directory.exists()


def test_an_untouched_territory_has_no_traces(territory: Territory) -> None:
    assert find_traces(territory) == []


@pytest.mark.privileged
def test_a_table_is_found_and_removed() -> None:
    with private_network():
        Nftables().run("add table inet core_abcdef12; add table inet other")
        territory = Territory(Path("/data"), Path("/run"), "abcdef12")
        (found,) = tables(territory)
        assert found == Trace("table", "core_abcdef12")
        remove(found)
        assert list(tables(territory)) == []
        assert "other" in Nftables().run("list tables")


def test_what_is_kept_for_later_is_no_trace(territory: Territory) -> None:
    data = territory.data_root
    kept = (data / "content/ingest" / f"{ID}.partial", data / "content/blobs/sha256" / ID, data / "lost/then/containers" / ID)
    for path in (*kept, data / "containers" / ID):
        path.parent.mkdir(parents=True)
        path.touch()
    assert [trace.name for trace in files(territory)] == [str(data / "containers" / ID)]
    assert has_content(data)
