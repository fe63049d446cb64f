"""The console socket (runc: docs/terminals.md): the binary makes the terminal in the container and sends its master side here."""

import secrets
import socket
import sys
from pathlib import Path

TIMEOUT = 10
"""Seconds to wait for a terminal after the binary has said that all is done."""


class ConsoleSocket:
    """A listening socket with a short name, since the kernel takes no long ones; removed by `close`."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / f"tty{secrets.token_hex(4)}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(1)
        self._listener.settimeout(TIMEOUT)

    def receive(self) -> int:
        """Return the master side. Blocks shortly. Raises OSError if none came."""
        connection, _ = self._listener.accept()
        with connection:
            _, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_LEN(4), socket.MSG_CMSG_CLOEXEC)
        if not ancillary:
            raise OSError("no terminal came through the console socket")
        return int.from_bytes(ancillary[0][2][:4], sys.byteorder)

    def close(self) -> None:
        """Stop listening; idempotent."""
        self._listener.close()
        self.path.unlink(missing_ok=True)
