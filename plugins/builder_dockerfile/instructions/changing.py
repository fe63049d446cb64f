"""Instructions applied to a configuration that is no build's: `--change` of commit and import. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from msgspec.structs import replace as with_fields

from plugins.builder_dockerfile.instructions.metadata import Expander, apply_metadata, working_directory
from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.instructions import Workdir
from plugins.builder_dockerfile.language.reading import read_body
from plugins.builder_dockerfile.language.statements import Statement, read_source
from plugins.builder_dockerfile.state import StageState
from sdk.errors import BuildFailed, InvalidArgument
from sdk.oci.image import ExecutionConfig

_ALLOWED = frozenset({
    "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})  # fmt: skip


def changed(config: ExecutionConfig, instructions: Iterable[str]) -> ExecutionConfig:
    """Return a configuration after some instructions, which see the variables that those before them set. Raises InvalidArgument."""
    try:
        statements = [statement for text in instructions for statement in read_source(text, "").statements]
    except BuildFailed as error:
        raise InvalidArgument(error.message) from error
    for statement in statements:
        if statement.keyword not in _ALLOWED:
            raise InvalidArgument(f"{statement.keyword} is not a valid change command")
    state = StageState(config=config)
    for statement in statements:
        state = _after(statement, state)
    return state.config


def _after(statement: Statement, state: StageState) -> StageState:
    try:
        body = read_body(statement, "\\")
        expander = Expander(state, "\\")
        if isinstance(body, Workdir):
            path = working_directory(state, expander.word(body.path))
            return replace(state, config=with_fields(state.config, working_dir=path))
        done = apply_metadata(body, state, expander)
    except DockerfileError as error:
        raise InvalidArgument(str(error)) from error
    assert done is not None
    return done
