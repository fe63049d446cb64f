"""`core gc`: remove what belongs to no record, and by policy the images that no container uses.

What a crash left half made is not garbage: the next daemon finishes or undoes it.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import anyio
import typer

from core.cli.client.show.words import size
from core.cli.failure import one_sentence
from core.config import Settings, StartupError, load_settings
from core.host.audit import audit
from core.host.removal import remove
from core.host.roots import hold_data_root, holder
from core.host.traces import Trace

if TYPE_CHECKING:
    from core.engine.context import GcPolicy


def collect(
    *,
    config_file: Annotated[Path | None, typer.Option(metavar="PATH", help="TOML file (/etc/core/core.toml)")] = None,
    data_root: Annotated[Path | None, typer.Option(metavar="PATH", help="the data root to clean")] = None,
    exec_root: Annotated[Path | None, typer.Option(metavar="PATH", help="its exec root")] = None,
    keep_free: Annotated[str, typer.Option(metavar="SIZE", help="remove unused images until so much is free: 10GB, 15%")] = "",
    max_age: Annotated[str, typer.Option(metavar="DURATION", help="remove images unused for so long: 720h")] = "",
) -> None:
    """Remove what a daemon left behind and no record claims, and unused images by policy (the configuration's, if none is given here).

    What containers use, running or not, stays. A daemon that runs collects by policy itself when asked; leaks wait until it is stopped.
    """
    with one_sentence():
        flags = {key: str(value) for key, value in (("data_root", data_root), ("exec_root", exec_root)) if value}
        settings = load_settings(flags, config_file)
        policy = _policy(settings, keep_free, max_age)
        if running := holder(settings.data_root):
            left = _ask_daemon(running, settings.data_root, policy)
        elif (settings.data_root / "core.db").exists():
            left = _collect(settings, policy)
        else:
            raise StartupError(f"{settings.data_root} is no data root of a daemon")
    for trace in left:
        print(f"core: {trace.kind} {trace.name} cannot be removed", file=sys.stderr)
    sys.exit(1 if left else 0)


def _policy(settings: Settings, keep_free: str, max_age: str) -> "GcPolicy":
    from core.engine.context import GcPolicy

    if keep_free or max_age:
        return GcPolicy(keep_free, max_age, spared="")
    return GcPolicy(settings.gc.keep_free, settings.gc.max_age)


def _ask_daemon(process: int, data_root: Path, policy: "GcPolicy") -> list[Trace]:
    """Let the daemon that runs on a data root collect by policy; its leaks cannot be told from its work."""
    from core.cli.client.connection.api import ApiError, connect
    from core.cli.client.models import ImagesPruned, Info
    from core.engine.images.gc import policy_filters

    queries = policy_filters(policy)
    if not queries:
        raise StartupError(f"the daemon runs (process {process}) and collects its garbage itself; stop it first")
    try:
        api = connect()
        if not data_root.samefile(asked := api.get("/info", Info).root):
            raise StartupError(f"the daemon of {data_root} runs (process {process}), but DOCKER_HOST leads to that of {asked}")
        prunings = [api.answer("POST", "/images/prune", ImagesPruned, {"filters": json.dumps(filters)}) for filters in queries]
    except ApiError as error:
        raise StartupError(error.message) from error
    for pruned in prunings:
        _tell([(each.untagged, each.deleted) for each in pruned.images_deleted or ()], pruned.space_reclaimed)
    return []


def _collect(settings: Settings, policy: "GcPolicy") -> list[Trace]:
    with hold_data_root(settings.data_root):
        for trace in audit(settings.data_root, settings.exec_root):
            remove(trace)
            print(f"removed {trace.kind} {trace.name}")
        _forget_restoration(settings)
        if policy.keep_free or policy.max_age:
            anyio.run(_collect_images, settings, policy)
        return audit(settings.data_root, settings.exec_root)


def _forget_restoration(settings: Settings) -> None:
    """Let the next daemon clear away what has no record again: after a copy of the database was put back it does not."""
    from core.beginning import open_database

    with closing(open_database(settings.data_root)) as database:
        database.table("engine", str).delete("restored")


async def _collect_images(settings: Settings, policy: "GcPolicy") -> None:
    from core.app import open_images
    from core.engine.images.gc import collect_by_policy
    from core.kernel.plugins import find_plugins

    async with open_images(settings, find_plugins(settings)) as context:
        removals, freed = await collect_by_policy(context, policy)
    _tell([(each.untagged, each.deleted) for each in removals], freed)


def _tell(removals: Sequence[tuple[str, str]], freed: int) -> None:
    """Say what lost its name, what was deleted, and how much that freed."""
    for untagged, deleted in removals:
        print(f"untagged {untagged}" if untagged else f"deleted {deleted}")
    print(f"freed {size(freed)}")
