import base64
import json

import pytest

from plugins.api_docker.models.images import AuthConfig
from plugins.api_docker.registry_auth import credentials, parse_registry_auth
from sdk.drivers.registry import Credentials


def test_both_base64_alphabets_are_read_with_and_without_padding() -> None:
    text = json.dumps({"username": "ü?>", "password": "~~~>>>???"}).encode()
    expected = Credentials("ü?>", "~~~>>>???")
    for encode in (base64.urlsafe_b64encode, base64.b64encode):
        assert parse_registry_auth(encode(text).decode()) == expected
        assert parse_registry_auth(encode(text).decode().rstrip("=")) == expected


@pytest.mark.parametrize("header", ["", "%%%", "bm8=", "W10=", "bnVsbA==", "eyJ1c2VybmFtZSI6MX0="])
def test_what_cannot_be_read_is_anonymous(header: str) -> None:
    assert parse_registry_auth(header) == Credentials()


def test_tokens_are_passed_on() -> None:
    assert credentials(AuthConfig(identity_token="i", registry_token="r")) == Credentials(identity_token="i", registry_token="r")


def test_a_configuration_files_login_is_split() -> None:
    assert credentials(AuthConfig(auth=base64.b64encode(b"me:p:w").decode())) == Credentials("me", "p:w")
