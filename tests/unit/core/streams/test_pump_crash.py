"""A pump killed at random instants: the next one loses no line and doubles none."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

PUMP = """
import asyncio, os, sys
from pathlib import Path
from core.streams.hub import OutputHub
from core.streams.pump import StreamPump
from core.streams.spool import Spool
from sdk.drivers.logs import ContainerLog, StdStream

class FileLog(ContainerLog):
    def __init__(self, path):
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    path = None
    def write(self, stream, data, time_ns):
        # two writes: a kill between them leaves half a batch
        half = len(data) // 2
        os.write(self.file, data[:half])
        os.write(self.file, data[half:])
    def position(self):
        return str(os.fstat(self.file).st_size)
    def rewind(self, position):
        os.ftruncate(self.file, int(position))
    def read(self, request): raise AssertionError
    def close(self): pass
    def remove(self): pass

async def main():
    directory = Path(sys.argv[1])
    os.set_blocking(0, False)
    pump = StreamPump(0, StdStream.STDOUT, OutputHub(), Spool(directory / "spool"), FileLog(directory / "log"))
    pump.start()
    print("ready", flush=True)
    await pump.done.wait()

asyncio.run(main())
"""

PRODUCER = """
import sys
for n in range(int(sys.argv[1])):
    sys.stdout.write(f"{n} {'.' * (n % 97)}\\n")
    if n % 7 == 0:
        sys.stdout.flush()
"""

LINES = 60_000


def test_no_line_is_lost_or_doubled(tmp_path: Path):
    reader, writer = os.pipe()
    producer = subprocess.Popen([sys.executable, "-c", PRODUCER, str(LINES)], stdout=writer)
    os.close(writer)
    kills = 0
    while True:
        pump = subprocess.Popen([sys.executable, "-c", PUMP, str(tmp_path)], stdin=reader, stdout=subprocess.PIPE)
        assert pump.stdout.readline() == b"ready\n"
        time.sleep(random.uniform(0, 0.02))
        if kills == 12:
            break
        pump.send_signal(signal.SIGKILL)
        pump.wait()
        pump.stdout.close()
        kills += 1
    assert pump.wait(60) == 0
    pump.stdout.close()
    assert producer.wait(30) == 0
    os.close(reader)
    assert (tmp_path / "log").read_text() == "".join(f"{n} {'.' * (n % 97)}\n" for n in range(LINES))
