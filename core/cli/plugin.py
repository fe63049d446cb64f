"""`core plugin`: what is installed, a start for a new one, and whether one keeps the rules."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.failure import one_sentence
from core.cli.table import lines
from core.config import ConfigurationError, load_settings
from core.kernel.checks import check
from core.kernel.plugins import find_plugins
from sdk.providers import Kind
from sdk.scaffold import render

application = typer.Typer(help="List, make and check plugins.", no_args_is_help=True)

ConfigFile = Annotated[Path | None, typer.Option("--config-file", metavar="PATH", help="TOML file (/etc/core/core.toml)")]
AsJSON = Annotated[bool, typer.Option("--json", help="print JSON")]


@application.command("list")
def list_plugins(*, config_file: ConfigFile = None, as_json: AsJSON = False) -> None:
    """List the installed plugins, what they provide and how they are; * marks the drivers that the configuration chooses."""
    with one_sentence():
        settings = load_settings({}, config_file)
        plugins = find_plugins(settings)
    drivers: dict[str, list[str]] = {}
    for offer in plugins.offers:
        mark = "*" if offer.name in settings.drivers.names(offer.kind) else ""
        drivers.setdefault(offer.plugin, []).append(f"{offer.kind}:{offer.name}{mark}")
    statuses = plugins.health.statuses()
    if as_json:
        print(json.dumps([asdict(status) | {"drivers": drivers.get(status.name, [])} for status in statuses], indent=2))
        return
    rows = [
        (each.name, each.state, " ".join(drivers.get(each.name, [])) or "-", f"{each.distribution} {each.version}", each.reason)
        for each in statuses
    ]
    print("\n".join(lines([("PLUGIN", "STATE", "DRIVERS", "DISTRIBUTION", "REASON"), *rows])))


@application.command("new")
def new_plugin(
    kind: Kind, name: str, *, directory: Annotated[Path | None, typer.Option(help="where to put it (./core-KIND-NAME)")] = None
) -> None:
    """Write the project of a new plugin that provides a driver of this kind and name."""
    with one_sentence():
        target = directory or Path(f"core-{kind}-{name}")
        if target.exists():
            raise ConfigurationError(f"{target} exists already")
        written = render(kind, name, target)
    for path in written:
        print(path)
    print(f"\nNext: pip install -e {target}, core plugin check {kind}_{name}", file=sys.stderr)


@application.command("check")
def check_plugin(name: str) -> None:
    """Check that an installed plugin keeps the rules; exit status 1 if it does not."""
    findings = check(name)
    print(
        "\n".join(
            lines([("CHECK", "RESULT", "WHY"), *((each.check, "ok" if each.passed else "FAILED", each.why) for each in findings)])
        )
    )
    sys.exit(0 if all(each.passed for each in findings) else 1)
