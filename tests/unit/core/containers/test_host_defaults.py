"""What a client leaves open is said when its container is made."""

import pytest

from core.containers.host_defaults import masked_paths, with_defaults
from core.containers.spec import MASKED_PATHS, READONLY_PATHS
from sdk.engine.config import HostConfig, Limits
from sdk.engine.modes import NamespaceKind, NamespaceMode, NetworkKind, NetworkMode
from sdk.errors import InvalidArgument, NoSuchContainer

IDS = {"web": "1" * 64, "111": "1" * 64}


def identify(reference: str) -> str:
    if reference not in IDS:
        raise NoSuchContainer(reference)
    return IDS[reference]


def joined(container: str) -> NamespaceMode:
    return NamespaceMode(NamespaceKind.CONTAINER, container)


@pytest.mark.parametrize("reference", ["web", "111"])
def test_joined_containers_are_known_by_their_ids(reference: str) -> None:
    host = HostConfig(
        network_mode=NetworkMode(NetworkKind.CONTAINER, container=reference), pid_mode=joined(reference), ipc_mode=joined(reference)
    )
    found = with_defaults(host, identify)
    assert [mode.container for mode in (found.network_mode, found.pid_mode, found.ipc_mode)] == ["1" * 64] * 3


@pytest.mark.parametrize("host", [HostConfig(pid_mode=joined("none")), HostConfig(ipc_mode=joined("none"))])
def test_a_container_that_is_not_there_cannot_be_joined(host: HostConfig) -> None:
    with pytest.raises(InvalidArgument) as refused:
        with_defaults(host, identify)
    assert refused.value.message == "No such container: none"


def test_but_its_network_may_come_later() -> None:
    mode = NetworkMode(NetworkKind.CONTAINER, container="later")
    assert with_defaults(HostConfig(network_mode=mode), identify).network_mode == mode


@pytest.mark.parametrize(
    ("memory", "swap", "expected"), [(0, 0, 0), (1 << 30, 0, 2 << 30), (1 << 30, -1, -1), (1 << 30, 1 << 30, 1 << 30)]
)
def test_swap_is_as_much_as_memory_again(memory: int, swap: int, expected: int) -> None:
    assert with_defaults(HostConfig(limits=Limits(memory=memory, memory_swap=swap)), identify).limits.memory_swap == expected


@pytest.mark.parametrize(("asked", "expected"), [(None, False), (False, False), (True, True)])
def test_the_killer_is_on(asked: bool | None, expected: bool) -> None:
    assert with_defaults(HostConfig(limits=Limits(oom_kill_disable=asked)), identify).limits.oom_kill_disable is expected


@pytest.mark.parametrize(
    ("host", "masked", "readonly"),
    [
        (HostConfig(), masked_paths(), READONLY_PATHS),
        (HostConfig(privileged=True), None, None),
        (HostConfig(masked_paths=(), readonly_paths=()), (), ()),
        (HostConfig(masked_paths=("/x",), privileged=True), ("/x",), None),
    ],
)
def test_paths_that_are_hidden_or_read_only(
    host: HostConfig, masked: tuple[str, ...] | None, readonly: tuple[str, ...] | None
) -> None:
    found = with_defaults(host, identify)
    assert (found.masked_paths, found.readonly_paths) == (masked, readonly)


def test_every_machine_masks_the_standard_paths() -> None:
    assert masked_paths()[: len(MASKED_PATHS)] == MASKED_PATHS
    assert all(path.startswith("/sys/devices/system/cpu/cpu") for path in masked_paths()[len(MASKED_PATHS) :])
