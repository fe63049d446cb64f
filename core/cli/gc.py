"""`core gc`: remove what belongs to no record. What a crash left half made is not garbage: the next daemon finishes or undoes it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.cli.failure import one_sentence
from core.config import Settings, StartupError, load_settings
from core.host.audit import audit
from core.host.removal import remove
from core.host.roots import hold_data_root, holder
from core.host.traces import Trace


def collect(
    *,
    config_file: Annotated[Path | None, typer.Option(metavar="PATH", help="TOML file (/etc/core/core.toml)")] = None,
    data_root: Annotated[Path | None, typer.Option(metavar="PATH", help="the data root to clean")] = None,
    exec_root: Annotated[Path | None, typer.Option(metavar="PATH", help="its exec root")] = None,
) -> None:
    """Remove what a daemon left behind and no record claims. The daemon must be stopped; running containers are left alone."""
    with one_sentence():
        flags = {key: str(value) for key, value in (("data_root", data_root), ("exec_root", exec_root)) if value}
        settings = load_settings(flags, config_file)
        if running := holder(settings.data_root):
            raise StartupError(f"the daemon runs (process {running}) and collects its garbage itself; stop it first")
        if not (settings.data_root / "core.db").exists():
            raise StartupError(f"{settings.data_root} is no data root of a daemon")
        with hold_data_root(settings.data_root):
            left = _remove_leaks(settings)
    for trace in left:
        print(f"core: {trace.kind} {trace.name} cannot be removed", file=sys.stderr)
    sys.exit(1 if left else 0)


def _remove_leaks(settings: Settings) -> list[Trace]:
    for trace in audit(settings.data_root, settings.exec_root):
        remove(trace)
        print(f"removed {trace.kind} {trace.name}")
    return audit(settings.data_root, settings.exec_root)
