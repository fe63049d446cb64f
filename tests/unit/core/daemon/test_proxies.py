"""Proxies of the configuration and of the environment."""

import logging

import pytest

from core.daemon.proxies import export_proxies, proxies_in_effect
from core.defaults import Proxies

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        for variable in (name, name.lower()):
            monkeypatch.setenv(variable, "")  # so that it is put back
            monkeypatch.delenv(variable)


def test_the_configurations_proxies_are_in_effect(caplog: pytest.LogCaptureFixture) -> None:
    export_proxies(Proxies(http="http://a:1", https="http://b:2", none="localhost"))
    assert proxies_in_effect() == Proxies(http="http://a:1", https="http://b:2", none="localhost")
    assert caplog.records == []


def test_what_the_configuration_does_not_name_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://kept:2")
    export_proxies(Proxies(http="http://a:1"))
    assert proxies_in_effect() == Proxies(http="http://a:1", https="http://kept:2")


def test_a_variable_that_says_otherwise_is_overridden_and_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("http_proxy", "http://old:1")
    monkeypatch.setenv("HTTP_PROXY", "http://new:1")
    with caplog.at_level(logging.WARNING):
        export_proxies(Proxies(http="http://new:1"))
    assert [record.getMessage() for record in caplog.records] == [
        "overriding existing proxy variable with value from configuration: http_proxy"
    ]
    assert proxies_in_effect().http == "http://new:1"


@pytest.mark.parametrize(
    ("upper", "lower", "expected"),
    [("", "", ""), ("http://u:1", "", "http://u:1"), ("", "http://l:1", "http://l:1"), ("http://u:1", "http://l:1", "http://u:1")],
)
def test_the_upper_case_variable_comes_first(monkeypatch: pytest.MonkeyPatch, upper: str, lower: str, expected: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", upper)
    monkeypatch.setenv("http_proxy", lower)
    assert proxies_in_effect() == Proxies(http=expected)
