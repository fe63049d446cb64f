"""Where spans are sent."""

import pytest
from pydantic import ValidationError

from plugins.otlp.settings import OtlpSettings


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("https://otel.example.org/api/", "https://otel.example.org/api/v1/traces"),
        ("http://[::1]:4318/v1/traces", "http://[::1]:4318/v1/traces"),
        ("http://me:secret@127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("HTTP://collector:65535", "HTTP://collector:65535/v1/traces"),
    ],
)
def test_the_path_of_traces_is_added(endpoint: str, url: str) -> None:
    assert OtlpSettings(endpoint=endpoint).url == url


@pytest.mark.parametrize(
    "endpoint",
    [
        "127.0.0.1:4318",
        "grpc://a:4317",
        "http://",
        "",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://a:-1",
        "http://a:4318\n",
        "http://[::1",
        "http://a b:4318",
        "http://%zz:4318",
        "http://a:4318?x=1",
        "http://a:4318/v1/traces?x=1",
        "http://a:4318#x",
    ],
)
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="is not of the form"):
        OtlpSettings(endpoint=endpoint)


def test_an_api_key_is_not_shown() -> None:
    assert "hidden" not in repr(OtlpSettings.model_validate({"headers": {"api-key": "hidden"}}))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("a b", "c", "'a b' is no name of a header"),
        ("", "c", "'' is no name of a header"),
        ("schlüssel", "c", "is no name of a header"),
        ("api-key", "schlüssel", "the value of the header api-key"),
        ("api-key", "schl\nb", "the value of the header api-key"),
        ("api-key", " schl", "the value of the header api-key"),
        ("api-key", "schl\udcff", "the value of the header api-key"),
        ("content-length", "5", "the header content-length is the exporter's own"),
        ("Content-Type", "text/plain", "the header Content-Type is the exporter's own"),
    ],
)
def test_a_header_that_cannot_be_sent_is_refused_and_its_value_not_told(name: str, value: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason) as refused:
        OtlpSettings.model_validate({"headers": {name: value}})
    assert "schl" not in refused.value.errors()[0]["msg"].replace("schlüssel' is no name", "")


@pytest.mark.parametrize("value", ["", "k", "Bearer a.b-c=", "a\tb"])
def test_a_header_that_can_be_sent_is_taken(value: str) -> None:
    assert OtlpSettings.model_validate({"headers": {"Api-Key": value}}).headers["Api-Key"].get_secret_value() == value
