"""HTTP over a unix socket."""

from http.client import HTTPConnection
from pathlib import Path
from socket import AF_UNIX, socket


class UnixConnection(HTTPConnection):
    """A connection to a daemon's socket."""

    def __init__(self, path: Path, seconds: float = 60) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path
        self._seconds = seconds

    def connect(self) -> None:
        self.sock = socket(AF_UNIX)
        self.sock.settimeout(self._seconds)
        try:
            self.sock.connect(str(self._path))
        except BaseException:
            self.close()
            raise
