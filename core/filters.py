"""What list filters of all kinds of objects have in common."""

from collections.abc import Container, Mapping

from sdk.engine.containers import Filters
from sdk.errors import InvalidArgument

_FLAGS = {"1": True, "true": True, "t": True, "0": False, "false": False, "f": False}


def check_keys(filters: Filters, known: Container[str]) -> None:
    """Raise InvalidArgument with Docker's sentence for a filter that is not known."""
    for key in filters:
        if key not in known:
            raise InvalidArgument(f"invalid filter '{key}'")


def flag(filters: Filters, key: str) -> bool | None:
    """Return what a boolean filter says; None where it is not given. Raises InvalidArgument for contradictions and other words."""
    words = filters.get(key, ())
    if not words:
        return None
    values = {_FLAGS.get(word.lower()) for word in words}
    if len(values) != 1 or None in values:
        raise InvalidArgument(f"invalid filter '{key}=[{' '.join(words)}]'")
    return values.pop()


def label_matches(labels: Mapping[str, str], wanted: str) -> bool:
    """Tell whether labels satisfy `key` or `key=value`."""
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)


def labels_match(labels: Mapping[str, str], filters: Filters) -> bool:
    """Tell whether labels satisfy every `label` and no `label!` of the filters."""
    wanted, unwanted = filters.get("label", ()), filters.get("label!", ())
    return all(label_matches(labels, text) for text in wanted) and not any(label_matches(labels, text) for text in unwanted)
