"""What is measured, and what never is, are tests that exist."""

from tests.architecture.source import ROOT
from tests.measured import NEVER, PARTS


def test_the_parts_that_are_measured_and_those_that_never_are_exist() -> None:
    assert [path for path in (*PARTS, *NEVER) if not (ROOT / path).exists()] == []


def test_nothing_is_both() -> None:
    assert [path for path in NEVER if path.startswith(PARTS)] == []
