"""Signals as an image's configuration and clients name them (image-spec: config.md "StopSignal"), with the real-time offsets that Docker knows."""

from signal import Signals

HIGHEST_SIGNAL = 64
_RTMIN = 34
"""The first that the C libraries leave to programs (signal(7), "Real-time signals")."""

SIGNALS = (
    {name.removeprefix("SIG"): int(number) for name, number in Signals.__members__.items()}
    | {"RTMIN": _RTMIN, "RTMAX": HIGHEST_SIGNAL}
    | {f"RTMIN+{offset}": _RTMIN + offset for offset in range(1, 16)}
    | {f"RTMAX-{offset}": HIGHEST_SIGNAL - offset for offset in range(1, 15)}
)
"""Numbers by name, without `SIG` before it; some have two names."""
