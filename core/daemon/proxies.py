"""Proxies of the configuration: put into the environment, which every HTTP client of the daemon reads."""

import logging
import os
from collections.abc import Iterator

from core.defaults import Proxies

_log = logging.getLogger(__name__)


def export_proxies(proxies: Proxies) -> None:
    """Set the variables of the proxies that the configuration names; a variable that says otherwise is overridden, and that is logged."""
    for name, value in (("HTTP_PROXY", proxies.http), ("HTTPS_PROXY", proxies.https), ("NO_PROXY", proxies.none)):
        if value:
            for variable in (name, name.lower()):
                if os.environ.get(variable, value) != value:
                    _log.warning("overriding existing proxy variable with value from configuration: %s", variable)
                os.environ[variable] = value


def proxies_in_effect() -> Proxies:
    """Return the proxies of the environment."""
    http, https, none = _variables("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    return Proxies(http=http, https=https, none=none)


def _variables(*names: str) -> Iterator[str]:
    for name in names:
        yield os.environ.get(name) or os.environ.get(name.lower(), "")
