"""`core config`: what the daemon would be told, and what it can be told."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, cast

import typer
from pydantic import JsonValue

from core.cli.failure import one_sentence
from core.config import Settings, load_settings
from core.kernel.plugins import find_plugins

application = typer.Typer(help="Show the daemon's settings.", no_args_is_help=True)

ConfigFile = Annotated[Path | None, typer.Option("--config-file", metavar="PATH", help="TOML file (/etc/core/core.toml)")]


@application.command()
def show(config_file: ConfigFile = None) -> None:
    """Print the settings in effect, from environment, file and defaults, as TOML."""
    with one_sentence():
        settings = load_settings({}, config_file)
        find_plugins(settings)
    print("\n".join(toml_lines(settings.model_dump(mode="json"))))


@application.command()
def schema(config_file: ConfigFile = None) -> None:
    """Print the JSON schema of the configuration file, with the tables of all installed plugins."""
    with one_sentence():
        plugins = find_plugins(load_settings({}, config_file))
    whole = Settings.model_json_schema()
    where = "#/properties/plugins/properties/{plugin}/$defs/{{model}}"
    tables: dict[str, dict[str, JsonValue]] = {}
    several = {plugin for plugin, count in Counter(offer.plugin for offer in plugins.offers).items() if count > 1}
    for offer in plugins.offers:
        below = f"{offer.plugin}/properties/{offer.kind}" if offer.plugin in several else offer.plugin
        schema = offer.settings.model_json_schema(ref_template=where.format(plugin=below))
        if offer.plugin in several:
            table = tables.setdefault(offer.plugin, {"type": "object", "properties": {}})
            cast(dict[str, JsonValue], table["properties"])[offer.kind] = schema
        else:
            tables[offer.plugin] = schema
    whole["properties"]["plugins"] = {"type": "object", "additionalProperties": False, "properties": tables}
    print(json.dumps(whole, indent=2))


def toml_lines(values: dict[str, JsonValue], table: str = "") -> list[str]:
    """Return values as TOML: scalars and arrays of a table first, then its tables. Nulls are left out: TOML has none."""
    lines = [
        f"{_key(name)} = {_inline(value)}" for name, value in values.items() if value is not None and not isinstance(value, dict)
    ]
    for name, value in values.items():
        if isinstance(value, dict) and value:
            path = f"{table}.{_key(name)}".lstrip(".")
            inner = toml_lines(value, path)
            lines += inner if inner[:1] in ([], [""]) else ["", f"[{path}]", *inner]
    return lines


def _inline(value: JsonValue) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_inline(item)}' for key, item in value.items())} }}"
    return json.dumps(value)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)
