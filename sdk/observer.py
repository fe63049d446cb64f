"""Observers: see what happens in the engine, and change how containers are started.

An observer is chosen by name in `[drivers] observers`, in the order in which it is asked. It has settings, and it is opened and closed as every
driver is. What it wants to do in the background it starts in a task group of its own when it is opened.
"""

from collections.abc import Sequence

from sdk.engine import Engine
from sdk.events import Event
from sdk.oci.runtime import Spec
from sdk.tracing import Span


class Observer:
    """Each method has a body that does nothing: write those that are needed. All run on the event loop, and return at once."""

    def engine_ready(self, engine: Engine) -> None:
        """Learn that the engine serves requests. Called once, before the listeners open. The daemon does not start where it raises.

        Events and amendments of the containers that the daemon starts again at its beginning come before.
        """

    def on_event(self, event: Event) -> None:
        """See an event after it was published. What it raises is logged, and the other observers see the event all the same."""

    def on_trace(self, spans: Sequence[Span]) -> None:
        """Get the spans of a request that was served, the request's own last. What it raises is logged.

        As soon as one observer has this method, every request that may change something is traced, and not only those that ask for it.
        """

    def amend_runtime_spec(self, spec: Spec, container_id: str) -> Spec | None:
        """Look at a container's runtime spec just before it is started; return a changed one, or None to leave it. It has no side effect.

        It gets what the observers before it made of the spec. A container is not started where it raises: the amendment may be a
        security measure.
        """
        del spec, container_id
        return None
