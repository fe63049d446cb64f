"""The attributes a container's every line carries: chosen labels and environment variables, and a tag."""

import re
from collections.abc import Mapping

from plugins.log_jsonfile.patterns import compiled
from sdk.drivers.logs import LogContext
from sdk.errors import InvalidArgument

_FIELD = re.compile(r"\{\{\s*\.(\w+)\s*\}\}")
_SHORT_ID = 12


def attributes_of(context: LogContext) -> dict[str, str]:
    """Return a log's attributes, sorted by name as Docker writes them. Raises InvalidArgument for a tag with unknown fields."""
    options = context.options
    env = dict(entry.partition("=")[::2] for entry in context.env)
    chosen = {
        **_chosen(context.labels, options.get("labels", ""), options.get("labels-regex", "")),
        **_chosen(env, options.get("env", ""), options.get("env-regex", "")),
    }
    if options.get("tag"):
        chosen["tag"] = expand_tag(options["tag"], context.container_id, context.container_name, context.image)
    return dict(sorted(chosen.items()))


def expand_tag(tag: str, container_id: str = "", name: str = "", image: str = "") -> str:
    """Fill in the fields of a tag. Raises InvalidArgument for unknown ones and for what only a template engine could do."""
    fields = {
        "ID": container_id[:_SHORT_ID],
        "FullID": container_id,
        "Name": name,
        "ImageName": image,
        "DaemonName": "docker",
    }
    for field in _FIELD.findall(tag):
        if field not in fields:
            raise InvalidArgument(f"can't evaluate field {field} in type logger.Info")
    if "{{" in _FIELD.sub("", tag):
        raise InvalidArgument(f'template: log-tag: only fields such as {{{{.Name}}}} can be used: "{tag}"')
    return _FIELD.sub(lambda match: fields[match[1]], tag)


def _chosen(values: Mapping[str, str], names: str, pattern: str) -> dict[str, str]:
    """Return the values listed by name, and those whose name has the pattern somewhere in it."""
    listed = names.split(",")
    expression = compiled(pattern) if pattern else None
    return {key: value for key, value in values.items() if key in listed or (expression and expression.search(key))}
