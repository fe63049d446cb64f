"""The authorizer contract, kept by authz_rules with a policy for readers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from plugins.authz_rules.plugin import provide_authorizer
from plugins.authz_rules.settings import RulesSettings
from sdk.drivers.authorizer import ApiRequest, Authorizer
from sdk.providers import PluginContext
from sdk.testing.authorization import api_request
from sdk.testing.contracts.authorizer import AuthorizerContract

READERS = """
[[rule]]
name = "readers"
effect = "allow"
methods = ["GET"]
paths = ["/_ping", "/version", "/containers/**", "/images/*/json"]
"""


class TestRules(AuthorizerContract):
    @pytest.fixture
    async def authorizer(self, anyio_backend: str, plugin_context: PluginContext, tmp_path: Path) -> AsyncIterator[Authorizer]:
        file = tmp_path / "rules.toml"
        file.write_text(READERS)
        async with provide_authorizer().open(plugin_context, RulesSettings(file=file)) as opened:
            yield opened

    @pytest.fixture
    def allowed(self) -> ApiRequest:
        return api_request("GET", "/v1.51/containers/json")

    @pytest.fixture
    def denied(self) -> ApiRequest:
        return api_request("POST", "/v1.51/containers/create", body=b"{}")
