"""Event streams are framed as the client asks."""

import pytest

from plugins.api_docker.json_streams import negotiate
from plugins.api_docker.versions import ApiVersion


@pytest.mark.parametrize(
    ("accept", "minor", "kind"),
    [
        ("", 51, "application/json"),
        ("*/*", 51, "application/json"),
        ("", 52, "application/jsonl"),
        ("application/json", 55, "application/jsonl"),
        ("application/x-ndjson", 51, "application/x-ndjson"),
        ("application/json-seq", 52, "application/json-seq"),
        ("application/jsonl, application/json-seq", 53, "application/jsonl"),
        ("application/jsonl;q=0.5, application/json-seq", 53, "application/json-seq"),
        ("application/json-seq;q=0, application/x-ndjson; q=0.1", 53, "application/x-ndjson"),
        ("APPLICATION/X-NDJSON;q=nonsense", 53, "application/jsonl"),
        (",;,", 53, "application/jsonl"),
    ],
)
def test_the_type_is_the_clients_choice(accept: str, minor: int, kind: str) -> None:
    assert negotiate(accept, ApiVersion(1, minor))[0] == kind


def test_a_record_of_a_sequence_begins_with_its_separator() -> None:
    assert negotiate("application/json-seq", ApiVersion(1, 52))[1](b"{}\n") == b"\x1e{}\n"
    assert negotiate("application/x-ndjson", ApiVersion(1, 52))[1](b"{}\n") == b"{}\n"
