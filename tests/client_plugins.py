"""The plugins of the Docker CLI that tests run, where the CLI looks for them."""

from pathlib import Path

import pytest

from tests.compose.clients import BUILDX, COMPOSE, find_plugin

__all__ = ["BUILDX", "COMPOSE", "find_plugin", "link", "require"]


def link(config: Path, *names: str) -> None:
    """Give the CLI's configuration directory those of these plugins that are here."""
    directory = config / "cli-plugins"
    directory.mkdir(parents=True, exist_ok=True)
    for name in names:
        if found := find_plugin(name):
            (directory / name).symlink_to(found)


def require(*names: str) -> None:
    """Skip the test where one of these plugins is not here."""
    if missing := [name for name in names if find_plugin(name) is None]:
        pytest.skip(f"{' and '.join(missing)}: not here, `make compose-clients` fetches them on Debian")
