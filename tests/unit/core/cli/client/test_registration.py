import subprocess
import sys

_SCRIPT = """
import sys
from core.cli.application import build, command_names
names = command_names(build(["ps"]))
assert {"run", "ps", "exec", "logs", "pull", "stats", "cp", "volume", "network", "demo"} <= names, names
loaded = {"fastapi", "pyroute2", "plugins.api_docker"} & sys.modules.keys()
assert not loaded, loaded
"""


def test_a_client_command_loads_no_plugin():
    subprocess.run([sys.executable, "-c", _SCRIPT], check=True)


def test_serve_loads_no_terminal_library():
    script = "import sys; import core.cli.serve; assert not {'rich', 'typer', 'httpx'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", script], check=True)
