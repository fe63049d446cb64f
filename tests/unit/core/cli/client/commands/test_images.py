"""Images as lines of a table: one a name, and those without any."""

import pytest

from core.cli.client.commands.images import _rows
from core.cli.client.models import ImageSummary


@pytest.mark.parametrize(
    ("tags", "digests", "names"),
    [
        (["a:1", "r:5000/b:2"], None, [("a", "1"), ("r:5000/b", "2")]),
        (["a:1"], ["a@sha256:00"], [("a", "1")]),
        ([], ["a@sha256:00", "b@sha256:00"], [("a", "<none>"), ("b", "<none>")]),
        (None, None, [("<none>", "<none>")]),
    ],
)
def test_an_image_has_a_line_a_name(tags: list[str] | None, digests: list[str] | None, names: list[tuple[str, str]]) -> None:
    rows = list(_rows(ImageSummary("sha256:" + "0" * 64, 0, 1_500_000, tags, digests)))
    assert [row[:2] for row in rows] == names
    assert {row[2] for row in rows} == {"0" * 12}
    assert {row[4] for row in rows} == {"1.5MB"}
