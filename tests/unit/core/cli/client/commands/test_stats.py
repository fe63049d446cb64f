"""A reading of what a container uses, as a line: shares, and what is not counted."""

import pytest

from core.cli.client.commands.stats import cpu_percent, memory_used, row
from core.cli.client.models import Sample


def sample(**fields: object) -> Sample:
    import msgspec

    return msgspec.convert({"id": "0123456789abcdef", "name": "/web", **fields}, Sample)


def cpu(total: int, system: int, cpus: int = 0) -> dict[str, object]:
    return {"cpu_usage": {"total_usage": total}, "system_cpu_usage": system, "online_cpus": cpus}


@pytest.mark.parametrize(
    ("now", "before", "percent"),
    [
        (cpu(0, 0), cpu(0, 0), 0),
        (cpu(50, 1000, 2), cpu(0, 900, 2), 100),
        (cpu(50, 1000), cpu(0, 900), 50),
        (cpu(50, 900, 2), cpu(0, 900, 2), 0),
        (cpu(0, 1000, 2), cpu(50, 900, 2), 0),
    ],
)
def test_a_share_is_of_one_cpu_and_never_below_none(now: object, before: object, percent: float) -> None:
    assert cpu_percent(sample(cpu_stats=now, precpu_stats=before)) == percent


@pytest.mark.parametrize(
    ("usage", "stats", "used"),
    [
        (0, {}, 0),
        (100, {"inactive_file": 30}, 70),
        (100, {"total_inactive_file": 40, "inactive_file": 30}, 60),
        (100, {"inactive_file": 100}, 100),
        (100, {"inactive_file": 200}, 100),
    ],
)
def test_memory_is_counted_without_the_cache_that_can_go(usage: int, stats: dict[str, int], used: int) -> None:
    assert memory_used(sample(memory_stats={"usage": usage, "stats": stats})) == used


def test_a_row_adds_up_interfaces_and_blocks() -> None:
    entries = [
        {"op": "Read", "value": 1000},
        {"op": "read", "value": 500},
        {"op": "Write", "value": 7},
        {"op": "Total", "value": 9},
    ]
    found = sample(
        memory_stats={"usage": 1 << 20, "limit": 4 << 20},
        networks={"eth0": {"rx_bytes": 1, "tx_bytes": 2}, "eth1": {"rx_bytes": 10, "tx_bytes": 20}},
        blkio_stats={"io_service_bytes_recursive": entries},
        pids_stats={"current": 3},
    )
    assert row(found) == ("0123456789ab", "web", "0.00%", "1MiB / 4MiB", "25.00%", "11B / 22B", "1.5kB / 7B", "3")


def test_a_container_that_has_ended_has_a_row_of_nothing() -> None:
    empty = sample(networks=None, blkio_stats={"io_service_bytes_recursive": None})
    assert row(empty)[2:] == ("0.00%", "0B / 0B", "0.00%", "0B / 0B", "0B / 0B", "0")
