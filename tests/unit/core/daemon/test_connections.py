"""The Date header that all responses share."""

import pytest

from core.daemon import connections as connections_module
from core.daemon.connections import Connections


def test_the_date_is_renewed_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000_000_000.1]
    monkeypatch.setattr(connections_module.time, "time", lambda: clock[0])
    made = Connections()
    made.renew_date()
    first = made.default_headers
    assert first == [(b"date", b"Sun, 09 Sep 2001 01:46:40 GMT")]
    clock[0] += 0.8
    made.renew_date()
    assert made.default_headers is first
    clock[0] += 0.2
    made.renew_date()
    assert made.default_headers == [(b"date", b"Sun, 09 Sep 2001 01:46:41 GMT")]
