"""Plugins as pip leaves them: a module that can be imported, and a distribution that announces it."""

import os
from pathlib import Path

HOSTILE = Path(__file__).with_name("hostile")
"""Where `core_hostile` is."""


def announce(site: Path, distribution: str, plugin: str, module: str) -> None:
    """Make a distribution, version 1.0, that announces a module as a plugin."""
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[core.plugins]\n{plugin} = {module}\n")


def with_hostile(site: Path, behaviour: Path, module: str = "core_hostile") -> dict[str, str]:
    """Return an environment in which the plugin `hostile` is installed, and does what the file `behaviour` says: as yet nothing odd."""
    announce(site, "core-hostile", "hostile", module)
    behaviour.write_text("")
    return {**os.environ, "PYTHONPATH": f"{site}:{HOSTILE}", "HOSTILE": str(behaviour)}
