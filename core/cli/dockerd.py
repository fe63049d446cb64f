"""`core install-dockerd`: the daemon under the name that tools start it by."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.cli.failure import one_sentence
from core.config import StartupError

NAME = "dockerd"


def install(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="where to put it, such as /usr/local/sbin")],
) -> None:
    """Put a link `dockerd` to this program into a directory: started by that name the daemon takes Docker's defaults.

    A link of ours is replaced; anything else of that name, such as a real dockerd, stays and is an error.
    """
    program = Path(sys.argv[0]).resolve()
    with one_sentence():
        print(install_link(directory, program))


def install_link(directory: Path, program: Path) -> Path:
    """Make the link and return it; idempotent. Raises StartupError where something else has the name, or the link cannot be made."""
    link = directory / NAME
    if link.is_symlink() and link.readlink().name == program.name:
        link.unlink()
    if link.exists() or link.is_symlink():
        raise StartupError(f"{link} exists and is not a link to {program.name}: nothing was changed")
    try:
        link.symlink_to(program)
    except OSError as error:
        raise StartupError(f"{link} cannot be made: {error.strerror}") from error
    return link
