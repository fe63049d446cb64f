"""Tags: `--log-opt tag`, in which Docker's fields stand for what is known of a container."""

import re

from sdk.drivers.logs import LogContext
from sdk.errors import InvalidArgument
from sdk.text import cleaned

SHORT = 12
"""Characters of a short ID."""

_DEFAULT = "{{.ID}}"
_FIELD = re.compile(r"\{\{\s*\.(\w+)\s*\}\}")
_NAMES = frozenset(("ID", "FullID", "Name", "ImageName", "ImageID", "ImageFullID", "DaemonName", "Command"))


def tag_of(context: LogContext) -> str:
    """Return the tag of a log that is sent elsewhere: the option's, else the short ID. Raises what `check_tag` raises."""
    return expand_tag(context.options.get("tag") or _DEFAULT, context)


def expand_tag(tag: str, context: LogContext) -> str:
    """Fill in the fields of a tag. Raises what `check_tag` raises."""
    check_tag(tag)
    fields = {
        "ID": context.container_id[:SHORT],
        "FullID": context.container_id,
        "Name": context.container_name,
        "ImageName": context.image,
        "ImageID": context.image_id[:SHORT],
        "ImageFullID": context.image_id,
        "DaemonName": "docker",
        "Command": " ".join(context.command),
    }
    return _FIELD.sub(lambda match: fields[match[1]], tag)


def check_tag(tag: str) -> None:
    """Raise InvalidArgument for unknown fields, and for what only a template engine could do."""
    for field in _FIELD.findall(tag):
        if field not in _NAMES:
            raise InvalidArgument(f"can't evaluate field {cleaned(field)} in type logger.Info")
    if "{{" in _FIELD.sub("", tag):
        raise InvalidArgument(f'template: log-tag: only fields such as {{{{.Name}}}} can be used: "{cleaned(tag)}"')
