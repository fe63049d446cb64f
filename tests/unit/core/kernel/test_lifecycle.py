"""Drivers open in order and close in reverse; what was chosen must open, the rest may fail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.config import ConfigurationError, Settings, StartupError, load_settings
from core.events.bus import EventBus
from core.kernel.discovery import Candidate
from core.kernel.health import Health
from core.kernel.lifecycle import check_strict, open_drivers
from core.kernel.loading import load_plugins
from core.kernel.offers import collect_offers
from core.kernel.tables import check_tables
from sdk import providers
from sdk.errors import SkipPlugin
from sdk.providers import PluginContext, PluginSettings

MakeCandidate = Callable[..., Candidate]
HOOKS = {
    "storage": ("provide_storage_driver", providers.StorageProvider, "overlay"),
    "registry": ("provide_registry_backend", providers.RegistryProvider, "hub"),
    "runtime": ("provide_runtime", providers.RuntimeProvider, "ns"),
    "network": ("provide_network_driver", providers.NetworkProvider, "bridge"),
    "volume": ("provide_volume_driver", providers.VolumeProvider, "local"),
    "log": ("provide_log_driver", providers.LogProvider, "json-file"),
    "builder": ("provide_builder", providers.BuilderProvider, "dockerfile"),
    "verifier": ("provide_image_verifier", providers.VerifierProvider, "allowlist"),
    "authorizer": ("provide_authorizer", providers.AuthorizerProvider, "rules"),
    "observer": ("provide_observer", providers.ObserverProvider, "audit"),
    "frontend": ("provide_api_frontend", providers.FrontendProvider, "docker"),
}


class RegistrySettings(PluginSettings):
    insecure: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()


@dataclass
class Bench:
    """All eight kinds, each by a plugin of its kind's name; `more` plugins come on top."""

    candidate: MakeCandidate
    provider: Callable[..., object]
    root: Path
    journal: list[str] = field(default_factory=list)
    health: Health = field(default_factory=Health)
    failing: dict[str, BaseException] = field(default_factory=dict)

    def plugin(self, plugin: str, kind: str, driver: str = "") -> Candidate:
        hook, provider_class, usual = HOOKS[kind]
        settings = RegistrySettings if kind == "registry" else PluginSettings

        def provide() -> object:
            return self.provider(
                provider_class, driver or usual, settings=settings, fails=self.failing.get(plugin), journal=self.journal
            )

        provide.__name__ = hook
        return self.candidate(plugin, provide)

    def settings(self, **flags: object) -> Settings:
        drivers = {"frontends": ("docker",), **flags.pop("drivers", {})}
        roots = {"data_root": str(self.root / "data"), "exec_root": str(self.root / "run")}
        return load_settings({**roots, "drivers": drivers, **flags})

    async def run(self, *more: Candidate, without: str = "", **flags: object) -> Mapping[str, object]:
        """Open everything, close it, and return what was opened."""
        settings = self.settings(**flags)
        candidates = [*(self.plugin(kind, kind) for kind in HOOKS if kind != without), *more]
        offers = collect_offers(load_plugins(candidates, self.health), self.health)
        check_tables(settings, tuple(offers), self.health)
        async with open_drivers(offers, settings, self.health, "12345678", EventBus()) as opened:
            drivers = opened.drivers
            return {
                "storage": drivers.storage,
                "runtimes": drivers.runtimes,
                "networks": drivers.networks,
                "frontends": opened.frontends,
            }


@pytest.fixture
def bench(candidate: MakeCandidate, provider: Callable[..., object], tmp_path: Path) -> Bench:
    return Bench(candidate, provider, tmp_path)


@pytest.mark.anyio
async def test_drivers_open_in_order_and_close_in_reverse(bench: Bench) -> None:
    await bench.run()
    order = ["storage", "registry", "runtime", "network", "volume", "log", "builder", "verifier", "frontend"]
    assert bench.journal == [f"open {kind}" for kind in order] + [f"close {kind}" for kind in reversed(order)]


@pytest.mark.anyio
async def test_a_driver_gets_two_directories_of_its_own(bench: Bench) -> None:
    context = (await bench.run())["storage"].driver.context
    assert isinstance(context, PluginContext)
    assert context.data_root == bench.root / "data/plugins/storage"
    assert context.exec_root == bench.root / "run/plugins/storage"
    assert context.data_root.is_dir()
    assert context.exec_root.is_dir()
    assert (context.name, context.instance, context.log.name) == ("storage", "12345678", "plugins.storage")


@pytest.mark.anyio
async def test_all_runtimes_open_but_only_the_chosen_storage(bench: Bench) -> None:
    opened = await bench.run(bench.plugin("oci", "runtime", "oci"), bench.plugin("vfs", "storage", "vfs"))
    assert list(opened["runtimes"]) == ["ns", "oci", "runc", "io.containerd.runc.v2"]
    assert "open vfs" not in bench.journal


@pytest.mark.anyio
async def test_another_storage_is_one_line_of_configuration(bench: Bench) -> None:
    opened = await bench.run(bench.plugin("vfs", "storage", "vfs"), drivers={"storage": "vfs"})
    assert opened["storage"].driver.context.name == "vfs"
    assert "open storage" not in bench.journal


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("error", "state"), [(SkipPlugin("no crun here"), "skipped"), (OSError(5, "Input/output error"), "failed")]
)
async def test_a_driver_nobody_chose_may_fail(bench: Bench, error: BaseException, state: str) -> None:
    bench.failing["oci"] = error
    opened = await bench.run(bench.plugin("oci", "runtime", "oci"))
    assert list(opened["runtimes"]) == ["ns", "runc", "io.containerd.runc.v2"]
    status = next(status for status in bench.health.statuses() if status.name == "oci")
    assert status.state == state
    assert str(error) in status.reason


@pytest.mark.anyio
async def test_the_chosen_one_must_open(bench: Bench) -> None:
    bench.failing["network"] = RuntimeError("no netlink")
    with pytest.raises(StartupError, match=r'network driver "bridge" \(plugin network\) failed in open: RuntimeError: no netlink'):
        await bench.run()
    assert bench.journal[-1] == "close storage"


@pytest.mark.anyio
async def test_the_chosen_one_must_not_be_skipped(bench: Bench) -> None:
    bench.failing["storage"] = SkipPlugin("kernel has no overlayfs")
    with pytest.raises(StartupError, match='storage driver "overlay" does not work on this machine: kernel has no overlayfs'):
        await bench.run()


@pytest.mark.anyio
async def test_a_missing_driver_is_told_with_what_there_is_and_what_is_broken(bench: Bench) -> None:
    def provide_storage_driver() -> object:
        raise ImportError("no btrfs")

    broken = bench.candidate("broken", provide_storage_driver)
    with pytest.raises(StartupError) as caught:
        await bench.run(broken, drivers={"storage": "btrfs"})
    assert str(caught.value) == (
        'no storage driver "btrfs" is available (there are: overlay); broken plugins: broken (provide_storage_driver: ImportError: no btrfs)'
    )


@pytest.mark.anyio
async def test_strict_makes_a_failure_fatal_that_shows_only_when_opening(bench: Bench) -> None:
    bench.failing["oci"] = OSError(5, "Input/output error")
    with pytest.raises(StartupError, match="broken plugins, and --strict-plugins is set: oci"):
        await bench.run(bench.plugin("oci", "runtime", "oci"), strict_plugins=True)


@pytest.mark.anyio
async def test_strict_tolerates_what_is_skipped(bench: Bench) -> None:
    bench.failing["oci"] = SkipPlugin("no crun here")
    await bench.run(bench.plugin("oci", "runtime", "oci"), strict_plugins=True)


def test_check_strict_names_the_broken(bench: Bench) -> None:
    bench.health.found(bench.candidate("x"))
    bench.health.failed("x", "why")
    check_strict(bench.settings(), bench.health)
    with pytest.raises(StartupError, match=r"x \(why\)"):
        check_strict(bench.settings(strict_plugins=True), bench.health)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"storage": {"foo": 1}}, 'plugins.storage: unknown key "foo"'),
        ({"registry": {"mirrors": 3}}, "plugins.registry: mirrors: this is set by registry_mirrors"),
        ({"nobody": {}}, r"plugins.nobody: no such plugin is installed \(there are: authorizer, builder, frontend, log,"),
    ],
)
async def test_a_wrong_table_names_plugin_and_key(bench: Bench, table: object, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        await bench.run(plugins=table)


@pytest.mark.anyio
async def test_a_table_of_a_driver_nobody_chose_is_checked_too(bench: Bench) -> None:
    with pytest.raises(ConfigurationError, match=r'plugins.vfs: unknown key "foo"'):
        await bench.run(bench.plugin("vfs", "storage", "vfs"), plugins={"vfs": {"foo": 1}})


@pytest.mark.anyio
async def test_observers_open_when_the_configuration_names_them(bench: Bench) -> None:
    await bench.run(bench.plugin("shipper", "observer", "shipper"), drivers={"observers": ["shipper", "audit"]})
    opened = [entry for entry in bench.journal if entry in ("open shipper", "open observer")]
    assert opened == ["open shipper", "open observer"]
    assert "close shipper" in bench.journal


@pytest.mark.anyio
async def test_one_that_opens_what_is_no_observer_is_told(bench: Bench) -> None:
    def provide_observer() -> object:
        return bench.provider(providers.ObserverProvider, "odd", driver=42)

    with pytest.raises(
        StartupError,
        match=r'observer driver "odd" \(plugin odd\) failed in open: TypeError: the plugin opened a int, not an Observer',
    ):
        await bench.run(bench.candidate("odd", provide_observer), drivers={"observers": ["odd"]})


@pytest.mark.anyio
async def test_a_chosen_driver_of_a_disabled_plugin_is_told_with_the_list_that_names_it(bench: Bench) -> None:
    with pytest.raises(
        StartupError, match=r'no network driver "bridge" is available \(there are: none\); disabled_plugins: network$'
    ):
        await bench.run(without="network", disabled_plugins=["network"])
