"""Writes docs/reference from the code. `python docs/generate.py --check` fails when a page is not what the code says."""

import importlib
import inspect
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import get_args, get_type_hints

import click
import sdk_pages
import typer
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from core.cli.application import build
from core.config import DriverChoice, GcSettings, IsolationSettings, Settings
from core.defaults import BridgeDefaults, ContainerDefaults, NamedRuntime, NetworkDefaults, Proxies, Transfers
from core.dockerd.usage import usage
from plugins.api_docker.app import ROUTERS
from plugins.api_docker.errors import STATUS
from plugins.api_docker.versions import MAXIMUM, MINIMUM
from sdk import errors, providers

REFERENCE = Path(__file__).parent / "reference"
TABLES = {
    "drivers": DriverChoice,
    "containers": ContainerDefaults,
    "bridge": BridgeDefaults,
    "networks": NetworkDefaults,
    "proxies": Proxies,
    "transfers": Transfers,
    "runtimes.NAME": NamedRuntime,
    "isolation.NAME": IsolationSettings,
}
NOTE = "<!-- Written by docs/generate.py from the code; do not edit. -->\n\n"


def docstring(thing: object) -> str:
    return inspect.cleandoc(inspect.getdoc(thing) or "")


def classes(module: object) -> Iterable[type]:
    name = getattr(module, "__name__", "")
    return [value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == name]


def every_error(root: type) -> Iterable[type]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from every_error(child)


def error_page() -> str:
    rows = [
        f"| `{kind.__name__}` | {next((STATUS[known] for known in kind.__mro__ if known in STATUS), 500)} | {docstring(kind).splitlines()[0] if kind.__doc__ else ''} |"
        for kind in every_error(errors.EngineError)
    ]
    return (
        f"# Errors\n\n{docstring(errors)}\n\n| kind | status in the Docker API | meaning |\n|---|---|---|\n"
        + "\n".join(rows)
        + f"\n\n{sdk_pages.sections('errors')}"
    )


def fields(model: type[BaseModel]) -> str:
    hints = get_type_hints(model, include_extras=False)
    rows = [_setting(name, hints.get(name), field) for name, field in model.model_fields.items()]
    return "| key | type | default | |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def _setting(name: str, hint: object, field: FieldInfo) -> str:
    """Return the row of a setting: a table of its own has its defaults there, and what has to be given has none."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return f"| `{name}` | table | | {field.description or 'a table of its own, below'} |"
    default = "" if field.is_required() else f"`{field.get_default(call_default_factory=True)!r}`"
    return f"| `{name}` | `{type_name(hint)}` | {default} | {field.description or ''} |"


def type_name(hint: object) -> str:
    text = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
    return text.replace("typing.", "").replace("pathlib.", "").replace("|", "\\|")


def settings() -> str:
    entry_points = tomllib.loads((REFERENCE.parent.parent / "pyproject.toml").read_text())["project"]["entry-points"][
        "core.plugins"
    ]
    parts = [
        f"# Settings\n\nFlags over environment (`CORE_...`) over file (`/etc/core/core.toml`). Unknown keys are errors.\n\n{fields(Settings)}",
        f"## `[gc]`\n\n{docstring(GcSettings)}\n\n{fields(GcSettings)}",
        *(f"## `[{table}]`\n\n{docstring(model)}\n\n{fields(model)}" for table, model in TABLES.items()),
    ]
    for name, target in sorted(entry_points.items()):
        module = importlib.import_module(target.replace(".plugin", ".settings"))
        parts += [
            f"## `[plugins.{name}]`\n\n{docstring(model)}\n\n{fields(model) if model.model_fields else 'No settings.'}\n"
            for model in classes(module)
            if issubclass(model, providers.PluginSettings)
        ]
    return "\n".join(parts)


def command(ctx: click.Context, cmd: click.Command) -> Iterable[str]:
    yield f"## `{ctx.command_path}`\n\n{inspect.cleandoc(cmd.help or '')}\n"
    rows = [
        f"| `{' '.join(parameter.opts)}` | {(getattr(parameter, 'help', None) or '').replace(chr(10), ' ')} |"
        for parameter in cmd.params
        if "--help" not in parameter.opts
    ]
    if rows:
        yield "| option | |\n|---|---|\n" + "\n".join(rows) + "\n"
    if hasattr(cmd, "list_commands"):  # not isinstance: typer may bring a click of its own
        for name in cmd.list_commands(ctx):
            child = cmd.get_command(ctx, name)
            if child is not None and not child.hidden:
                yield from command(click.Context(child, parent=ctx, info_name=name), child)


def command_line() -> str:
    root = build([])
    root = typer.main.get_command(root) if isinstance(root, typer.Typer) else root
    daemon = f"## Options of `core serve` and `dockerd`\n\n```\n{usage('core serve')}```\n"
    return "# Command line\n\n" + "\n".join([*command(click.Context(root, info_name="core"), root), daemon])


def coverage() -> str:
    """Read from the routers: newer FastAPI no longer lists an included router's routes on the application."""
    rows = sorted(
        f"| {'/'.join(sorted(route.methods))} | `{route.path.replace(':path', '')}` | {docstring(route.endpoint).splitlines()[0] if route.endpoint.__doc__ else ''} |"
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
    )
    return (
        f"# Docker Engine API: what is served\n\nEvery path also with a version prefix, `/v{MINIMUM}` to `/v{MAXIMUM}`.\n\n| method | path | |\n|---|---|---|\n"
        + "\n".join(rows)
        + f"\n\n## Known differences\n{differences()}\n"
    )


def differences() -> str:
    """Return what the page of explanation says of where this API differs from dockerd's, without the heading."""
    page = (REFERENCE.parent / "explanation" / "docker-api.md").read_text()
    _, _, rest = page.partition("\n## Where it differs from dockerd, on purpose\n")
    return rest.partition("\n## ")[0].rstrip()


def pages() -> dict[str, str]:
    made = sdk_pages.pages() | {
        "errors.md": error_page(),
        "settings.md": settings(),
        "command-line.md": command_line(),
        "docker-api.md": coverage(),
    }
    return {**made, "README.md": index(made)}


def index(made: dict[str, str]) -> str:
    """Return the list of pages: for users, for authors of plugins by kind, and of the rest of the SDK."""
    parts = {"": "", "drivers": "\n## The kinds of driver\n\n", "sdk": "\n## The rest of the SDK\n\n"}
    for name, content in sorted(made.items()):
        parts[name.rpartition("/")[0]] += f"- [{content.partition(chr(10))[0].removeprefix('# ')}]({name})\n"
    surface = "- [The SDK's surface: every public name](sdk-surface.txt), written by docs/surface.py\n"
    return "# Reference\n\n" + "".join(parts.values()) + surface


def main() -> int:
    stale = []
    for name, content in pages().items():
        path, text = REFERENCE / name, NOTE + content
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if stale and "--check" in sys.argv:
        print(f"docs/reference is not what the code says: {', '.join(stale)}; run: python docs/generate.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
