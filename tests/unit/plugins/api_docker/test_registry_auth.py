import base64
import json

import pytest

from plugins.api_docker.models.images import AuthConfig
from plugins.api_docker.registry_auth import credentials, parse_registry_auth, parse_registry_config
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


def test_null_means_absent_as_the_sdk_for_python_sends_it() -> None:
    text = json.dumps({"username": "me", "password": "pw", "email": None, "serveraddress": "localhost:5000"}).encode()
    assert parse_registry_auth(base64.urlsafe_b64encode(text).decode()) == Credentials("me", "pw", server_address="localhost:5000")


def test_logins_of_a_build_may_hold_nulls_and_keep_their_keys() -> None:
    text = json.dumps({"Host:5000": {"username": "me", "password": "pw", "identitytoken": None}, "none": None}).encode()
    logins = parse_registry_config(base64.urlsafe_b64encode(text).decode())
    assert logins["Host:5000"] == Credentials("me", "pw")
    assert logins.get("none", Credentials()) == Credentials()


@pytest.mark.parametrize("header", ["%%%", "W10=", "eyJhIjoxfQ=="])
def test_logins_that_cannot_be_read_are_none(header: str) -> None:
    assert parse_registry_config(header) == {}


@pytest.mark.parametrize("auth", ["a@b", "x", "/dev/null", "////", "\u00e9"])
def test_a_login_that_is_no_base64_says_nothing(auth: str) -> None:
    assert credentials(AuthConfig(username="", auth=auth)) == Credentials()
