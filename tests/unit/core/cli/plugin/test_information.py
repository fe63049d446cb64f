"""What is told of one plugin."""

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
