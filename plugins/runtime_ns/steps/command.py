"""Find and execute the process' program, with Docker's sentences for what goes wrong."""

import errno
import os

from plugins.runtime_ns.constants import AT_FDCWD
from sdk.oci.runtime import Process
from sdk.shim.plan import ANY_ERROR, Label, Plan, Record

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def execute(plan: Plan, process: Process) -> None:
    """Add the end of a plan: becoming the program."""
    name = process.args[0] if process.args else ""
    argv, environment = Record((*process.args, 0)), Record((*process.env, 0))
    if "/" in name:
        _execute_path(plan, name, argv, environment)
    else:
        _search(plan, name, _directories(process), argv, environment)


def _directories(process: Process) -> list[str]:
    path = next((entry[5:] for entry in reversed(process.env) if entry.startswith("PATH=")), DEFAULT_PATH)
    return [directory for directory in path.split(":") if directory]


def _execute_path(plan: Plan, path: str, argv: Record, environment: Record) -> None:
    named = f'exec: "{path}"'
    plan.call("faccessat", AT_FDCWD, path, os.F_OK, why="the program is there", complaint=f"{named}: stat {path}: {{error}}")
    plan.call(
        "execve", path, argv, environment, why="become the program", complaint=f"exec {path}: {{error}}", tolerate=errno.EACCES
    )
    denied = Label()
    plan.call(
        "faccessat", AT_FDCWD, f"{path}/.", os.F_OK, why="refused: is it a directory?", tolerate=ANY_ERROR, if_not_zero=denied
    )
    _give_up(plan, "a directory", f"{named}: is a directory")
    plan.place(denied)
    _give_up(plan, "it may not be executed", f"{named}: permission denied")


def _search(plan: Plan, name: str, directories: list[str], argv: Record, environment: Record) -> None:
    for directory in directories:
        path = f"{directory.rstrip('/')}/{name}"
        absent = Label()
        plan.call("faccessat", AT_FDCWD, path, os.X_OK, why="the program may be here", tolerate=ANY_ERROR, if_not_zero=absent)
        complaint = f"exec {path}: {{error}}"
        plan.call("execve", path, argv, environment, why="become the program", complaint=complaint, tolerate=errno.EACCES)
        plan.place(absent)
    _give_up(plan, "nowhere in $PATH", f'exec: "{name}": executable file not found in $PATH')


def _give_up(plan: Plan, why: str, complaint: str) -> None:
    plan.call("execve", "", None, None, why=why, complaint=complaint)
