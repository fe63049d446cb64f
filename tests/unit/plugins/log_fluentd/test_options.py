"""Options of the fluentd driver."""

import pytest

from plugins.log_fluentd.options import buffer_of, interval_of, is_chosen, patience_of, target_of, timeout_of
from plugins.log_fluentd.protocol import Fluentd
from sdk.errors import InvalidArgument
from sdk.shipping.sockets import Target
from sdk.shipping.wire import Patience


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("", Target("tcp", "127.0.0.1", 24224)),
        ("h", Target("tcp", "h", 24224)),
        ("h:1", Target("tcp", "h", 1)),
        (":1", Target("tcp", "127.0.0.1", 1)),
        ("tcp://[::1]:1", Target("tcp", "::1", 1)),
        ("unix:///run/f.sock", Target("unix", path="/run/f.sock")),
    ],
)
def test_addresses(address: str, target: Target) -> None:
    assert target_of({"fluentd-address": address}) == target


def test_tls_is_verified() -> None:
    target = target_of({"fluentd-address": "tls://h"})
    assert target.tls is not None
    assert target.tls().check_hostname


def test_values() -> None:
    assert patience_of({}) == Patience(1.0, 1.5, 60.0, None)
    assert patience_of({"fluentd-max-retries": "2", "fluentd-retry-wait": "2m"}) == Patience(120.0, 1.5, 120.0, 3)
    assert (buffer_of({}), buffer_of({"fluentd-buffer-limit": "8m"})) == (None, 8 << 20)
    assert (interval_of({}), interval_of({"fluentd-async-reconnect-interval": "500ms"})) == (0, 0.5)
    assert (timeout_of({}), timeout_of({"fluentd-write-timeout": "3s", "fluentd-read-timeout": "5s"})) == (10, 5)
    assert timeout_of({"fluentd-read-timeout": "600h"}) == 60
    assert [is_chosen({"x": text}, "x") for text in ("", "true", "false", "1")] == [False, True, False, True]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"fluentd-address": "udp://h"}, "invalid fluentd-address (udp://h): unsupported scheme: 'udp'"),
        ({"fluentd-address": "unix:///"}, "invalid fluentd-address (unix:///): path is empty"),
        ({"fluentd-address": "tcp://h/a"}, "invalid fluentd-address (tcp://h/a): should not contain a path element"),
        ({"fluentd-address": "h:x"}, 'invalid fluentd-address (h:x): parse "tcp://h:x": invalid port or host'),
        ({"fluentd-async": "perhaps"}, 'strconv.ParseBool: parsing "perhaps": invalid syntax'),
        ({"fluentd-request-ack": "2"}, 'strconv.ParseBool: parsing "2": invalid syntax'),
        ({"fluentd-sub-second-precision": "x"}, 'strconv.ParseBool: parsing "x": invalid syntax'),
        ({"fluentd-buffer-limit": "lots"}, "invalid size: 'lots'"),
        ({"fluentd-max-retries": "-1"}, 'strconv.ParseUint: parsing "-1": invalid syntax'),
        ({"fluentd-retry-wait": "1"}, 'invalid value for fluentd-retry-wait: time: missing unit in duration "1"'),
        ({"fluentd-retry-wait": "1d"}, 'invalid value for fluentd-retry-wait: time: unknown unit "d" in duration "1d"'),
        ({"fluentd-retry-wait": "s"}, 'invalid value for fluentd-retry-wait: time: invalid duration "s"'),
        ({"fluentd-write-timeout": "-1s"}, 'invalid value for fluentd-write-timeout: value ("-1s") must not be negative'),
        (
            {"fluentd-async-reconnect-interval": "1m"},
            'invalid value for fluentd-async-reconnect-interval: value ("1m") must be between 100ms and 10s',
        ),
    ],
)
def test_options_that_docker_refuses(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        Fluentd().check(options)
    assert refused.value.message == sentence
