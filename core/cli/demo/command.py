"""`core demo`."""

import os
import shutil
import signal
import sys
from contextlib import ExitStack, suppress
from types import FrameType

import httpx

from core.cli.client.connection.api import ApiError, connect
from core.cli.client.connection.failure import INTERRUPTED
from core.cli.client.models import ContainerSummary
from core.cli.demo.image import BUSYBOX, make_busybox, upload
from core.cli.demo.playbill import Playbill
from core.cli.demo.relay import open_relay
from core.cli.demo.stage import DemoFailed, Stage, open_stage, serve
from core.host.features import features
from sdk.testing.distribution import serve_registry

_PUBLIC = "https://registry-1.docker.io/v2/"
_ANSWERS = (200, 401)
_PATIENCE_SECONDS = 4.0
_URL = "http://127.0.0.1:8080/"
_SERVICE = (
    'trap "exit 0" TERM; mkdir -p /var/www; echo "Hello from $(hostname), a container on $(uname -sr)" > /var/www/index.html; '
    "httpd -f -v -p 80 -h /var/www 2>&1 & wait"
)
_FATAL = {
    "namespaces": "`core pull` and `core images` would still work",
    "cgroups": "`core pull` and `core images` would still work",
    "nftables": "`core run --network none` would still work",
    "tmpfs": "`core plugin list` and `core config show` would still work",
}
"""Features without which there is nothing to show, and what would work all the same."""
_AUDIT_FAILED = "the engine left something behind: "


def demo() -> None:
    """Show the engine at work: start it, pull an image, run it, talk to it, clean up. Changes nothing on this machine."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        flags = _check_machine()
        with open_stage() as stage:
            _play(stage, Playbill(), flags)
    except DemoFailed as error:
        print(f"\ncore demo: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        print(f"\ncore demo: {error}; a container without privileges, for one, cannot run containers", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\ncore demo: stopped; everything was cleaned up", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _check_machine() -> list[str]:
    """Return flags for the daemon that suit this machine. Raises DemoFailed when it lacks what the demonstration needs."""
    if os.geteuid() != 0:
        raise DemoFailed("root is needed to make namespaces and mounts (try sudo); `make test-unit` works without")
    flags = []
    for feature in features():
        if feature.found or not feature.needed:
            continue
        if feature.name in _FATAL:
            raise DemoFailed(f"this kernel lacks {feature.name}, needed for {feature.why}; {_FATAL[feature.name]}")
        if feature.name == "overlayfs":
            print("This kernel has no overlayfs: the storage driver vfs is used, which copies images instead of stacking them.")
            flags = ["--storage-driver", "vfs"]
        else:
            print(f"This kernel lacks {feature.name}: {feature.why} may not work; the rest is shown.")
    return flags


def _play(stage: Stage, bill: Playbill, flags: list[str]) -> None:
    os.environ["DOCKER_HOST"] = f"unix://{stage.socket}"
    with ExitStack() as running:
        with bill.step("find an image to pull"):
            source, environment = _image_source(stage, bill, running)
        with bill.step("start the daemon"):
            bill.say(f"core serve -H {os.environ['DOCKER_HOST']} {' '.join([*flags, *source])}")
            running.enter_context(serve(stage, [*flags, *source], environment))
        running.callback(_remove_containers)
        with bill.step("pull it"):
            _pull(stage, bill, running)
        _main_job(stage, bill)
        _assert_clean(stage, bill, "look for leaks: mounts, processes, cgroups, links, tables, files")
    _assert_clean(stage, bill, "look for leaks after the daemon has stopped")
    bill.finish()


def _main_job(stage: Stage, bill: Playbill) -> None:
    with bill.step("run it with a published port"):
        bill.core("run", "-d", "--name", "web", "-p", "8080:80", "busybox", "sh", "-c", _SERVICE)
    with bill.step("talk to it over HTTP"):
        bill.say(f"GET {_URL}")
        bill.say(_fetch(stage))
    with bill.step("run one more container, start to exit"):
        bill.core("run", "--rm", "busybox", "echo", "hello, world")
    for title, words in (
        ("list what runs", ("ps",)),
        ("run a command inside", ("exec", "web", "ps")),
        ("read its log", ("logs", "web")),
        ("see what it uses", ("stats", "--no-stream", "web")),
        ("stop it", ("stop", "web")),
        ("remove it", ("rm", "web")),
    ):
        with bill.step(title):
            bill.core(*words)


def _image_source(stage: Stage, bill: Playbill, running: ExitStack) -> tuple[list[str], dict[str, str]]:
    """Offer the image `busybox` to the daemon until `running` ends; return flags and environment for it."""
    if _public_answers():
        bill.say("Docker Hub answers: the image comes from there")
        proxy = running.enter_context(open_relay(stage))
        return [], {"HTTPS_PROXY": proxy, "NO_PROXY": "127.0.0.1"}
    bill.say("no public registry answers: the image is made of this machine's busybox and served by docker-registry on loopback")
    return ["--registry-mirror", f"http://{_local_registry(stage, running)}"], {}


def _local_registry(stage: Stage, running: ExitStack) -> str:
    """Serve the image on the stage's loopback until `running` ends; return the address. Raises DemoFailed if a program is missing."""
    for program, package in ((str(BUSYBOX), "busybox-static"), ("docker-registry", "docker-registry")):
        if not shutil.which(program):
            raise DemoFailed(f"{program} is missing (apt install {package}); with the internet the demonstration works without it")
    with stage.entered():
        registry = running.enter_context(serve_registry(stage.directory / "registry"))
        upload(make_busybox(), registry.address, "library/busybox")
    return registry.address


def _pull(stage: Stage, bill: Playbill, running: ExitStack) -> None:
    """Pull the image; a public registry that refuses, as for too many pulls from here, is replaced by one on loopback."""
    try:
        bill.core("pull", "busybox")
    except DemoFailed:
        bill.say("so the image is made of this machine's busybox and served by docker-registry on loopback")
        name = f"{_local_registry(stage, running)}/library/busybox"
        bill.core("pull", name)
        bill.core("tag", name, "busybox")


def _public_answers() -> bool:
    try:
        return httpx.get(_PUBLIC, timeout=_PATIENCE_SECONDS).status_code in _ANSWERS
    except httpx.HTTPError:
        return False


def _fetch(stage: Stage) -> str:
    """Return what the container answers; it may need a moment until it listens."""
    transport = httpx.HTTPTransport(retries=5, verify=False)
    with stage.entered(), httpx.Client(transport=transport, trust_env=False) as client:
        try:
            return client.get(_URL).raise_for_status().text.strip()
        except httpx.HTTPError as error:
            raise DemoFailed(f"the published port does not answer: {error}") from error


def _remove_containers() -> None:
    """Leave no container running, whatever happened."""
    api = connect()
    with suppress(ApiError):
        for container in api.get("/containers/json", list[ContainerSummary], {"all": "1"}):
            api.delete(f"/containers/{container.id}", {"force": "1", "v": "1"})


def _assert_clean(stage: Stage, bill: Playbill, title: str) -> None:
    with bill.step(title):
        left = stage.leaks()
        if left:
            raise DemoFailed(_AUDIT_FAILED + ", ".join(f"{trace.kind} {trace.name}" for trace in left))
        bill.say("nothing has leaked")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Stop at the first signal; further ones must not disturb the cleaning up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
