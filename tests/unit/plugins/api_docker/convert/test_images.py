import msgspec
import pytest

from plugins.api_docker.convert.images import error_line, history_item, progress_line
from sdk.engine.images import HistoryEntry, Progress
from sdk.oci.image import History


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress("Pulling fs layer", "abc"), b'{"status":"Pulling fs layer","id":"abc","progressDetail":{}}'),
        (Progress("Downloading", "abc", 5, 10), b'{"status":"Downloading","id":"abc","progressDetail":{"current":5,"total":10}}'),
        (Progress("Status: done"), b'{"status":"Status: done"}'),
        (Progress("", stream="Loaded\n"), b'{"stream":"Loaded\\n"}'),
        (Progress("", aux={"ID": "sha256:x"}), b'{"aux":{"ID":"sha256:x"}}'),
    ],
)
def test_progress_has_only_the_fields_it_needs(progress: Progress, line: bytes) -> None:
    assert msgspec.json.encode(progress_line(progress)) == line


def test_a_late_error_is_told_twice() -> None:
    assert msgspec.json.encode(error_line("no")) == b'{"errorDetail":{"message":"no"},"error":"no"}'


@pytest.mark.parametrize(
    ("created", "seconds"),
    [
        ("2024-01-02T03:04:05Z", 1_704_164_645),
        ("2024-01-02T03:04:05.123456789Z", 1_704_164_645),
        ("2024-01-02T04:04:05+01:00", 1_704_164_645),
        ("", 0),
    ],
)
def test_an_images_own_times_are_read_where_possible(created: str, seconds: int) -> None:
    assert history_item(HistoryEntry("", History(created=created), 0)).created == seconds
