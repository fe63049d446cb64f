"""The client's commands, added to the `core` command line."""

from typing import Annotated

import typer

from core.cli.client.commands import attach, containers, images, networks, pull, run, stats, system, trace, volumes
from core.cli.client.commands.copy import cp
from core.cli.client.commands.logs import logs
from core.cli.client.commands.run_flags import taking_flags
from core.cli.client.connection.api import chosen_host

# What follows the image or container belongs to the command there, not to us.
_WHOLE = {"allow_interspersed_args": False}
_COMMANDS = (
    containers.ps,
    logs,
    attach.start,
    attach.attach,
    containers.stop,
    containers.restart,
    containers.kill,
    containers.pause,
    containers.unpause,
    containers.wait,
    containers.rename,
    containers.rm,
    containers.port,
    stats.stats,
    cp,
    pull.pull,
    pull.push,
    images.images,
    images.rmi,
    images.tag,
    images.inspect,
    system.info,
    system.version,
    system.events,
)


def add_client(application: typer.Typer) -> None:
    """Add every command of the client, and `--host` for all of them."""
    application.callback()(choose_daemon)
    application.command("run", context_settings=_WHOLE)(taking_flags(run.run))
    application.command("create", context_settings=_WHOLE)(taking_flags(run.create, "detach"))
    application.command("exec", context_settings=_WHOLE)(attach.execute)
    application.command("top", context_settings={"ignore_unknown_options": True})(containers.top)
    for command in _COMMANDS:
        application.command(command.__name__)(command)
    application.add_typer(volumes.application, name="volume")
    application.add_typer(networks.application, name="network")
    application.add_typer(trace.application, name="trace")


def choose_daemon(
    host: Annotated[str, typer.Option("--host", "-H", help="Daemon the client talks to; DOCKER_HOST otherwise.")] = "",
) -> None:
    """A container engine made of plugins."""
    chosen_host.set(host)
