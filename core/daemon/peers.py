"""Who is at the other end of a connection: what the kernel says of a process, and what TLS has proved."""

import asyncio
import ctypes
import errno
import os
import socket
import ssl
import struct
from collections.abc import Mapping

from sdk.drivers.authorizer import Subject, Transport
from sdk.linux.libc import libc

_CREDENTIALS = struct.Struct("iII")
"""struct ucred (unix(7)): PID, UID, GID."""

_SO_PEERGROUPS = 59
_GID = struct.calcsize("I")
_LARGEST_OPTION = 1024
"""Bytes of an option that Python's getsockopt takes: 256 groups."""

_MOST_GROUPS = 65536
"""NGROUPS_MAX (limits.h)."""


def subject_of(wire: asyncio.Transport) -> Subject:
    """Return who sends on a connection. Raises OSError when that cannot be told, as of a connection that is closed."""
    session = wire.get_extra_info("ssl_object")
    if session is not None:
        return _of_tls(session, _address(wire))
    with socket.socket(fileno=os.dup(wire.get_extra_info("socket").fileno())) as connection:
        if connection.family != socket.AF_UNIX:
            return Subject(Transport.TCP, address=_address(wire))
        pid, uid, gid = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
        return Subject(Transport.UNIX, uid, gid, _groups(connection), pid)


def _groups(connection: socket.socket) -> frozenset[int]:
    """Return the supplementary groups of the process at the other end (SO_PEERGROUPS, Linux 4.13)."""
    try:
        packed = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _LARGEST_OPTION)
    except OSError as error:
        if error.errno != errno.ERANGE:
            raise
        packed = _long_option(connection.fileno(), _SO_PEERGROUPS, _MOST_GROUPS * _GID)
    return frozenset(struct.unpack(f"{len(packed) // _GID}I", packed))


def _long_option(descriptor: int, option: int, size: int) -> bytes:
    buffer, length = ctypes.create_string_buffer(size), ctypes.c_uint32(size)
    if libc.getsockopt(descriptor, socket.SOL_SOCKET, option, buffer, ctypes.byref(length)):
        raise OSError(ctypes.get_errno(), "getsockopt")
    return buffer.raw[: length.value]


def _of_tls(session: ssl.SSLObject, address: str) -> Subject:
    certificate = session.getpeercert(binary_form=True)
    if not certificate or session.context.verify_mode is ssl.CERT_NONE:
        return Subject(Transport.TLS, address=address)
    chain = getattr(session, "get_unverified_chain", None)  # Python 3.13
    certificates = tuple(chain()) if chain is not None else (certificate,)
    return Subject(Transport.TLS, common_name=_common_name(session.getpeercert() or {}), certificates=certificates, address=address)


def _common_name(certificate: Mapping[str, object]) -> str:
    """Return the subject's common name, the last one if it has several, as Go reads it."""
    names = [value for part in _parts(certificate.get("subject")) for key, value in part if key == "commonName"]
    return names[-1] if names else ""


def _parts(subject: object) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the relative distinguished names of a subject, as `ssl` gives them."""
    return subject if isinstance(subject, tuple) else ()


def _address(wire: asyncio.Transport) -> str:
    peer = wire.get_extra_info("peername")
    if not isinstance(peer, tuple):
        return ""
    host, port = peer[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
