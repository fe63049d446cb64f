"""Settings of the runtime `oci`."""

from sdk.providers import PluginSettings


class OCISettings(PluginSettings):
    """`binary` is a path or a name to look for; empty means the first of crun and runc that works here. `arguments` stand in front of every
    command."""

    binary: str = ""
    arguments: tuple[str, ...] = ()
