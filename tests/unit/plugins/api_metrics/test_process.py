"""The figures of this process."""

import os
import time

from plugins.api_metrics import process
from sdk.linux.processes import began


def test_every_figure_is_there() -> None:
    started = began(os.getpid())
    values = {family.name: value for family, ((_labels, value),) in process.samples(started)}
    assert list(values) == [family.name for family in process.FAMILIES]
    assert time.time() - os.times().elapsed < values["process_start_time_seconds"] == started < time.time() + 1
    assert values["process_virtual_memory_bytes"] > values["process_resident_memory_bytes"] > 1 << 20
    assert 3 <= values["process_open_fds"] < values["process_max_fds"]
    assert values["process_cpu_seconds_total"] > 0
