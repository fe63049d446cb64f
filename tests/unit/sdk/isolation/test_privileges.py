"""A process keeps what it names and nothing else, and the programs it begins get no more."""

import json
import subprocess
import sys
import threading

import pytest

from sdk.isolation.privileges import keep_only
from sdk.linux.capabilities import NAMES

pytestmark = pytest.mark.privileged

SCRIPT = """
import json, subprocess, sys
from sdk.isolation.privileges import keep_only
keep_only(json.loads(sys.argv[1]))
for place in (open("/proc/self/status").read(), subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True).stdout):
    print(json.dumps({line.split(":")[0]: line.split()[-1] for line in place.splitlines() if line.startswith(("Cap", "NoNew"))}))
"""


def _kept(*names: str) -> list[dict[str, int]]:
    """Return the sets of a process that kept these, and of a program that it began."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, json.dumps(names)], capture_output=True, text=True, check=True)
    return [{key: int(value, 16) for key, value in json.loads(line).items()} for line in done.stdout.splitlines()]


@pytest.mark.parametrize("names", [(), ("CAP_CHOWN", "CAP_SYS_ADMIN"), ("CAP_NET_RAW",)])
def test_what_is_named_is_kept_and_nothing_else(names: tuple[str, ...]) -> None:
    mask = sum(1 << NAMES.index(name) for name in names)
    with open("/proc/self/status") as status:
        here = next(int(line.split()[1], 16) for line in status if line.startswith("CapPrm"))
    for sets in _kept(*names):
        assert sets == {
            "CapInh": 0,
            "CapPrm": mask & here,
            "CapEff": mask & here,
            "CapBnd": mask & here,
            "CapAmb": 0,
            "NoNewPrivs": 1,
        }


def test_one_beyond_32_is_kept_where_the_process_has_it() -> None:
    own, program = _kept("CAP_SYSLOG")
    assert own["CapPrm"] & ~(1 << NAMES.index("CAP_SYSLOG")) == 0
    assert program["CapPrm"] == own["CapPrm"]


def test_a_process_with_several_threads_is_refused() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        with pytest.raises(RuntimeError, match="several threads"):
            keep_only(())
    finally:
        stop.set()
        thread.join()
