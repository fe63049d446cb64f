"""The values of `daemon.json`: the JSON type that each option takes, and what is in its objects."""

import pytest
from pydantic import JsonValue

from core.dockerd.json_values import from_json
from core.dockerd.options import OPTIONS, Option
from core.dockerd.values import ValueRefused


def option(key: str) -> Option:
    return next(option for option in OPTIONS if option.key == key)


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("pidfile", "/x", "/x"),
        ("debug", False, False),
        ("mtu", 1400, 1400),
        ("default-shm-size", 1024, 1024),
        ("default-shm-size", "1k", 1024),
        ("labels", [], []),
        ("registry-mirrors", ["https://m"], ["https://m/"]),
        ("dns", ["FD00::1"], ["fd00::1"]),
        ("log-opts", {"max-size": "1m"}, {"max-size": "1m"}),
        ("features", {"cdi": False}, {"cdi": False}),
        ("default-ulimits", {"nofile": {"Name": "nofile", "Hard": 2, "Soft": 1}}, ["nofile=1:2"]),
        ("default-ulimits", {"nofile": {"name": "x", "hard": 2, "SOFT": -1}, "core": {}}, ["nofile=-1:2", "core=0:0"]),
        ("default-address-pools", [{"base": "10.0.0.0/8", "size": 24}], [{"base": "10.0.0.0/8", "size": 24}]),
        ("default-address-pools", [{"Base": "10.0.0.0/8", "Size": 24}], [{"base": "10.0.0.0/8", "size": 24}]),
        ("runtimes", {"Crun": {"path": "/c", "runtimeArgs": ["-x"]}}, {"crun": {"path": "/c", "arguments": ["-x"]}}),
        ("runtimes", {"a": {"Path": "/a", "runtimeargs": None}}, {"a": {"path": "/a", "arguments": []}}),
    ],
)
def test_what_an_option_takes(key: str, value: JsonValue, kept: JsonValue) -> None:
    assert from_json(option(key), value) == kept


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("pidfile", 5, "invalid JSON: pidfile cannot be a number: a string is expected"),
        ("pidfile", None, "invalid JSON: pidfile cannot be null: a string is expected"),
        ("debug", "true", "invalid JSON: debug cannot be a string: a bool is expected"),
        ("debug", 1, "invalid JSON: debug cannot be a number: a bool is expected"),
        ("mtu", True, "invalid JSON: mtu cannot be a bool: a int is expected"),
        ("mtu", 1.0, "invalid JSON: mtu cannot be a number: a int is expected"),
        ("mtu", 2**63, "invalid JSON: mtu cannot be 9223372036854775808: value out of range"),
        ("mtu", -(2**63) - 1, "invalid JSON: mtu cannot be -9223372036854775809: value out of range"),
        ("default-shm-size", 2**63, "invalid JSON: default-shm-size cannot be 9223372036854775808: value out of range"),
        ("default-shm-size", "1x", "invalid size: '1x'"),
        ("labels", {"a": "b"}, "invalid JSON: labels cannot be an object: a list is expected"),
        ("labels", ["a"], "bad attribute format: a"),
        ("log-opts", ["a=b"], "invalid JSON: log-opts cannot be an array: a map is expected"),
        ("features", {"cdi": "yes"}, "invalid JSON: features.cdi cannot be a string: a bool is expected"),
        ("default-ulimits", {"nofile": 5}, "invalid JSON: default-ulimits.nofile cannot be a number: an object is expected"),
        (
            "default-ulimits",
            {"nofile": {"Soft": "1"}},
            "invalid JSON: default-ulimits.nofile cannot hold a string: a int is expected",
        ),
        (
            "default-ulimits",
            {"nofile": {"Hard": True}},
            "invalid JSON: default-ulimits.nofile cannot hold a bool: a int is expected",
        ),
        (
            "default-ulimits",
            {"nofile": {"Hard": 1.5}},
            "invalid JSON: default-ulimits.nofile cannot hold a number: a int is expected",
        ),
        ("default-address-pools", ["x"], "invalid JSON: default-address-pools.0 cannot be a string: an object is expected"),
        ("runtimes", {"a": "/a"}, "invalid JSON: runtimes.a cannot be a string: an object is expected"),
        ("runtimes", {"runc": {"path": "/a"}}, "runtime name 'runc' is reserved"),
        (
            "runtimes",
            {"k": {"runtimeType": "io.kata.v2"}},
            "runtime k: containerd shims (runtimeType io.kata.v2) are not supported",
        ),
    ],
)
def test_what_an_option_refuses(key: str, value: JsonValue, reason: str) -> None:
    with pytest.raises(ValueRefused) as caught:
        from_json(option(key), value)
    assert str(caught.value) == reason
