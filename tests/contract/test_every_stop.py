"""What each bundled driver does after its `yield` is done on every stop: an ordinary one, an error, and the daemon's cancellation."""

import os
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Network, ip_interface
from pathlib import Path

import anyio
import pytest

from core.kernel.discovery import discover
from core.kernel.health import Health
from core.kernel.loading import load_plugins
from core.kernel.offers import collect_offers
from sdk.drivers.authorizer import AuthorizerSource
from sdk.drivers.logs import LogContext, LogDriver, StdStream
from sdk.drivers.network import EndpointSpec, NetworkDriver, NetworkSpec, Subnet
from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.drivers.storage import StorageDriver
from sdk.errors import NotFound
from sdk.observer import Observer
from sdk.oci.reference import parse_reference
from sdk.providers import PluginSettings, Provider
from sdk.testing.context import plugin_context
from sdk.testing.netns import private_network
from sdk.tracing import Span
from tests.authorization_plugin import serve_authorization
from tests.cni import write_bridge_list
from tests.descriptors import descriptors
from tests.log_receivers import short_stop
from tests.stops import STOPS, ended_by
from tests.volume_plugin import serve_volumes

pytestmark = pytest.mark.privileged

PLUGINS = sorted(path.parent.name for path in (Path(__file__).parents[2] / "plugins").glob("*/plugin.py"))

PATIENCE = 30.0


class Surroundings:
    """What drivers need around them in order to hold something: a directory, a web server, a volume plugin."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.web = ThreadingHTTPServer(("127.0.0.1", 0), _Web)
        self.sockets = directory / "sockets"
        self.rules = directory / "rules.toml"
        self.rules.write_text("")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def settings(self, plugin: str) -> Mapping[str, object]:
        """Return the settings under which a plugin comes to hold something."""
        return {
            "api_registry": {"address": f"127.0.0.1:{self.port}"},
            "api_metrics": {"address": f"127.0.0.1:{self.port}"},
            "net_cni": {"conf_dir": self.directory},
            "authz_rules": {"file": self.rules},
            "authz_legacy": {"socket_directories": [self.sockets], "spec_directories": []},
            "volume_legacy": {"socket_directories": [self.sockets], "spec_directories": []},
            "trust_command": {"command": ["/bin/true"]},
            "log_journald": {"socket": self.directory / "no-journal"},
            "otlp": {"endpoint": f"http://127.0.0.1:{self.web.server_port}"},
        }.get(plugin, {})

    def log_options(self, plugin: str) -> Mapping[str, str]:
        """Return the options under which a log comes to hold something: no receiver listens, and its thread tries and tries."""
        address = f"tcp://127.0.0.1:{self.port}"
        return {
            "log_syslog": {"syslog-address": address},
            "log_gelf": {"gelf-address": address},
            "log_fluentd": {"fluentd-address": address},
            "log_journald": {},
        }.get(plugin, {"max-size": "1k", "max-file": "3", "compress": "true"})

    async def use(self, driver: object, plugin: str) -> None:
        """Do something after which a driver holds descriptors, threads or objects of the kernel."""
        match driver:
            case StorageDriver():
                await driver.stage("a-layer")
                await driver.remove("a-layer")
            case LogDriver():
                log = driver.open(LogContext("c" * 64, "box", "image", self.directory, self.log_options(plugin)))
                for _ in range(40):
                    log.write(StdStream.STDOUT, b"x" * 99 + b"\n", 1)
                log.remove()
            case NetworkDriver():
                await self._connect(driver)
            case RegistryBackend():
                with pytest.raises(NotFound):
                    await driver.resolve(parse_reference(f"127.0.0.1:{self.web.server_port}/app:1"), Credentials())
            case AuthorizerSource():
                assert await driver.find("guard")
            case Observer():
                _Web.posted.clear()
                driver.on_trace([Span(1, 2, 0, "POST", 1, 2, {})])
                assert await anyio.to_thread.run_sync(_Web.posted.wait, 30)
            case _ if hasattr(driver, "find"):
                assert await driver.find("shelf").list() == ()

    async def _connect(self, driver: NetworkDriver) -> None:
        cidr = IPv4Network("172.30.0.0/24")
        subnet = Subnet(cidr, cidr[1])
        conflist = write_bridge_list(self.directory, "net", cidr)
        options = {"conflist": conflist} if "Cni" in type(driver).__name__ else {}
        network = NetworkSpec("c0ffee" * 10 + "0000", "net", (subnet,), options, internal=False, ipv6=False)
        await driver.create_network(network)
        await driver.connect(network, EndpointSpec("end", "container", (ip_interface("172.30.0.5/24"),)), None)


class _Web(BaseHTTPRequestHandler):
    """Answers as a registry that has nothing, and as a collector of traces, and keeps connections open."""

    protocol_version = "HTTP/1.1"
    posted = threading.Event()

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/v2/" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.posted.set()

    def log_message(self, *_words: object) -> None:
        """Be silent."""


@pytest.fixture(scope="module")
def providers() -> Mapping[str, Provider[object, PluginSettings]]:
    """Each plugin's provider, as the daemon has it."""
    health, candidates = Health(), discover()
    registry = load_plugins(candidates, health)
    offers = collect_offers(registry, health)
    kinds = (offers.storage, offers.registry, offers.runtimes, offers.networks, offers.volumes, offers.logs)
    others = (offers.builders, offers.verifiers, offers.authorizers, offers.frontends, offers.observers)
    return {offer.plugin: offer.provider for kind in (*kinds, *others) for offer in kind.values()}


@pytest.fixture
def surroundings(tmpfs: Path) -> Iterator[Surroundings]:
    directory = tmpfs / f"stops-{os.urandom(4).hex()}"
    directory.mkdir()
    with private_network():
        made = Surroundings(directory)
        serving = threading.Thread(target=made.web.serve_forever, name="web", args=(0.02,))
        serving.start()
        try:
            yield made
        finally:
            made.web.shutdown()
            made.web.server_close()
            serving.join()


def held() -> Counter[str]:
    """Return what this process holds: descriptors by what they are, threads by name, and child processes."""
    found = Counter(re.sub(r"\d+", "N", f"descriptor {one}") for one in descriptors())
    found.update(f"thread {thread.name}" for thread in threading.enumerate() if "AnyIO" not in thread.name)
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    found["child processes"] = len(children)
    return found


async def _stopped(provider: Provider[object, PluginSettings], plugin: str, around: Surroundings, stop: str) -> Counter[str]:
    """Open a driver, let it come to hold something, and stop it; return what it held."""
    context = plugin_context(plugin, around.directory)
    settings = provider.settings.model_validate(around.settings(plugin))
    with short_stop(), ended_by(stop) as end:
        async with provider.open(context, settings) as driver:
            await around.use(driver, plugin)
            meanwhile = held()
            await end()
    return meanwhile


def _services(around: Surroundings, plugin: str) -> AbstractContextManager[object]:
    if plugin == "volume_legacy":
        return serve_volumes(around.sockets / "shelf.sock", around.directory / "shelf")
    if plugin == "authz_legacy":
        return serve_authorization(around.sockets / "guard.sock")
    return nullcontext()


HOLDERS = frozenset(PLUGINS) - {
    "api_buildkit",
    "api_docker",
    "authz_rules",
    "builder_dockerfile",
    "registry_layout",
    "trust_allowlist",
    "trust_command",
    "volume_local",
}
"""The plugins that hold something while they are open."""


@pytest.mark.anyio
@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("plugin", PLUGINS)
async def test_nothing_is_held_after_it(
    providers: Mapping[str, Provider[object, PluginSettings]], surroundings: Surroundings, plugin: str, stop: str
) -> None:
    await anyio.to_thread.run_sync(lambda: None)  # what a thread of anyio's needs is there before
    with _services(surroundings, plugin):
        before = held()
        meanwhile = await _stopped(providers[plugin], plugin, surroundings, stop)
    assert bool(meanwhile - before) == (plugin in HOLDERS)
    with anyio.move_on_after(PATIENCE):
        while held() - before:
            await anyio.sleep(0.02)
    assert held() - before == Counter()
