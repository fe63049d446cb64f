"""`core serve`, also under the name `dockerd`: the daemon, with dockerd's flags."""

import logging
import sys
from collections.abc import Sequence
from importlib import metadata

import anyio

from core.cli.slim import keep_small
from core.config import Settings, StartupError
from core.daemon.logs import configure_logging
from core.dockerd.configuration import Configuration, load_configuration
from core.dockerd.flags import FlagError, parse_flags
from core.dockerd.styles import CORE, Style
from core.dockerd.usage import usage

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str], style: Style = CORE) -> int:
    """Run the daemon; return the exit status. What keeps it from starting is said in one sentence on stderr."""
    try:
        flags = parse_flags(arguments)
        if flags.switched_on("help"):
            print(usage(style.program), end="")
            return 0
        if flags.switched_on("version"):
            print(f"Core Engine version {metadata.version('core-engine')}")
            return 0
        configuration = load_configuration(flags, style)
        if flags.switched_on("validate"):
            print("configuration OK", file=sys.stderr)
            return 0
        _run(configuration)
    except FlagError as error:
        print(f"{error}\nSee '{style.program} --help'.", file=sys.stderr)
        return 1
    except StartupError as error:
        print(f"{'core' if style is CORE else style.program}: {error}", file=sys.stderr)
        return 1
    return 0


def settings_from(arguments: Sequence[str], style: Style = CORE) -> Settings:
    """Return the settings of flags, environment and file. Raises ConfigurationError, FlagError."""
    return load_configuration(parse_flags(arguments), style).settings


def _run(configuration: Configuration) -> None:
    configure_logging(configuration.settings)
    if configuration.ignored:
        _log.info("accepted for Docker's sake, without effect here: %s", ", ".join(configuration.ignored))
    keep_small()
    from core.app import run_daemon
    from core.daemon.heap import share_one_heap

    share_one_heap()
    anyio.run(run_daemon, configuration, backend_options={"use_uvloop": True})
