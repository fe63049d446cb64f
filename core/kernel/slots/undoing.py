"""What is done about a call that succeeds when the engine has given it up: what it made is taken away again."""

import signal
from collections.abc import Awaitable, Callable, Mapping

from sdk.drivers.network import Endpoint, EndpointSpec, NetworkDriver, NetworkSpec, Sandbox
from sdk.drivers.runtime import Bundle, RunningProcess, Runtime
from sdk.drivers.storage import StorageDriver
from sdk.drivers.volume import VolumeDriver

Undo = Callable[..., Awaitable[object]]
"""Takes the driver, what the call returned, and the call's arguments."""


async def _unprepare(driver: StorageDriver, _returned: None, key: str, **_parent: object) -> None:
    await driver.remove(key)


async def _disconnect(
    driver: NetworkDriver, returned: tuple[Sandbox, Endpoint], network: NetworkSpec, _spec: EndpointSpec, sandbox: Sandbox | None
) -> None:
    used, endpoint = returned
    await driver.disconnect(network, endpoint, used)
    if sandbox is None:
        await driver.release(used)


async def _release(driver: NetworkDriver, returned: Sandbox) -> None:
    await driver.release(returned)


async def _remove_network(driver: NetworkDriver, _returned: None, network: NetworkSpec) -> None:
    await driver.remove_network(network)


async def _discard(driver: Runtime, _returned: object, bundle: Bundle, _io: object) -> None:
    await driver.discard(bundle.id, bundle.path)


async def _end(_driver: object, returned: RunningProcess, *_args: object, **_kwargs: object) -> None:
    await returned.signal(signal.SIGKILL)
    await returned.wait()
    returned.close()


async def _unmount(driver: VolumeDriver, _returned: object, name: str, user: str) -> None:
    await driver.unmount(name, user)


TAKES_AWAY = frozenset(("remove", "remove_network", "disconnect", "release", "unmount", "delete", "discard"))
"""Methods that are idempotent and leave nothing behind: they are done even after their callers were told that they did not answer."""

UNDO: Mapping[str, Undo] = {
    "prepare": _unprepare,
    "connect": _disconnect,
    "open_sandbox": _release,
    "create_network": _remove_network,
    "start": _discard,
    "exec": _end,
    "mount": _unmount,
}
"""By method. Others change what is there already, and may be called again."""
