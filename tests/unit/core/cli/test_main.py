"""What the command line imports, and how it answers."""

import subprocess
import sys


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "core", *words], capture_output=True, text=True)


def test_the_daemons_path_imports_no_terminal_library() -> None:
    script = "import sys, core.cli.serve, core.app; print(*sorted({'typer', 'rich', 'click', 'pyroute2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_overview_names_the_daemons_commands() -> None:
    shown = _run("--help").stdout
    for command in ("serve", "plugin", "config", "doctor", "gc"):
        assert command in shown


def test_serve_has_its_own_help() -> None:
    assert "--registry-mirror" in _run("serve", "--help").stdout


def test_python_m_core_passes_status_on() -> None:
    assert _run("serve", "--config-file", "/nowhere.toml").returncode == 1
