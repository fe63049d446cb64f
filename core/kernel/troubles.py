"""What a plugin raises again and again fills no log: its first trouble of a sort is told with a traceback, the others in a line each."""

import logging

from core.sentences import sentence


class Troubles:
    """Tells what plugins raise where nothing else comes of it, by whom it was and what was called."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._told: set[tuple[str, type[BaseException]]] = set()

    def tell(self, where: str, error: BaseException) -> None:
        """Log an error. It is an exception of this kind that makes it one of a sort, with the place."""
        sort = (where, type(error))
        is_new = sort not in self._told
        self._told.add(sort)
        self._log.error("%s: %s", where, sentence(error), exc_info=error if is_new else None)
