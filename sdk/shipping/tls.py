"""TLS to receivers, by the files that options name."""

import ssl

from sdk.shipping.sockets import reason


def client_context(ca: str = "", cert: str = "", key: str = "", *, skip_verify: bool = False) -> ssl.SSLContext:
    """Return what a connection is made by: `ca` is trusted beside the system's authorities, "" for none. Reads the files. Raises OSError."""
    try:
        context = ssl.create_default_context()
        if ca:
            context.load_verify_locations(ca)
        if cert and key:
            context.load_cert_chain(cert, key)
    except (OSError, ValueError) as error:
        raise OSError(f"could not load TLS files: {reason(error)}") from None
    if skip_verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
