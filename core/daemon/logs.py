"""The daemon's own log, on stderr."""

import json
import logging
import sys
from datetime import UTC, datetime

from core.config import Settings

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR, "fatal": logging.CRITICAL}
_CHATTY = frozenset({"pyroute2", "asyncio"})
_WORDS = {number: word for word, number in _LEVELS.items()}


class JsonLines(logging.Formatter):
    """One JSON object a line: level, msg, time (RFC 3339), logger."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record's line."""
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + self.formatException(record.exc_info)
        time = datetime.fromtimestamp(record.created, UTC).isoformat()
        level = _WORDS.get(record.levelno, record.levelname.lower())
        return json.dumps({"level": level, "msg": message, "time": time, "logger": record.name})


def configure_logging(settings: Settings) -> None:
    """Log to stderr in the form and at the level of the settings."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    handler.setFormatter(JsonLines() if settings.log_format == "json" else text)
    handler.addFilter(_is_worth_a_line)
    logging.basicConfig(handlers=[handler])
    set_level(settings)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Leave out what libraries say of each message. A filter, because pyroute2 sets its logger's level when it is imported."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] not in _CHATTY


def set_level(settings: Settings) -> None:
    """Log at the level of the settings from now on; libraries are heard from `warn` on, or when debugging."""
    level = logging.DEBUG if settings.debug else _LEVELS[settings.log_level]
    logging.getLogger().setLevel(level if level == logging.DEBUG else max(level, logging.WARNING))
    for ours in ("core", "plugins"):
        logging.getLogger(ours).setLevel(level)
