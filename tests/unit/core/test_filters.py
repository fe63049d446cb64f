"""Filters: what is common to lists of all kinds of objects."""

import pytest

from core.filters import check_keys, flag, label_matches, labels_match
from sdk.errors import InvalidArgument


def test_unknown_keys_are_named():
    check_keys({"name": ("x",)}, ("name",))
    with pytest.raises(InvalidArgument, match="invalid filter 'bogus'"):
        check_keys({"name": (), "bogus": ("1",)}, ("name",))


@pytest.mark.parametrize(("words", "meant"), [((), None), (("1",), True), (("True", "t"), True), (("0",), False), (("F",), False)])
def test_flags(words, meant):
    assert flag({"dangling": words}, "dangling") is meant


@pytest.mark.parametrize("words", [("1", "0"), ("yes",), ("",)])
def test_contradictions_and_other_words_are_refused(words):
    with pytest.raises(InvalidArgument, match=r"invalid filter 'dangling=\["):
        flag({"dangling": words}, "dangling")


def test_labels():
    labels = {"a": "1", "empty": ""}
    assert label_matches(labels, "a")
    assert label_matches(labels, "a=1")
    assert not label_matches(labels, "a=2")
    assert not label_matches(labels, "b")
    assert label_matches(labels, "empty=")


def test_every_wanted_label_and_no_unwanted_one():
    labels = {"a": "1", "b": "2"}
    assert labels_match(labels, {})
    assert labels_match(labels, {"label": ("a", "b=2"), "label!": ("c", "a=9")})
    assert not labels_match(labels, {"label": ("a", "c")})
    assert not labels_match(labels, {"label!": ("c", "b")})
