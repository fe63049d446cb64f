"""The page of words has one line a word, and what it names as code is there."""

import re

from tests.architecture.source import ROOT, files

PAGE = (ROOT / "docs/explanation/words.md").read_text()


def test_each_word_stands_once_and_in_order() -> None:
    words = re.findall(r"^\| ([a-z][a-z ]*) \|", PAGE, re.MULTILINE)[1:]
    assert len(words) > 40
    assert words == sorted(set(words))


def test_the_page_is_one_page() -> None:
    assert len(PAGE.splitlines()) < 80


def test_classes_that_the_page_names_are_there() -> None:
    sources = "\n".join((ROOT / path).read_text() for path in files())
    assert [name for name in re.findall(r"`([A-Z]\w+)`", PAGE) if not re.search(rf"^class {name}\b", sources, re.MULTILINE)] == []


def test_to_settle_is_said_of_the_end_of_a_process_alone() -> None:
    """The word once stood for five things."""
    named = [path for path in files() if re.search(r"def _?settle", (ROOT / path).read_text())]
    assert named == ["core/engine/containers/boot/reconcile.py", "core/engine/containers/settle.py"]
