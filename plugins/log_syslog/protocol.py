"""Syslog: which receiver, which messages."""

from collections.abc import Mapping

from plugins.log_syslog.messages import MessageMaker
from plugins.log_syslog.options import OPTIONS, check_path, facility_of, format_of, target_of
from plugins.log_syslog.wires import DatagramWire, LocalWire, StreamWire
from sdk.drivers.logs import LogContext
from sdk.logfiles.tags import tag_of
from sdk.shipping.sockets import Target
from sdk.shipping.wire import Delivery, Protocol, Wire


class Syslog(Protocol):
    """The syslog driver's own part."""

    name = "syslog"
    options = OPTIONS

    def check(self, options: Mapping[str, str]) -> None:
        check_path(target_of(options))
        facility_of(options)
        format_of(options)

    def delivery(self, context: LogContext) -> Delivery:
        options = context.options
        address = options.get("syslog-address", "")
        target = target_of(options)
        counted = target is not None and target.tls is not None
        messages = MessageMaker(format_of(options), facility_of(options), tag_of(context), counted=counted)
        return Delivery(f"syslog {address}".strip(), lambda: _wire(target, messages))


def _wire(target: Target | None, messages: MessageMaker) -> Wire:
    if target is None:
        return LocalWire(messages)
    return DatagramWire(target, messages) if target.network in ("udp", "unixgram") else StreamWire(target, messages)
