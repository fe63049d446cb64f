"""What a container's every record carries beside its text: chosen labels and environment variables."""

from collections.abc import Mapping

from sdk.drivers.logs import LogContext
from sdk.logfiles.patterns import compiled

ATTRIBUTE_OPTIONS = frozenset(("labels", "labels-regex", "env", "env-regex"))
"""Options that choose them."""


def check_attributes(options: Mapping[str, str]) -> None:
    """Raise what `compiled` raises for a pattern."""
    for key in ("labels-regex", "env-regex"):
        compiled(options.get(key, ""))


def attributes_of(context: LogContext) -> dict[str, str]:
    """Return what the options choose of labels and environment variables. A variable counts where a label has its name."""
    options = context.options
    env = dict(entry.partition("=")[::2] for entry in context.env)
    return {
        **_chosen(context.labels, options.get("labels", ""), options.get("labels-regex", "")),
        **_chosen(env, options.get("env", ""), options.get("env-regex", "")),
    }


def _chosen(values: Mapping[str, str], names: str, pattern: str) -> dict[str, str]:
    """Return the values listed by name, and those whose name has the pattern somewhere in it."""
    listed = names.split(",")
    expression = compiled(pattern) if pattern else None
    return {key: value for key, value in values.items() if key in listed or (expression and expression.search(key))}
