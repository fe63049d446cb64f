"""The volumes of a plugin that answers what a test says; the conversation itself is `tests/contract`'s."""

from collections.abc import Callable
from pathlib import Path

import pytest

from plugins.volume_legacy.driver import LegacyVolumeDriver
from plugins.volume_legacy.notes import Notes
from plugins.volume_legacy.protocol import CreateRequest, GetReply, ListReply, MountRequest, PathReply, Volume
from plugins.volume_legacy.settings import LegacyVolumeSettings
from sdk.errors import Conflict, EngineError, InvalidArgument, NoSuchVolume, Unavailable
from sdk.legacy.protocol import Reply

pytestmark = pytest.mark.anyio

Answer = Callable[[object], Reply]


class Plugin:
    """Stands where the client of the plugin stands: answers each method by `answers`, and notes what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | EngineError] = {}
        self.asked: list[tuple[str, object]] = []

    async def ask(self, method: str, request: object, reply: type[Reply], seconds: float) -> Reply:
        assert seconds > 0
        self.asked.append((method, request))
        answer = self.answers.get(method, lambda _request: reply())
        if isinstance(answer, EngineError):
            raise answer
        return answer(request)


@pytest.fixture
def plugin() -> Plugin:
    return Plugin()


@pytest.fixture
def driver(tmp_path: Path, plugin: Plugin) -> LegacyVolumeDriver:
    notes = Notes(tmp_path / "volumes", tmp_path / "users")
    return LegacyVolumeDriver(plugin, notes, LegacyVolumeSettings())


def told(**fields: str | None) -> Answer:
    return lambda _request: GetReply(volume=Volume("v1", **fields))


@pytest.mark.parametrize("name", ["", ".a", "a/b", "a" * 256, "a b", "\u00e9"])
async def test_a_name_that_is_none_is_not_passed_on(driver: LegacyVolumeDriver, plugin: Plugin, name: str) -> None:
    with pytest.raises(InvalidArgument, match="includes invalid characters for a volume name"):
        await driver.create(name, {})
    assert plugin.asked == []


@pytest.mark.parametrize(
    ("created", "nanoseconds"),
    [
        (None, 0),
        ("", 0),
        ("yesterday", 0),
        ("2024-01-01T00:00:00Z", 1_704_067_200_000_000_000),
        ("2024-01-01T01:00:00.123456789+01:00", 1_704_067_200_000_000_000),
        ("0001-01-01T00:00:00Z", 0),
        ("0001-01-01T00:00:00", 0),
        ("9999-12-31T23:59:59Z", 0),
    ],
)
async def test_when_a_volume_was_made(driver: LegacyVolumeDriver, plugin: Plugin, created: str | None, nanoseconds: int) -> None:
    """Go's zero time became a number that no reply could hold."""
    plugin.answers["Get"] = told(created_at=created)
    assert (await driver.get("v1")).created_ns == nanoseconds


async def test_what_we_noted_counts_before_what_the_plugin_tells(driver: LegacyVolumeDriver, plugin: Plugin) -> None:
    plugin.answers["Get"] = told(created_at="2024-01-01T00:00:00Z", mountpoint="/m")
    made = await driver.create("v1", {"a": "b"})
    assert plugin.asked[0] == ("Create", CreateRequest("v1", {"a": "b"}))
    assert (dict(made.options), made.mountpoint, made.created_ns > 1_704_067_200_000_000_000) == ({"a": "b"}, Path("/m"), True)
    await driver.create("v1", {"a": "b"})
    with pytest.raises(Conflict, match="volume v1 exists with other driver options"):
        await driver.create("v1", {})


async def test_a_list_may_hold_anything(driver: LegacyVolumeDriver, plugin: Plugin) -> None:
    """A name longer than a file's made the list of all volumes fail."""
    names = ["v1", "", "a" * 256, "../x", "b/c"]
    plugin.answers["List"] = lambda _request: ListReply(volumes=[Volume(name) for name in names])
    assert [volume.name for volume in await driver.list()] == ["v1", "a" * 256, "../x", "b/c"]
    plugin.answers["List"] = lambda _request: ListReply()
    assert await driver.list() == ()


async def test_a_refusal_to_tell_means_that_there_is_no_volume_and_silence_does_not(
    driver: LegacyVolumeDriver, plugin: Plugin
) -> None:
    plugin.answers["Get"] = EngineError("what?")
    with pytest.raises(NoSuchVolume):
        await driver.get("v1")
    plugin.answers["Get"] = lambda _request: GetReply()
    with pytest.raises(NoSuchVolume):
        await driver.get("v1")
    plugin.answers["Get"] = Unavailable("gone")
    with pytest.raises(Unavailable):
        await driver.get("v1")


async def test_a_volume_that_is_not_listed_is_removed_whatever_the_plugin_says(driver: LegacyVolumeDriver, plugin: Plugin) -> None:
    plugin.answers |= {"Get": told(), "Remove": EngineError("no such volume")}
    await driver.create("v1", {"a": "b"})
    plugin.answers["List"] = lambda _request: ListReply(volumes=[Volume("v1")])
    with pytest.raises(EngineError, match="no such volume"):
        await driver.remove("v1")
    plugin.answers["List"] = lambda _request: ListReply()
    await driver.remove("v1")
    assert dict((await driver.get("v1")).options) == {}


@pytest.mark.parametrize("mountpoint", ["", "relative", None])
async def test_a_mount_point_is_absolute(driver: LegacyVolumeDriver, plugin: Plugin, mountpoint: str | None) -> None:
    plugin.answers |= {"Get": told(), "Mount": lambda _request: PathReply(mountpoint=mountpoint)}
    with pytest.raises(EngineError, match="volume v1 has no mount point"):
        await driver.mount("v1", "user")


async def test_a_volume_is_mounted_once_for_a_user_and_unmounted_once(driver: LegacyVolumeDriver, plugin: Plugin) -> None:
    answer: Answer = lambda _request: PathReply(mountpoint="/m")  # noqa: E731 - the answer to two questions
    plugin.answers |= {"Get": told(), "Mount": answer, "Path": answer}
    assert [await driver.mount("v1", "user") for _ in range(2)] == [Path("/m")] * 2
    await driver.unmount("v1", "user")
    await driver.unmount("v1", "user")
    changes = [asked for asked in plugin.asked if asked[0] in ("Mount", "Unmount")]
    assert changes == [("Mount", MountRequest("v1", "user")), ("Unmount", MountRequest("v1", "user"))]


async def test_a_mount_whose_end_is_not_known_is_undone_and_a_refusal_of_that_counts_for_nothing(
    driver: LegacyVolumeDriver, plugin: Plugin
) -> None:
    plugin.answers |= {"Get": told(), "Mount": Unavailable("gone"), "Unmount": EngineError("not mounted")}
    with pytest.raises(Unavailable):
        await driver.mount("v1", "user")
    await driver.unmount("v1", "user")
    assert plugin.asked[-1] == ("Unmount", MountRequest("v1", "user"))
    plugin.answers["Mount"] = lambda _request: PathReply(mountpoint="/m")
    await driver.mount("v1", "user")
    with pytest.raises(EngineError, match="not mounted"):
        await driver.unmount("v1", "user")
