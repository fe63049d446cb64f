"""What the command line imports, and how it answers."""

import subprocess
import sys

DAEMON = """
import sys
from core.cli import serve, slim
slim.keep_small()
import core.app
from core.kernel.plugins import find_plugins
find_plugins(serve.settings_from([]))
print(*sorted({"click", "httpx", "typer", "rich", "pygments", "pyroute2", "pydantic.v1"} & {name for name, module in sys.modules.items() if module}))
"""


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "core", *words], capture_output=True, text=True)


def test_the_daemons_path_imports_no_terminal_library() -> None:
    done = subprocess.run([sys.executable, "-c", DAEMON], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_overview_names_the_daemons_commands() -> None:
    shown = _run("--help").stdout
    for command in ("serve", "plugin", "config", "doctor", "gc"):
        assert command in shown


def test_serve_has_its_own_help() -> None:
    assert "--registry-mirror" in _run("serve", "--help").stdout


def test_python_m_core_passes_status_on() -> None:
    assert _run("serve", "--config-file", "/nowhere.toml").returncode == 1
