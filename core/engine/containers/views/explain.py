"""`core inspect --plan`: every system call that makes a container, with the reason for it."""

from collections.abc import Sequence

from core.containers.life.live import LiveContainer
from core.containers.mounts.plan import planned_mounts
from core.engine.containers.preparation.identity import identity_of
from core.engine.containers.preparation.runtime_spec import process_io, runtime_spec
from core.engine.containers.start import runtime_of
from core.engine.context import EngineContext
from sdk.drivers.runtime import Bundle, PlanExplainer
from sdk.errors import Unsupported


async def explain(context: EngineContext, live: LiveContainer) -> Sequence[tuple[str, str]]:
    """Return the plan of a container as it would start now, and make nothing. One that does not run is shown with a network namespace of its own.

    Raises Unsupported for a runtime that has no plans, and what finding its process' user or namespaces raises.
    """
    record = live.record
    runtime = runtime_of(context, record)
    if not isinstance(runtime, PlanExplainer):
        raise Unsupported(f"runtime {record.host_config.runtime} does not tell how it makes a container")
    identity = await identity_of(context, live)
    spec = await runtime_spec(context, record, identity, record.sandbox_path, planned_mounts(record.mounts))
    rootfs = await context.drivers.storage.mounts(record.id)
    return runtime.describe(
        Bundle(record.id, context.bundle(record.id), context.amend(spec, record.id), rootfs), process_io(record)
    )
