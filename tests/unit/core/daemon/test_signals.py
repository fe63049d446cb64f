"""What signals do to the daemon."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import anyio
import pytest

from core.daemon.signals import bear_hangups, on_hangup


@pytest.fixture
def hangups() -> Iterator[None]:
    """Whatever handles SIGHUP is put back."""
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("signals", "status"), [([signal.SIGTERM], 0), ([signal.SIGINT], 0), ([signal.SIGTERM, signal.SIGINT], 130)]
)
def test_the_first_signal_stops_in_order_and_the_second_at_once(signals: list[signal.Signals], status: int) -> None:
    code = (
        "import anyio, time\n"
        "from core.daemon.signals import wait_for_stop\n"
        "async def main():\n"
        "    async with anyio.create_task_group() as tasks:\n"
        "        async def stop(*, task_status):\n"
        "            number = await wait_for_stop(task_status=task_status)\n"
        "            print(number.name, flush=True)\n"
        f"            time.sleep({60 if len(signals) > 1 else 0})\n"
        "            tasks.cancel_scope.cancel()\n"
        "        await tasks.start(stop)\n"
        "        print('ready', flush=True)\n"
        "        await anyio.sleep(60)\n"
        "anyio.run(main)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for number in signals:
            process.send_signal(number)
            if number is signals[0]:
                assert process.stdout.readline() == f"{number.name}\n"
        assert process.wait(30) == status


@pytest.mark.usefixtures("hangups")
def test_a_hangup_before_the_daemon_listens_does_nothing() -> None:
    bear_hangups()
    os.kill(os.getpid(), signal.SIGHUP)
    handler = signal.getsignal(signal.SIGHUP)
    assert handler not in (signal.SIG_IGN, signal.SIG_DFL), "a container would inherit that they are ignored"


@pytest.mark.anyio
@pytest.mark.usefixtures("hangups")
async def test_each_hangup_reloads_once_and_one_after_the_other() -> None:
    begun, ended, news = [], [], anyio.Event()

    async def reload() -> None:
        nonlocal news
        assert len(begun) == len(ended)
        begun.append(True)
        await anyio.sleep(0.005)
        ended.append(True)
        news.set()

    bear_hangups()
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(on_hangup, reload)
            await anyio.sleep(0)
            await anyio.sleep(0)
            for count in (1, 2):
                os.kill(os.getpid(), signal.SIGHUP)
                while len(ended) < count:
                    news = anyio.Event()
                    await news.wait()
            tasks.cancel_scope.cancel()
    assert len(ended) == 2
