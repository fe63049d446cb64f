"""Debian's `docker-registry` as a real registry for tests and demonstrations."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CONFIG = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}, cache: {{blobdescriptor: inmemory}}}}
http: {{addr: "{address}", secret: test, relativeurls: true{tls}}}
"""
_HTPASSWD = "auth: {{htpasswd: {{realm: registry, path: {path}}}}}\n"
_MIRROR = "proxy: {{remoteurl: {remote}}}\n"
_DEADLINE = 30.0


@dataclass(frozen=True, slots=True)
class RunningRegistry:
    """`address` is host:port, as an image name begins."""

    address: str
    root: Path


@contextmanager
def serve_registry(
    directory: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 5000,
    htpasswd: str = "",
    remote: str = "",
    certificate: tuple[Path, Path] | None = None,
    client_authority: Path | None = None,
) -> Iterator[RunningRegistry]:
    """Run a registry in this thread's network namespace until the block ends.

    Its storage and configuration are kept under `directory`. `htpasswd` is a line `user:bcrypt-hash`; `remote` makes it a
    pull-through mirror of another registry; with `certificate`, a certificate and its key, it speaks TLS, and with `client_authority` to those
    alone whose certificates this one signed. Raises FileNotFoundError
    without the program, TimeoutError if it does not come up.
    """
    config = _configure(directory, f"{host}:{port}", htpasswd, remote, _tls(certificate, client_authority))
    with (directory / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "OTEL_TRACES_EXPORTER": "none"},
        )
    try:
        _await_listener(host, port)
        yield RunningRegistry(f"{host}:{port}", directory)
    finally:
        process.terminate()
        process.wait()


def _configure(directory: Path, address: str, htpasswd: str, remote: str, tls: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    text = _CONFIG.format(root=directory / "storage", address=address, tls=tls)
    if htpasswd:
        (directory / "htpasswd").write_text(htpasswd + "\n")
        text += _HTPASSWD.format(path=directory / "htpasswd")
    if remote:
        text += _MIRROR.format(remote=remote)
    config = directory / "config.yml"
    config.write_text(text)
    return config


def _tls(certificate: tuple[Path, Path] | None, client_authority: Path | None) -> str:
    if certificate is None:
        return ""
    clients = f", clientcas: [{client_authority}]" if client_authority else ""
    return f", tls: {{certificate: {certificate[0]}, key: {certificate[1]}{clients}}}"


def _await_listener(host: str, port: int) -> None:
    deadline = time.monotonic() + _DEADLINE
    while True:
        try:
            socket.create_connection((host, port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no registry answers on {host}:{port}") from None
            time.sleep(0.05)
