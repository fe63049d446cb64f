"""Settings of the metrics frontend: the table `[plugins.api_metrics]`."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from sdk.providers import PluginSettings


def label_name(label: str) -> str:
    """Return the name under which a container's label is a label of its series, as cAdvisor makes it."""
    return "container_label_" + re.sub(r"[^a-zA-Z0-9_]", "_", label)


def _distinct(labels: tuple[str, ...]) -> tuple[str, ...]:
    names: dict[str, str] = {}
    for label in labels:
        if names.setdefault(label_name(label), label) != label:
            raise ValueError(f"{names[label_name(label)]!r} and {label!r} have the same name in metrics")
    return tuple(names.values())


class MetricsSettings(PluginSettings):
    """An `address` turns the frontend on: `[drivers]` need not name it. Chosen there without one, it serves on the daemon's listeners
    alone."""

    address: str = Field("", description="HOST:PORT to serve /metrics on, such as 127.0.0.1:9323; it is dockerd's `metrics-addr`")
    labels: Annotated[tuple[str, ...], AfterValidator(_distinct)] = Field(
        (), description="labels of containers that their series have, as container_label_NAME"
    )
