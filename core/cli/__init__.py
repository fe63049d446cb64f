"""The command line `core`: the daemon's commands here, a client of the Docker API in `client`."""

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exits the process.

    The daemon's command is taken apart before anything else is imported: what only a person at a terminal needs (typer, rich)
    shall not live in the daemon's memory. A program that is called `dockerd` is the daemon.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None and os.path.basename(sys.argv[0]) == "dockerd":
        from core.cli.serve import main as serve
        from core.dockerd.styles import DOCKERD

        sys.exit(serve(words, DOCKERD))
    if words[:1] == ["serve"]:
        from core.cli.serve import main as serve

        sys.exit(serve(words[1:]))
    from core.cli.application import build

    build(words)(words, prog_name="core")
