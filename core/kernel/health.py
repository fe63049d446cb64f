"""What became of every plugin: ok, disabled (by the configuration), skipped (not for this machine) or failed, and why."""

from enum import StrEnum

from core.kernel.discovery import Candidate
from sdk.engine.system import PluginStatus
from sdk.providers import Kind


class State(StrEnum):
    """The values of `PluginStatus.state`."""

    OK = "ok"
    DISABLED = "disabled"
    SKIPPED = "skipped"
    FAILED = "failed"


class Health:
    """One mark per plugin; the worst thing that happened to it counts, and of equals the first."""

    _ORDER = (State.OK, State.DISABLED, State.SKIPPED, State.FAILED)

    def __init__(self) -> None:
        self._candidates: dict[str, Candidate] = {}
        self._kinds: dict[str, list[Kind]] = {}
        self._marks: dict[str, tuple[State, str]] = {}
        self._api_versions: dict[str, str] = {}
        self._hooks: dict[str, tuple[str, ...]] = {}

    def found(self, candidate: Candidate) -> None:
        """Enter a plugin, well until something else is known."""
        self._candidates[candidate.name] = candidate
        self._kinds.setdefault(candidate.name, [])
        self._marks.setdefault(candidate.name, (State.OK, ""))

    def declares(self, plugin: str, api_version: str) -> None:
        """Note the version of the plugin API that a plugin was built for."""
        self._api_versions[plugin] = api_version

    def implements(self, plugin: str, hooks: tuple[str, ...]) -> None:
        """Note which hooks a plugin implements."""
        self._hooks[plugin] = hooks

    def distribution(self, plugin: str) -> str:
        """Return the distribution that a plugin is of."""
        return self._candidates[plugin].distribution

    def offers(self, plugin: str, kind: Kind) -> None:
        """Note that a plugin provides a kind of driver."""
        self._kinds[plugin].append(kind)

    def disabled(self, plugin: str) -> None:
        """Note that the administrator has switched a plugin off."""
        self._mark(plugin, State.DISABLED, "disabled_plugins names it")

    def skipped(self, plugin: str, reason: str) -> None:
        """Note that a plugin cannot run on this machine."""
        self._mark(plugin, State.SKIPPED, reason)

    def failed(self, plugin: str, reason: str) -> None:
        """Note that a plugin is broken."""
        self._mark(plugin, State.FAILED, reason)

    def _mark(self, plugin: str, state: State, reason: str) -> None:
        if self._ORDER.index(state) > self._ORDER.index(self._marks[plugin][0]):
            self._marks[plugin] = (state, reason)

    def has_failed(self, plugin: str) -> bool:
        """Tell whether a plugin is broken."""
        return self._marks[plugin][0] is State.FAILED

    def reason(self, plugin: str) -> str:
        """Return why a plugin is not well, or ""."""
        return self._marks[plugin][1]

    def failures(self) -> list[PluginStatus]:
        """Return the plugins that failed."""
        return [status for status in self.statuses() if status.state == State.FAILED]

    def statuses(self) -> tuple[PluginStatus, ...]:
        """Return every plugin, sorted by name."""
        return tuple(self._status(name) for name in sorted(self._candidates))

    def _status(self, name: str) -> PluginStatus:
        candidate, (state, reason) = self._candidates[name], self._marks[name]
        return PluginStatus(
            name=name,
            distribution=candidate.distribution,
            version=candidate.version,
            kinds=tuple(self._kinds[name]),
            state=state,
            reason=reason,
            api_version=self._api_versions.get(name, ""),
            hooks=self._hooks.get(name, ()),
        )
