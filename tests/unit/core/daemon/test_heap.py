"""What is free between pieces that live on is given back to the kernel."""

import subprocess
import sys

_PROGRAM = """
import anyio
from core.daemon.heap import trim_when_grown, resident

async def main():
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(trim_when_grown, 0.2)
        await anyio.sleep(0.05)
        pieces = [bytes(60_000) for _ in range(2000)]
        kept = pieces[-1]
        full = resident()
        del pieces
        kept_by_malloc = resident()
        with anyio.move_on_after(60):
            while resident() > full - 80_000_000:
                await anyio.sleep(0.01)
        print(full - kept_by_malloc < 10_000_000, full - resident() > 80_000_000, len(kept))
        tasks.cancel_scope.cancel()

anyio.run(main)
"""


def test_free_memory_is_given_back():
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "60000"]
