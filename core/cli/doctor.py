"""`core doctor`: what this kernel can do, then what has leaked."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.failure import one_sentence
from core.cli.table import lines
from core.config import load_settings
from core.host.audit import audit
from core.host.features import Feature, features
from core.host.traces import Trace


def doctor(
    *,
    config_file: Annotated[Path | None, typer.Option(metavar="PATH", help="TOML file (/etc/core/core.toml)")] = None,
    data_root: Annotated[Path | None, typer.Option(metavar="PATH", help="the data root to audit")] = None,
    exec_root: Annotated[Path | None, typer.Option(metavar="PATH", help="its exec root")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Tell what this kernel can do, then what exists of a data root but belongs to no record; exit status 1 if something leaked."""
    with one_sentence():
        settings = load_settings({}, config_file)
        found = features()
        leaked = audit(data_root or settings.data_root, exec_root or settings.exec_root)
    if as_json:
        print(json.dumps({"features": [asdict(each) for each in found], "leaks": [asdict(each) for each in leaked]}, indent=2))
    else:
        print("\n".join([*_kernel(found), "", *_leaks(leaked)]))
    sys.exit(1 if leaked else 0)


def _kernel(found: list[Feature]) -> list[str]:
    rows = [(each.name, _verdict(each), each.why, each.detail) for each in found]
    return lines([("KERNEL", "", "FOR", "FOUND"), *rows])


def _verdict(feature: Feature) -> str:
    if feature.found:
        return "yes"
    return "MISSING" if feature.needed else "no"


def _leaks(leaked: list[Trace]) -> list[str]:
    if not leaked:
        return ["Nothing has leaked."]
    return lines([("LEAKED", "WHAT"), *((each.kind, each.name) for each in leaked)])
