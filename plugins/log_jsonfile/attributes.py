"""The attributes a container's every line carries: chosen labels and environment variables, and a tag."""

from sdk.drivers.logs import LogContext
from sdk.logfiles.attributes import attributes_of as chosen_of
from sdk.logfiles.tags import expand_tag


def attributes_of(context: LogContext) -> dict[str, str]:
    """Return a log's attributes, sorted by name as Docker writes them. Raises InvalidArgument for a tag with unknown fields."""
    chosen = chosen_of(context)
    if tag := context.options.get("tag"):
        chosen["tag"] = expand_tag(tag, context)
    return dict(sorted(chosen.items()))
