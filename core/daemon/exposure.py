"""What `docker info` warns of: addresses at which clients reach the daemon without having shown who they are."""

from collections.abc import Iterator, Sequence

_ROOT = (
    "\n         Access to the remote API is equivalent to root access on the host:"
    "\n         listen with --tlsverify, or on a unix socket alone"
)


def exposed(hosts: Sequence[str], *, tls: bool, verify: bool) -> Iterator[str]:
    """Yield a warning for each TCP address of `-H` where TLS, or the check of clients' certificates, is off."""
    for host in hosts:
        scheme, _, address = host.partition("://")
        if scheme != "tcp" or verify:
            continue
        how = f"https://{address} without TLS client verification" if tls else f"http://{address} without encryption"
        yield f"[DEPRECATION NOTICE]: API is accessible on {how}.{_ROOT}"
