"""Settings of the registry frontend: the table `[plugins.api_registry]`."""

from pathlib import Path

from pydantic import Field, SecretStr, model_validator

from sdk.providers import PluginSettings


class RegistrySettings(PluginSettings):
    """The daemon's own listeners serve `/v2/` as well, to every client of theirs; what is set here concerns the address below."""

    address: str = Field("", description="HOST:PORT to serve on besides the daemon's own listeners, such as 127.0.0.1:5000")
    certificate: Path | None = Field(None, description="PEM file; with `key` the address speaks TLS")
    key: Path | None = Field(default=None, description="PEM file of its key")
    users: dict[str, SecretStr] = Field({}, description="passwords by user name; without any, every client is let in")
    anonymous_pull: bool = Field(default=False, description="let every client read, and ask for a password only to write")
    allow_open: bool = Field(default=False, description="serve beyond loopback without users: every client may push images")
    read_only: bool = Field(default=False, description="refuse pushes and deletions, on the daemon's listeners too")

    @model_validator(mode="after")
    def _check_pair(self) -> "RegistrySettings":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        return self
