"""The classic builder's own words: histories and errors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plugins.builder_dockerfile.instructions.copy_sources import SourceMissing
from plugins.builder_dockerfile.instructions.copying import CopyJob
from plugins.builder_dockerfile.language.instructions import Copy
from plugins.builder_dockerfile.language.numbers import whole_number
from plugins.builder_dockerfile.language.patterns import is_pattern
from plugins.builder_dockerfile.plan import Plan
from plugins.builder_dockerfile.state import StageState
from sdk.errors import BuildFailed, EngineError


def without_process(state: StageState, comment: str) -> str:
    """Return how a history tells of a step that ran nothing."""
    return f"{' '.join(state.shell)} #(nop) {comment}"


def copied(job: CopyJob) -> str:
    """Return a COPY or ADD by what it copied: sources of other names with the same content read the same."""
    body = job.body
    only = job.sources[0] if len(job.sources) == 1 else None
    kind = "multi" if only is None else "dir" if only.directory else "file"
    flags = "".join(f"--{name}={value} " for name, value in (("chown", body.chown), ("chmod", body.chmod)) if value)
    return f"{body.keyword} {flags}{kind}:{job.digest} in {body.destination} "


@asynccontextmanager
async def copy_failures(body: Copy, from_: str) -> AsyncIterator[None]:
    """Say what cannot be copied in the classic builder's words."""
    try:
        yield
    except SourceMissing as error:
        raise BuildFailed(f"{body.keyword} failed: {_missing(error.source, from_)}") from error
    except BuildFailed:
        raise
    except EngineError as error:
        if not from_:
            raise
        raise BuildFailed(f"invalid from flag value {from_}: {error.message}") from error


def _missing(source: str, from_: str) -> str:
    if is_pattern(source):
        return "no source files were specified"
    where = "" if from_ else "file not found in build context or excluded by .dockerignore: "
    return f"{where}stat {source.lstrip('/')}: file does not exist"


def check_origin(plan: Plan, from_: str, index: int) -> None:
    """Refuse a stage number that names no earlier stage. Raises BuildFailed."""
    number = whole_number(from_)
    if number is None or number < 0 or plan.find(from_, index) is not None:
        return
    why = "refers to current build stage" if number == index else "index out of bounds"
    raise BuildFailed(f"invalid from flag value {from_}: {why}")
