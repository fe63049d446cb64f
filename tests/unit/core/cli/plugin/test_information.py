"""What is told of one plugin."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from core.cli.plugin.information import Setting, information, information_lines
from core.config import ConfigurationError, Settings
from core.store.database import Database
from sdk.engine.networks import NetworkCreate


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_root=tmp_path, plugins={"net_bridge": {"bridge_name": "mine0"}})


def test_a_plugin_is_told_with_its_drivers_settings_and_who_uses_them(settings: Settings, tmp_path: Path) -> None:
    database = Database(tmp_path / "core.db")
    database.table("networks", dict[str, object]).put("n", {"id": "n", "config": NetworkCreate("lan", driver="bridge")})
    told = information("net_bridge", settings)
    database.close()
    (driver,) = told.drivers
    assert (told.plugin.distribution, told.plugin.state) == ("core-engine", "ok")
    assert (driver.kind, driver.name, driver.chosen) == ("network", "bridge", True)
    assert [(setting.default, setting.value) for setting in driver.settings if setting.name == "bridge_name"] == [
        ("core0", "mine0")
    ]
    assert [(use.noun, use.names) for use in driver.used_by] == [("networks", ("lan",))]
    text = "\n".join(information_lines(told))
    assert "network driver bridge, chosen by the configuration" in text
    assert "used by networks: lan" in text


def test_a_setting_that_is_not_set_has_its_default_alone(settings: Settings) -> None:
    (driver,) = information("log_jsonfile", settings).drivers
    assert all(setting.value == setting.default for setting in driver.settings)
    assert all(isinstance(setting, Setting) for setting in driver.settings)
    assert "used by nothing in the data root" in "\n".join(information_lines(information("log_jsonfile", settings)))


def test_what_cannot_be_told_of_a_kind_is_not_told(settings: Settings) -> None:
    assert "used by" not in "\n".join(information_lines(information("api_docker", settings)))


def test_one_that_is_not_installed_is_refused_with_those_that_are(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"no plugin nothing is installed \(there are: .*net_bridge"):
        information("nothing", settings)


def _runtime_users(tmp_path: Path, **containers: str) -> None:
    database = Database(tmp_path / "core.db")
    for name, runtime in containers.items():
        database.table("containers", dict[str, object]).put(name, {"name": name, "host_config": {"runtime": runtime}})
    database.close()


def test_a_runtime_is_used_by_the_names_that_the_configuration_gives_it(tmp_path: Path) -> None:
    _runtime_users(tmp_path, one="other", two="", three="ns", four="runc")
    named = Settings(data_root=tmp_path, runtimes={"other": {"path": "/usr/bin/crun"}})
    as_default = Settings(data_root=tmp_path, runtimes={"other": {"path": "/usr/bin/crun"}}, containers={"runtime": "other"})

    def users(plugin: str, settings: Settings) -> list[tuple[str, ...]]:
        (driver,) = information(plugin, settings).drivers
        return [use.names for use in driver.used_by]

    assert users("runtime_oci", named) == [("one",)]
    assert users("runtime_ns", named) == [("four", "three", "two")]
    assert users("runtime_oci", as_default) == [("one", "two")]
    assert users("runtime_ns", as_default) == [("four", "three")]


def test_a_driver_that_another_may_wrap_is_not_said_to_be_of_no_use(settings: Settings) -> None:
    (driver,) = [line for line in information_lines(information("log_local", settings)) if "used by nothing" in line]
    assert driver == "  used by nothing in the data root, unless another log driver wraps it"
    assert "wraps" not in "\n".join(information_lines(information("net_bridge", settings)))


def test_a_password_is_not_told(tmp_path: Path) -> None:
    settings = Settings(
        data_root=tmp_path, plugins={"api_registry": {"users": {"bob": "hunter2"}}, "otlp": {"headers": {"key": "hunter2"}}}
    )
    for plugin, key in (("api_registry", "users"), ("otlp", "headers")):
        told = information(plugin, settings)
        assert "hunter2" not in "\n".join([*information_lines(told), json.dumps(asdict(told))])
        assert [bool(setting.value) for setting in told.drivers[0].settings if setting.name == key] == [True]
