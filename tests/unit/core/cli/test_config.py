"""`core config` prints what the daemon would hear, in its own language."""

import json
import tomllib
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from core.cli import config
from core.cli.config import application, toml_lines
from core.kernel.offers import Described
from sdk.providers import Kind, PluginSettings

VALUES = {
    "a": 1,
    "none": None,
    "list": ["x", {"y": 1}],
    "t": {"b": True, "deep": {"c": 'quo"te'}, "empty": {}},
    "odd key": {"s": "é"},
}


def test_toml_reads_back() -> None:
    expected = {"a": 1, "list": ["x", {"y": 1}], "t": {"b": True, "deep": {"c": 'quo"te'}}, "odd key": {"s": "é"}}
    assert tomllib.loads("\n".join(toml_lines(VALUES))) == expected


def test_show_prints_what_is_in_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_DRIVERS__STORAGE", "vfs")
    shown = tomllib.loads(CliRunner().invoke(application, ["show"]).stdout)
    assert shown["drivers"]["storage"] == "vfs"
    assert shown["data_root"] == "/var/lib/core"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"CORE_PLUGINS__NOSUCH__A": "1"}, "plugins.nosuch: no such plugin is installed"),
        ({"CORE_DEADLINES__STORAG__PREPARE": "1"}, "deadlines.storag: no such kind of driver has deadlines"),
        ({"CORE_DEADLINES__RUNTIME__WAIT": "1"}, "deadlines.runtime.wait: no such method (there are: "),
    ],
)
def test_what_the_daemon_would_refuse_is_refused(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sentence: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(application, ["show"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"core: {sentence}")


def test_the_schema_has_every_plugins_table() -> None:
    schema = json.loads(CliRunner().invoke(application, ["schema"]).stdout)
    assert "data_root" in schema["properties"]
    assert schema["properties"]["plugins"]["properties"]["net_bridge"]["additionalProperties"] is False


def test_a_plugin_with_several_drivers_has_a_table_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sizes(PluginSettings):
        depth: int = 3

    offers = [Described(kind, "both", "both", Sizes) for kind in (Kind.STORAGE, Kind.NETWORK)]
    monkeypatch.setattr(config, "find_plugins", lambda _settings: SimpleNamespace(offers=offers))
    schema = json.loads(CliRunner().invoke(application, ["schema"]).stdout)
    tables = schema["properties"]["plugins"]["properties"]["both"]["properties"]
    assert {kind: table["properties"]["depth"]["default"] for kind, table in tables.items()} == {"storage": 3, "network": 3}
