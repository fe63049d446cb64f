"""The beginning and the end of a worker process."""

import os
from importlib import import_module


def run(module: str) -> None:
    """Run `main()` of a module and end the process, without waiting for its threads.

    At Python's own end a thread that still reads would be stopped by pthread_exit(3), for which the C library loads another one: the
    process' root may have none by now, and it would die of that.
    """
    try:
        import_module(module).main()
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)
    except BrokenPipeError:  # the daemon it works for was killed: no process is left to tell
        os._exit(1)
    os._exit(0)
