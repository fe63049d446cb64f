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
    ],
)
def test_the_path_of_traces_is_added(endpoint: str, url: str) -> None:
    assert OtlpSettings(endpoint=endpoint).url == url


@pytest.mark.parametrize("endpoint", ["127.0.0.1:4318", "grpc://a:4317", "http://", ""])
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="is not of the form"):
        OtlpSettings(endpoint=endpoint)


def test_an_api_key_is_not_shown() -> None:
    assert "hidden" not in repr(OtlpSettings.model_validate({"headers": {"api-key": "hidden"}}))
