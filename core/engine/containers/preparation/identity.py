"""Whose process it is: a container's user looked up in its own account files."""

from core.containers.life.live import LiveContainer
from core.containers.process.users import Accounts, Identity, identify
from core.engine.context import EngineContext

_accounts_of_images: dict[str, Accounts] = {}
"""Account files of image stacks already read; a stack never changes under its ChainID."""


async def identity_of(
    context: EngineContext, live: LiveContainer, user: str | None = None, groups: tuple[str, ...] | None = None
) -> Identity:
    """Resolve a user (default: the container's own). Raises StartFailed, InvalidArgument."""
    record = live.record
    accounts = await _accounts(context, live)
    spec = record.config.user if user is None else user
    return identify(spec, accounts, record.host_config.group_add if groups is None else groups)


async def _accounts(context: EngineContext, live: LiveContainer) -> Accounts:
    chain_id = live.record.chain_id
    pristine = live.record.started_ns == 0 and not live.files_touched
    if chain_id is None or not pristine:
        return await read_accounts(context, live.id)
    if chain_id not in _accounts_of_images:
        _accounts_of_images[chain_id] = await read_accounts(context, live.id)
    return _accounts_of_images[chain_id]


async def read_accounts(context: EngineContext, key: str) -> Accounts:
    """Return the account files of an active snapshot; a file that is not there is empty."""
    passwd = await context.drivers.storage.read_file(key, "/etc/passwd")
    group = await context.drivers.storage.read_file(key, "/etc/group")
    return Accounts((passwd or b"").decode(errors="replace"), (group or b"").decode(errors="replace"))
