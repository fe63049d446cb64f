"""What the logs of a driver share: how they rotate unless told otherwise, who reads them, who compresses them."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from sdk.logfiles.files import Later
from sdk.logfiles.format import LineFormat
from sdk.logfiles.log import LineLog
from sdk.logfiles.rotation import RotationDefaults, parse_rotation

_READERS = 4


@dataclass(frozen=True, slots=True)
class LogOpener:
    """Opens the logs of one driver."""

    defaults: RotationDefaults
    limiter: anyio.CapacityLimiter
    later: Later

    def check(self, options: Mapping[str, str]) -> None:
        """Raise InvalidArgument for rotation that cannot be."""
        parse_rotation(options, self.defaults)

    def open(self, path: Path, options: Mapping[str, str], lines: LineFormat, *, is_told: bool) -> LineLog:
        """Open a log; `is_told` says whether clients are told of its path. Raises InvalidArgument, OSError."""
        return LineLog(path, parse_rotation(options, self.defaults), lines, self.limiter, self.later, is_told=is_told)


@contextmanager
def log_opener(defaults: RotationDefaults) -> Iterator[LogOpener]:
    """Yield what a driver opens its logs by; at the end wait for compressions in progress. Raises InvalidArgument for such defaults."""
    parse_rotation({}, defaults)
    with ThreadPoolExecutor(1, "log-compression") as compression:
        yield LogOpener(defaults, anyio.CapacityLimiter(_READERS), compression.submit)
