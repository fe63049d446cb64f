"""Write the project of a new plugin: a distribution that installs, passes the structural check and lists what is missing."""

import json
import keyword
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from string import Template

from pydantic import JsonValue

from sdk.errors import InvalidArgument
from sdk.providers import Kind
from sdk.scaffold.interfaces import INTERFACES, Interface
from sdk.scaffold.skeleton import driver_source
from sdk.version import API_VERSION

_FILES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "plugin.py": "$package/plugin.py",
    "settings.py": "$package/settings.py",
    "package.py": "$package/__init__.py",
    "py.typed": "$package/py.typed",
    "workflow.yml": ".github/workflows/tests.yml",
    "test_plugin.py": "tests/test_plugin.py",
}

_PRIVILEGED = frozenset({Kind.STORAGE, Kind.NETWORK, Kind.RUNTIME})
"""The kinds whose contract works with mounts, networks or processes of the kernel's."""

_UNWRITTEN = {
    "arguments": "",
    "imports": "",
    "keys": "",
    "state": "has every method that the interface demands; each says that it is not implemented yet.",
}
"""The words of a project whose driver is to be written."""
_OBSERVERS = {
    "arguments": "settings, context.log",
    "imports": "from pydantic import Field\n\n",
    "keys": """
    actions: tuple[str, ...] = Field(("start", "die"), description="events of containers that are logged, by Docker's names")
""",
    "state": "works as it is; make of it what you want.",
}
"""Those of an observer, whose driver works as it is."""

_SEVERAL = frozenset({Kind.FRONTEND, Kind.VERIFIER, Kind.AUTHORIZER, Kind.OBSERVER})
"""The kinds of which the configuration chooses several drivers."""


def render(kind: Kind, name: str, target: Path) -> list[Path]:
    """Write the project of a plugin that provides the driver `name` into the directory `target`; return the files.

    Raises InvalidArgument for a name that is no driver name.
    """
    words = _words(kind, name)
    sources = {**_FILES, f"contracts/{kind}": "tests/test_contract.py"}
    contents = {Template(path).substitute(words): _template(source).substitute(words) for source, path in sources.items()}
    contents[f"{words['package']}/driver.py"] = _driver(kind, words)
    written = []
    for path, text in sorted(contents.items()):
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        written.append(file)
    return written


def plugin_name(kind: Kind, name: str) -> str:
    """Return the name of the plugin in whose project the driver `name` is."""
    return f"{kind}_{name}".replace("-", "_")


def _driver(kind: Kind, words: Mapping[str, str]) -> str:
    """Return the driver's module: an observer is right when it does nothing, so that its scaffold does something instead."""
    if kind is Kind.OBSERVER:
        return _template("observer").substitute(words)
    return driver_source(INTERFACES[kind].driver, words["driver"], words["plugin"], words["page"])


def contract_source(kind: Kind, name: str, module: str, settings: Mapping[str, JsonValue], *, isolated: bool = False) -> str:
    """Return the test module that tries the driver `name`, which the plugin module `module` provides, by the contract suite of its kind.

    The driver is opened with these settings; `isolated` in a process of its own, if its kind can be.
    """
    words = {**_interface_words(kind), "name": name, "class_name": "Driver", "plugin_module": module}
    words |= _opening(
        words["hook"], f"provider.settings.model_validate_json({json.dumps(settings)!r})", isolated=isolated, kind=kind
    )
    source = _template(f"contracts/{kind}").substitute(words)
    return f"{source}    settings = {dict(settings)!r}\n" if kind is Kind.RUNTIME and settings else source


def _opening(hook: str, settings: str, *, isolated: bool, kind: Kind) -> dict[str, str]:
    """Return the words by which a test module opens a driver."""
    if not isolated:
        return {"settings": settings, "opened": f"provider.open(plugin_context, {settings})", "isolation": ""}
    opened = f'isolated("{kind}", {hook}, plugin_context, {settings})'
    return {"settings": settings, "opened": opened, "isolation": "from sdk.testing.isolated import isolated\n"}


def _words(kind: Kind, name: str) -> dict[str, str]:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or keyword.iskeyword(name):
        raise InvalidArgument(f"{name!r} is no driver name: use lower-case letters, digits and single dashes")
    plugin = plugin_name(kind, name)
    class_name = "".join(part.capitalize() for part in name.split("-"))
    return {
        **_interface_words(kind),
        **_opening("", "provider.settings()", isolated=False, kind=kind),
        **(_OBSERVERS if kind is Kind.OBSERVER else _UNWRITTEN),
        "name": name,
        "plugin": plugin,
        "package": f"core_{plugin}",
        "plugin_module": f"core_{plugin}.plugin",
        "distribution": f"core-{kind}-{name}",
        "driver": class_name + INTERFACES[kind].driver.__name__,
        "api_version": repr(API_VERSION),
        "class_name": class_name,
        "choice": f'{kind}s = ["{name}"]' if kind in _SEVERAL else f'{kind} = "{name}"',
        "pytest": "sudo $(command -v pytest)" if kind in _PRIVILEGED else "pytest",
        "privilege": " Its cases need root\n(`sudo $(command -v pytest)`) and are skipped without." if kind in _PRIVILEGED else "",
    }


def _interface_words(kind: Kind) -> dict[str, str]:
    interface = INTERFACES[kind]
    return {
        "kind": kind,
        "hook": interface.hook,
        "provider": interface.provider.__name__,
        "sdk_imports": "\n".join(sorted(_sdk_imports(interface))),
        "interface": interface.driver.__name__,
        "module": interface.driver.__module__,
        "page": interface.page,
        "suite_module": f"sdk.testing.contracts.{interface.page}",
    }


def _sdk_imports(interface: Interface) -> Iterator[str]:
    yield f"from {interface.driver.__module__} import {interface.driver.__name__}"
    yield "from sdk.hookspecs import hookimpl"
    yield f"from sdk.providers import {', '.join(sorted(('PluginContext', interface.provider.__name__)))}"


def _template(name: str) -> Template:
    return Template((resources.files("sdk.scaffold") / "templates" / f"{name}.txt").read_text())
