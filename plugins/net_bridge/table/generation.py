"""The ruleset's generation: a number the kernel increments with every nftables transaction, whichever process makes it."""

import socket
import struct

_NETLINK_NETFILTER = 12
_SUBSYSTEM_NFTABLES, _GET_GENERATION = 10, 16
_REQUEST = 0x1
_QUESTION = struct.pack("=IHHIIBBH", 20, _SUBSYSTEM_NFTABLES << 8 | _GET_GENERATION, _REQUEST, 0, 0, 0, 0, 0)
_GENERATION = struct.Struct(">I")
_GENERATION_OFFSET = 24


class GenerationSocket:
    """Asks for the generation: one system call each way, 10 us. Bound to the namespace of the thread that opens it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_NETFILTER)
        self._socket.bind((0, 0))

    def read(self) -> int:
        """Return the present generation."""
        self._socket.send(_QUESTION)
        return int(_GENERATION.unpack_from(self._socket.recv(4096), _GENERATION_OFFSET)[0])

    def close(self) -> None:
        self._socket.close()
