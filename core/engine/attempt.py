"""A step whose failure must not keep the next one from being done: it is logged and told, and the work goes on."""

import logging
from collections.abc import Awaitable

from core.config import StartupError
from sdk.errors import EngineError

_log = logging.getLogger(__name__)


async def attempt(what: str, work: Awaitable[object]) -> str:
    """Do a step; return "" or, if it failed, the sentence that the daemon's log has of it too: `what` and the error."""
    try:
        await work
    except StartupError:  # a chosen driver failed: the daemon does not start
        raise
    except (EngineError, OSError) as error:
        _log.error("%s: %s", what, error)
        return f"{what}: {error}"
    except Exception as error:  # noqa: BLE001 whatever it is: other containers, and this one's next steps, do not depend on it
        _log.exception("%s failed", what)
        return f"{what}: {error}"
    return ""
