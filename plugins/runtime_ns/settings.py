"""Settings of the namespace runtime."""

from typing import Literal

from sdk.providers import PluginSettings


class NamespaceSettings(PluginSettings):
    """`executor`: what carries out the plans: machine code where this package has it for the machine (`auto`, `sysrun`), or `python`."""

    executor: Literal["auto", "sysrun", "python"] = "auto"
    parallel_starts: int = 16
