"""Settings of the command verifier: the table `[plugins.trust_command]`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from sdk.providers import PluginSettings

NAME = "command"


def _checked_command(command: tuple[str, ...]) -> tuple[str, ...]:
    if command and not command[0].startswith("/"):
        raise ValueError(f"{command[0]!r} is not an absolute path")
    return command


class CommandSettings(PluginSettings):
    """Without a command nothing is allowed: who chooses this verifier wants to be asked."""

    command: Annotated[tuple[str, ...], AfterValidator(_checked_command)] = Field(
        (), description="Program and arguments; it gets the image as JSON on its input, and allows it by exit status 0"
    )
    timeout: float = Field(60, gt=0, description="Seconds after which the program is killed and the image refused")
    verify_use: bool = Field(default=False, description="Ask also before a container or a build uses an image of the store")
