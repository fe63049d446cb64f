"""The commands of `core plugin`."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.failure import one_sentence
from core.cli.plugin.standing import as_they_are
from core.cli.table import lines
from core.config import ConfigurationError, IsolationSettings, Settings, load_settings
from core.kernel.checks import check
from core.kernel.discovery import discover
from core.kernel.health import Health
from core.kernel.isolation.standings import read_standings
from core.kernel.loading import load_plugins
from core.kernel.plugins import find_plugins
from sdk.providers import Kind
from sdk.scaffold import plugin_name, render

if TYPE_CHECKING:
    from core.cli.plugin.contract import Case
    from core.kernel.offers import Described

application = typer.Typer(help="List, explain, make and check plugins.", no_args_is_help=True)

ConfigFile = Annotated[Path | None, typer.Option("--config-file", metavar="PATH", help="TOML file (/etc/core/core.toml)")]
AsJSON = Annotated[bool, typer.Option("--json", help="print JSON")]

_HEAD = ("PLUGIN", "STATE", "KIND", "DRIVERS", "OTHER HOOKS", "API VERSION", "DISTRIBUTION", "REASON")


@application.command("list")
def list_plugins(*, config_file: ConfigFile = None, as_json: AsJSON = False) -> None:
    """List the installed plugins, what they provide and how they are; * marks the drivers that the configuration chooses.

    A plugin may have hooks beside those that provide drivers, such as on_event.
    """
    with one_sentence():
        settings = load_settings({}, config_file)
        plugins = find_plugins(settings)
    drivers: dict[str, list[str]] = {}
    for offer in plugins.offers:
        mark = "*" if offer.name in settings.drivers.names(offer.kind) else ""
        drivers.setdefault(offer.plugin, []).append(f"{offer.kind}:{offer.name}{mark}")
    statuses = as_they_are(plugins.health.statuses(), read_standings(settings.exec_root))
    if as_json:
        print(json.dumps([asdict(status) | {"drivers": drivers.get(status.name, [])} for status in statuses], indent=2))
        return
    rows = [
        (
            each.name,
            each.state,
            _joined(each.kinds),
            _joined(drivers.get(each.name, [])),
            _joined([hook for hook in each.hooks if not hook.startswith("provide_") or hook == "provide_cli_commands"]),
            each.api_version or "-",
            f"{each.distribution} {each.version}",
            each.reason,
        )
        for each in statuses
    ]
    print("\n".join(lines([_HEAD, *rows])))


def _joined(words: Sequence[str]) -> str:
    return " ".join(words) or "-"


@application.command("info")
def plugin_info(
    name: str,
    *,
    config_file: ConfigFile = None,
    data_root: Annotated[Path | None, typer.Option("--data-root", metavar="PATH", help="the data root to look at")] = None,
    as_json: AsJSON = False,
) -> None:
    """Tell what an installed plugin is: its version, the plugin API it was built for, its drivers and settings, how it is, and what
    of the data root uses its drivers."""
    from core.cli.plugin.information import information, information_lines

    with one_sentence():
        settings = load_settings({"data_root": str(data_root)} if data_root else {}, config_file)
        told = information(name, settings)
    print(json.dumps(asdict(told), indent=2, default=str) if as_json else "\n".join(information_lines(told)))


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
    print(f"\nNext: pip install -e {target}, core plugin check {plugin_name(kind, name)}", file=sys.stderr)


@application.command("check")
def check_plugin(
    context: typer.Context,
    name: str,
    *,
    contract: Annotated[bool, typer.Option("--contract/--no-contract", help="run the contract suites of its drivers, too")] = True,
    isolated: Annotated[bool, typer.Option("--isolated", help="run its drivers in processes of their own")] = False,
    configured: Annotated[
        bool,
        typer.Option("--configured", help="with the settings of the configuration: the suites fill and EMPTY what these lead to"),
    ] = False,
    config_file: ConfigFile = None,
) -> None:
    """Check that an installed plugin keeps the rules: first its structure, then each of its drivers by the contract suite of its kind,
    opened with the defaults of its settings, in directories of the test's own, and in a process of its own where the configuration
    isolates the plugin.

    The suites need pytest; those of storage, networks and runtimes need root as well. Exit status 1 if anything failed.
    """
    from core.cli.plugin.contract import Case, Result
    from core.kernel.isolated import isolated_plugins

    with one_sentence():
        settings = load_settings({}, config_file)
        others = load_plugins(discover(), Health(), settings.disabled_plugins).names_of_others_commands(name)
    findings = check(name, others | (context.find_root().obj or frozenset()))
    cases = [Case(each.check, Result.OK if each.passed else Result.FAILED, each.why) for each in findings]
    if contract and name in settings.disabled_plugins:
        cases.append(Case("its drivers", Result.SKIPPED, "disabled_plugins names it: no contract suite is run"))
    _print(cases)
    if contract and all(each.passed for each in findings):
        with one_sentence():
            if isolated:
                settings = settings.model_copy(update={"isolation": {**settings.isolation, name: IsolationSettings()}})
            plugins = find_plugins(settings)
            own_process = name in isolated_plugins(settings, plugins.offers, plugins.health)
            offers = [offer for offer in plugins.offers if offer.plugin == name]
            cases += _contracts(offers, settings if configured else None, isolated=own_process)
    sys.exit(1 if any(case.result is Result.FAILED for case in cases) else 0)


def _contracts(offers: "Sequence[Described]", configured: Settings | None, *, isolated: bool) -> "list[Case]":
    """Run and print the contract suites of a plugin's drivers, each module that it names once; return the cases. Raises ConfigurationError."""
    from core.cli.plugin.contract import Case, Result, contract_cases, contract_module

    kinds = [offer.kind for offer in offers]
    modules = [contract_module(offer, kinds) for offer in offers]
    cases: list[Case] = []
    for number, (offer, module) in enumerate(zip(offers, modules, strict=True)):
        print(f"\nContract of the {offer.kind} driver {offer.name}{', in a process of its own' if isolated else ''}:", flush=True)
        if module and module in modules[:number]:
            found = [Case(module, Result.SKIPPED, "it has been run: see above")]
        else:
            found = contract_cases(offer, module, configured, isolated=isolated)
        _print(found)
        cases += found
    return cases


def _print(cases: "Sequence[Case]") -> None:
    print("\n".join(lines([("CHECK", "RESULT", "WHY"), *((case.check, case.result, case.why) for case in cases)])), flush=True)
