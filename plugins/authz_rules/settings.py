"""Settings of the rules: the table `[plugins.authz_rules]`."""

from pathlib import Path

from pydantic import Field

from sdk.providers import PluginSettings


class RulesSettings(PluginSettings):
    """The rules are in a file of their own, which a reload (SIGHUP) reads again."""

    file: Path = Field(Path("/etc/core/authorization.toml"), description="the rules, in TOML")
