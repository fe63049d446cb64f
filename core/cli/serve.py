"""`core serve`: the daemon, with the flags dockerd's users know."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
from pydantic import JsonValue

from core.cli.slim import keep_small
from core.config import Settings, StartupError, load_settings

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR, "fatal": logging.CRITICAL}

_TEXTS = (
    ("--data-root", "data_root", "PATH", "what is kept: images, volumes, containers (/var/lib/core)"),
    ("--exec-root", "exec_root", "PATH", "what lives until the next boot (/run/core)"),
    ("--tlscacert", "tlscacert", "PATH", "trust only client certificates of this CA"),
    ("--tlscert", "tlscert", "PATH", "the server's certificate"),
    ("--tlskey", "tlskey", "PATH", "the server's key"),
)
_SWITCHES = (
    ("--tls", "tls", "use TLS; --tls=false allows plain TCP off loopback"),
    ("--tlsverify", "tlsverify", "use TLS and demand a client certificate"),
    ("--allow-plain-tcp", "allow_plain_tcp", "listen on TCP without TLS beyond loopback: whoever connects is root"),
    (
        "--keep-blobs",
        "keep_blobs",
        "keep the archives of unpacked layers; --keep-blobs=false rebuilds them when they are pushed or saved",
    ),
    ("--strict-plugins", "strict_plugins", "any broken plugin keeps the daemon from starting"),
)
_LISTS = (
    ("--insecure-registry", "insecure_registries", "HOST[:PORT]|CIDR", "reach this registry by HTTP or unverified TLS"),
    ("--registry-mirror", "registry_mirrors", "URL", "try this before Docker Hub"),
    ("--default-ulimit", "default_ulimits", "NAME=SOFT[:HARD]", "a limit of containers that set none"),
    ("--label", "labels", "NAME=VALUE", "a label of the daemon"),
)
_DRIVERS = (
    ("-s", "--storage-driver", "storage"),
    ("--default-runtime", "runtime"),
    ("--log-driver", "log"),
)


def main(arguments: Sequence[str]) -> int:
    """Run the daemon; return the exit status. What keeps it from starting is said in one sentence on stderr."""
    try:
        settings = settings_from(arguments)
        _configure_logging(settings)
        keep_small()
        from core.app import run_daemon
        from core.daemon.heap import share_one_heap

        share_one_heap()
        anyio.run(run_daemon, settings, backend_options={"use_uvloop": True})
    except StartupError as error:
        print(f"core: {error}", file=sys.stderr)
        return 1
    return 0


def settings_from(arguments: Sequence[str]) -> Settings:
    """Return the settings of flags, environment and file. Raises ConfigurationError; a wrong flag exits with status 2."""
    parsed = vars(parser().parse_args(arguments))
    config_file: Path | None = parsed.pop("config_file", None)
    flags: dict[str, JsonValue] = parsed
    drivers: dict[str, JsonValue] = {
        key.removeprefix("drivers."): flags.pop(key) for key in list(flags) if key.startswith("drivers.")
    }
    log_opts = flags.pop("log_opts", None)
    if isinstance(log_opts, list):
        flags["log_opts"] = dict(str(pair).partition("=")[::2] for pair in log_opts)
    return load_settings(flags | ({"drivers": drivers} if drivers else {}), config_file)


def parser() -> argparse.ArgumentParser:
    """Return the parser. What is not given does not appear in its result, so that environment and file are heard."""
    root = argparse.ArgumentParser(
        "core serve", description="Run the daemon.", argument_default=argparse.SUPPRESS, allow_abbrev=False
    )
    add = root.add_argument
    add(
        "-H",
        "--host",
        dest="hosts",
        action="append",
        metavar="HOST",
        help="listen here: unix://PATH, tcp://ADDRESS:PORT or fd:// (repeatable)",
    )
    add("--config-file", type=Path, metavar="PATH", help="TOML file (/etc/core/core.toml)")
    add("-p", "--pidfile", metavar="PATH", help="where to write the process ID")
    add("-G", "--group", metavar="GROUP", help="group that may use the unix socket (docker)")
    add("-l", "--log-level", choices=sorted(_LEVELS), help="how much to say (info)")
    add("-D", "--debug", dest="log_level", action="store_const", const="debug", help="the same as --log-level debug")
    add("--log-opt", dest="log_opts", action="append", metavar="NAME=VALUE", help="default option of the log driver (repeatable)")
    for flag, key, metavar, text in _TEXTS:
        add(flag, dest=key, metavar=metavar, help=text)
    for flag, key, text in _SWITCHES:
        add(flag, dest=key, nargs="?", const=True, type=_boolean, metavar="BOOL", help=text)
    for flag, key, metavar, text in _LISTS:
        add(flag, dest=key, action="append", metavar=metavar, help=f"{text} (repeatable)")
    for *flags, kind in _DRIVERS:
        add(*flags, dest=f"drivers.{kind}", metavar="NAME", help=f"name of the {kind} driver")
    return root


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() in ("true", "1")


def _configure_logging(settings: Settings) -> None:
    """Log to stderr; libraries are heard from `warn` on, or when debugging."""
    level = _LEVELS[settings.log_level]
    libraries = level if settings.log_level == "debug" else max(level, logging.WARNING)
    logging.basicConfig(level=libraries, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr)
    for ours in ("core", "plugins"):
        logging.getLogger(ours).setLevel(level)
