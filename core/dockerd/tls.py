"""TLS as dockerd understands its options."""

import os
from collections.abc import Set
from pathlib import Path

from core.config import Settings

_FILES = {"tlscacert": "ca.pem", "tlscert": "cert.pem", "tlskey": "key.pem"}
_TLS_HOST = "tcp://localhost:2376"


def with_dockers_tls(settings: Settings, given: Set[str]) -> Settings:
    """Return settings where naming `tlsverify` switches TLS on, TLS verifies clients unless told otherwise, its files have Docker's usual
    names, and a daemon with TLS and no address of its own listens on port 2376. `given` are the options that an administrator set."""
    verify_by_environment = bool(os.environ.get("DOCKER_TLS_VERIFY")) and "tlsverify" not in given
    if not (settings.tls or "tlsverify" in given or verify_by_environment):
        return settings
    changes: dict[str, object] = {"tls": True}
    if "tlsverify" not in given:
        changes["tlsverify"] = True
    directory = _certificates()
    changes.update(
        {option: directory / name for option, name in _FILES.items() if option not in given and (directory / name).exists()}
    )
    if "host" not in given:
        changes["hosts"] = (_TLS_HOST,)
    return settings.model_copy(update=changes)


def _certificates() -> Path:
    named = os.environ.get("DOCKER_CERT_PATH") or os.environ.get("DOCKER_CONFIG")
    return Path(named) if named else Path.home() / ".docker"
