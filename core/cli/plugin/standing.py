"""How isolated plugins are in the daemon that runs, beside what a command sees of a plugin by itself."""

from collections.abc import Sequence
from dataclasses import replace

from core.kernel.health import State
from core.kernel.isolation.standings import KeptStanding
from sdk.engine.system import PluginStatus


def as_they_are(statuses: Sequence[PluginStatus], standings: Sequence[KeptStanding]) -> list[PluginStatus]:
    """Return the statuses, those of isolated plugins as the daemon has them."""
    return [_as_it_is(status, [each for each in standings if each.plugin == status.name]) for status in statuses]


def _as_it_is(status: PluginStatus, kept: Sequence[KeptStanding]) -> PluginStatus:
    if not kept or status.state != State.OK:
        return status
    failed = any(each.standing.failed for each in kept)
    return replace(status, state=State.FAILED if failed else State.OK, reason="; ".join(map(_sentence, kept)))


def _sentence(kept: KeptStanding) -> str:
    standing = kept.standing
    if standing.complaint:
        return standing.complaint
    ends = f", which ended {standing.ends} times before, the last time {standing.last}" if standing.ends else ""
    return f"isolated: process {standing.pid}{ends}"
