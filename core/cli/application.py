"""The `core` command: its sub-commands, and those that plugins add."""

import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from copy import copy

import typer

from core.cli import config, dockerd, doctor, gc, reset
from core.cli.client.registration import add_client
from core.cli.migrate import command as migrate
from core.cli.plugin import command as plugin

_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def build(words: Sequence[str] = ()) -> typer.Typer:
    """Return the command line for these words. Plugins are loaded only if the command is none of ours, or for the overview."""
    application = typer.Typer(name="core", help="A container engine made of plugins.", no_args_is_help=True, add_completion=False)
    application.command("serve", context_settings=_PASSED_ON, help="Run the daemon.")(_serve)
    application.add_typer(plugin.application, name="plugin")
    application.add_typer(config.application, name="config")
    application.command("install-dockerd")(dockerd.install)
    application.add_typer(migrate.application, name="migrate")
    application.command("doctor")(doctor.doctor)
    application.command("gc")(gc.collect)
    application.command("reset")(reset.reset)
    application.command("demo", help="Show the engine at work, then clean up. Changes nothing on this machine.")(_demo)
    add_client(application)
    own = command_names(application)
    application.info.context_settings = {"obj": frozenset(own)}  # which `core plugin check` asks for
    if not words or words[0] not in own:
        for name, commands in _plugin_commands(own):
            _add(application, name, commands)
    return application


def _add(application: typer.Typer, name: str, commands: typer.Typer) -> None:
    """Add a plugin's commands. An application of one command and no callback is that command, as it is for Typer by itself."""
    has_callback = commands.registered_callback or commands.info.callback
    if has_callback or commands.registered_groups or len(commands.registered_commands) != 1:
        application.add_typer(commands, name=name)
    else:
        command = copy(commands.registered_commands[0])
        command.name = name
        application.registered_commands.append(command)


def command_names(application: typer.Typer) -> set[str]:
    """Return the names of an application's commands and groups."""
    commands = {command.name for command in application.registered_commands}
    groups = {group.name for group in application.registered_groups}
    return {name for name in commands | groups if name}


def _plugin_commands(taken: Collection[str]) -> list[tuple[str, typer.Typer]]:
    from core.config import StartupError, load_settings
    from core.kernel.discovery import discover
    from core.kernel.health import Health
    from core.kernel.loading import load_plugins

    disabled: Sequence[str] = ()
    with suppress(StartupError):  # the command that needs the configuration says what is wrong with it
        disabled = load_settings({}).disabled_plugins
    return load_plugins(discover(), Health(), disabled).cli_commands(taken)


def _demo() -> None:
    from core.cli.demo.command import demo

    demo()


def _serve(context: typer.Context) -> None:
    from core.cli.serve import main

    sys.exit(main(context.args))
