"""Libraries without what the daemon never uses of them."""

import subprocess
import sys

ASKS = """
import sys
from core.cli.slim import keep_small
keep_small()
import uvicorn
print("uvicorn.main" in sys.modules, uvicorn.Config.__module__)
print(uvicorn.Server.__module__, callable(uvicorn.run), "uvicorn.main" in sys.modules)
print(hasattr(uvicorn, "walk"))
"""


def test_who_asks_for_what_was_postponed_gets_it() -> None:
    done = subprocess.run([sys.executable, "-c", ASKS], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False uvicorn.config", "uvicorn.server True True", "False"]
