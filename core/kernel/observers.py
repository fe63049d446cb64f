"""Who sees what happens: the hooks of all plugins by plugin name, then the observers that the configuration names, in its order."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from core.config import StartupError
from core.drivers import calling, failure
from core.kernel.hooks import PluginHooks
from core.kernel.troubles import Troubles
from sdk.engine import Engine
from sdk.errors import DriverError
from sdk.events import Event
from sdk.observer import Observer
from sdk.oci.runtime import Spec
from sdk.providers import Kind
from sdk.tracing import Span, step

_log = logging.getLogger(__name__)


class Observers:
    """The hooks, and the opened observers: none until they are given in `chosen`, by driver name."""

    def __init__(self, hooks: PluginHooks) -> None:
        self._hooks = hooks
        self._troubles = Troubles(_log)
        self.chosen: Mapping[str, Observer] = {}

    def on_event(self, event: Event) -> None:
        """Show an event to all; one that raises is logged."""
        self._hooks.on_event(event)
        for name, observer in self.chosen.items():
            if type(observer).on_event is Observer.on_event:
                continue
            try:
                with step("observer.on_event", {"core.driver.name": name}):
                    observer.on_event(event)
            except (Exception, SystemExit) as error:  # noqa: BLE001 a plugin may raise anything, even an exit
                self._troubles.tell(f"observer {name}: on_event", error)

    def trace_watchers(self) -> list[Callable[[Sequence[Span]], None]]:
        """Return what takes finished traces, of each observer that looks at them; what one raises is logged."""
        return [
            partial(self._shown, name, each) for name, each in self.chosen.items() if type(each).on_trace is not Observer.on_trace
        ]

    def amend_runtime_spec(self, spec: Spec, container_id: str) -> Spec:
        """Return the spec as all want it. Raises DriverError that names one whose amendment fails, or is none."""
        spec = self._hooks.amend_runtime_spec(spec, container_id)
        for name, observer in self.chosen.items():
            if type(observer).amend_runtime_spec is Observer.amend_runtime_spec:
                continue
            with step("observer.amend_runtime_spec", {"core.driver.name": name}), calling(name, "amend_runtime_spec"):
                amended: object = observer.amend_runtime_spec(spec, container_id)
            if amended is None:
                continue
            if not isinstance(amended, Spec):
                raise DriverError(name, "amend_runtime_spec", f"the observer returned a {type(amended).__name__}, not a Spec")
            spec = amended
        return spec

    def engine_ready(self, engine: Engine) -> None:
        """Show the engine to all. A hook that raises is marked. Raises StartupError in one sentence for an observer, which was chosen."""
        self._hooks.engine_ready(engine)
        for name, observer in self.chosen.items():
            try:
                observer.engine_ready(engine)
            except (Exception, SystemExit) as error:
                raise StartupError(failure(Kind.OBSERVER, name, "", "engine_ready", error)) from error

    def _shown(self, name: str, observer: Observer, spans: Sequence[Span]) -> None:
        try:
            observer.on_trace(spans)
        except (Exception, SystemExit) as error:  # noqa: BLE001 a plugin may raise anything, even an exit
            self._troubles.tell(f"observer {name}: on_trace", error)
