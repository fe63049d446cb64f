"""`core doctor`: what this kernel can do, what has leaked, and whether the image store is whole; with `--repair` it is mended."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import anyio
import typer

from core.cli.failure import one_sentence
from core.cli.table import lines
from core.config import Settings, StartupError, load_settings
from core.host.audit import audit
from core.host.features import Feature, features
from core.host.roots import hold_data_root, holder
from core.host.traces import Trace
from core.store.copies import Copies, damage

if TYPE_CHECKING:
    from core.engine.repair.finding import Examined


_REMOVED = ("blob", "name", "stray")
_BEYOND_REPAIR = ("container", "pushed manifest")
_DIGEST = re.compile(r"sha256:([0-9a-f]{12})[0-9a-f]{52}")


def doctor(
    *,
    config_file: Annotated[Path | None, typer.Option(metavar="PATH", help="TOML file (/etc/core/core.toml)")] = None,
    data_root: Annotated[Path | None, typer.Option(metavar="PATH", help="the data root to audit")] = None,
    exec_root: Annotated[Path | None, typer.Option(metavar="PATH", help="its exec root")] = None,
    repair: Annotated[bool, typer.Option("--repair", help="mend the image store; the daemon must be stopped")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="read everything in the store, not only what is small")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Tell what this kernel can do, what exists of a data root but belongs to no record, and what is damaged in its image store; exit
    status 1 if something leaked or is damaged.

    The store is looked at while no daemon works with it. With --repair what is damaged is made again from what is whole, or fetched from
    where the image came from. Containers, running or not, and what they wrote are not touched.
    """
    with one_sentence():
        flags = {key: str(value) for key, value in (("data_root", data_root), ("exec_root", exec_root)) if value}
        settings = load_settings(flags, config_file)
        restored = _restored(settings) if repair else ""
        found, leaked = features(), audit(settings.data_root, settings.exec_root)
        if not as_json:
            print("\n".join([*filter(None, [restored]), *_kernel(found), "", *_leaks(leaked), ""]), flush=True)
        examined = _examine(settings, deep=deep, repair=repair)
    print(_as_json(found, leaked, examined) if as_json else "\n".join(_store(settings, examined, repair=repair)))
    sys.exit(1 if leaked or any(not each.is_mended for each in examined or ()) else 0)


def _restored(settings: Settings) -> str:
    """Put back the copy of a database that is missing or damaged; return the sentence about it, "" if the database is whole.

    Raises StartupError while a daemon runs, where there is no data root, and where there is no copy.
    """
    if running := holder(settings.data_root):
        raise StartupError(f"the daemon runs (process {running}): stop it first, containers go on running without it")
    copies = Copies(settings.data_root)
    if copies.database.exists() and not (problem := damage(copies.database)):
        return ""
    if not copies.database.exists():
        problem = "it is missing"
    if not copies.made:
        if not copies.database.exists():
            raise StartupError(f"{settings.data_root} is no data root of a daemon")
        raise StartupError(f"the database {copies.database} is damaged ({problem}), and there is no copy of it to put back")
    with hold_data_root(settings.data_root):
        made, kept = copies.made, copies.put_back()
    return f"The database was damaged ({problem}): the copy of {made} was put back, what was there is in {kept}.\n"


def _examine(settings: Settings, *, deep: bool, repair: bool) -> "list[Examined] | None":
    """Examine the store; None where a daemon works with it, or there is none."""
    if holder(settings.data_root) or not (settings.data_root / "core.db").exists():
        return None
    with hold_data_root(settings.data_root):
        return anyio.run(_examine_images, settings, deep, repair)


async def _examine_images(settings: Settings, deep: bool, repair: bool) -> "list[Examined]":
    from core.app import open_images
    from core.engine.repair.examine import examine
    from core.kernel.plugins import find_plugins

    async with open_images(settings, find_plugins(settings)) as context:
        return await examine(context, deep=deep, repair=repair)


def _as_json(found: Sequence[Feature], leaked: Sequence[Trace], examined: "Sequence[Examined] | None") -> str:
    store = None if examined is None else [{**asdict(each.finding), "is_mended": each.is_mended} for each in examined]
    return json.dumps({"features": list(map(asdict, found)), "leaks": list(map(asdict, leaked)), "store": store}, indent=2)


def _kernel(found: Sequence[Feature]) -> list[str]:
    rows = [(each.name, _verdict(each), each.why, each.detail) for each in found]
    return lines([("KERNEL", "", "FOR", "FOUND"), *rows])


def _verdict(feature: Feature) -> str:
    if feature.found:
        return "yes"
    return "MISSING" if feature.needed else "no"


def _leaks(leaked: Sequence[Trace]) -> list[str]:
    if not leaked:
        return ["Nothing has leaked."]
    return lines([("LEAKED", "WHAT"), *((each.kind, each.name) for each in leaked)])


def _store(settings: Settings, examined: "Sequence[Examined] | None", *, repair: bool) -> list[str]:
    if examined is None:
        running = holder(settings.data_root)
        return [
            f"The image store is not examined while the daemon runs (process {running})." if running else "There is no image store."
        ]
    if not examined:
        return ["The image store is whole."]
    found = [(each, each.finding) for each in examined]
    rows = [(finding.kind, _short(finding.name), _short(finding.problem), _outcome(each, repair=repair)) for each, finding in found]
    return lines([("DAMAGED", "WHAT", "PROBLEM", "REPAIR"), *rows])


def _outcome(examined: "Examined", *, repair: bool) -> str:
    if examined.is_mended:
        return "removed" if examined.finding.kind in _REMOVED else "mended"
    if repair or examined.finding.kind in _BEYOND_REPAIR:
        return examined.finding.remedy
    return "core doctor --repair"


def _short(text: str) -> str:
    return _DIGEST.sub(r"\1", text)
