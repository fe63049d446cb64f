import httpx
import pytest
from pydantic import ValidationError

from plugins.registry_hub.proxies import Proxies
from plugins.registry_hub.settings import ProxySettings

ENVIRONMENT = {
    "HTTP_PROXY": "plain.test:3128",
    "https_proxy": "http://secure.test:3128",
    "NO_PROXY": "intern.test, .below.test,10.0.0.0/8",
}


SILENT = ProxySettings()


def proxy(url: str, settings: ProxySettings = SILENT, environment: dict[str, str] = ENVIRONMENT) -> str:
    return Proxies(settings, environment).of(httpx.URL(url))


def test_the_environment_counts_where_the_settings_are_silent() -> None:
    assert proxy("http://registry.test/v2/") == "http://plain.test:3128"
    assert proxy("https://registry.test/v2/") == "http://secure.test:3128"
    assert proxy("https://registry.test/v2/", environment={}) == ""
    settings = ProxySettings(https="http://mine.test:1")
    assert proxy("https://registry.test", settings) == "http://mine.test:1"
    assert proxy("http://registry.test", settings) == "http://plain.test:3128"


@pytest.mark.parametrize(
    ("host", "direct"),
    [
        ("intern.test", True),
        ("a.intern.test:5000", True),
        ("winter-intern.test", False),
        ("below.test", False),
        ("x.below.test", True),
        ("10.9.8.7:5000", True),
        ("11.9.8.7", False),
        ("localhost:5000", True),
        ("127.0.0.9", True),
        ("[::1]:5000", True),
    ],
)
def test_exceptions_are_names_domains_and_networks(host: str, direct: bool) -> None:
    assert (proxy(f"https://{host}/v2/") == "") is direct


def test_exceptions_may_name_a_port_or_everything() -> None:
    one = ProxySettings(https="http://p.test", exceptions=("registry.test:5000", "[fd00::1]:5000"))
    assert proxy("https://registry.test:5000", one) == proxy("https://[fd00::1]:5000", one) == ""
    assert proxy("https://registry.test", one) == proxy("https://[fd00::1]", one) == "http://p.test"
    assert proxy("https://registry.test", ProxySettings(https="http://p.test", exceptions=("*",))) == ""


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError):
        ProxySettings(exceptions=("10.0.0.0/99",))
