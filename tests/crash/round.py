"""One round: clients at work, a kill at a random instant, another daemon, and a look at all books."""

import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from core.host.records import read_records
from sdk.linux.mountinfo import mount_table
from tests.crash.books import CODE, Container
from tests.crash.client import Client
from tests.daemon import Daemon

_SETTLE_SECONDS = 30.0


class Crashes:
    """Rounds on one daemon. `wrong` is what does not balance, `figures` what happened."""

    def __init__(self, daemon: Daemon, clients: int, seed: int) -> None:
        self._daemon = daemon
        self._clients = [Client(daemon, number, seed) for number in range(clients)]
        self._dice = random.Random(seed)
        self._restarts: list[float] = []
        self._kills = 0
        self._seen = 0
        self.wrong: list[str] = []

    def round(self, longest: float) -> None:
        """Kill after at most so many seconds, sometimes a second time while the next daemon starts; then compare."""
        threads = [threading.Thread(target=client.work) for client in self._clients]
        for thread in threads:
            thread.start()
        time.sleep(self._dice.uniform(0.1, longest))
        self._kill()
        for thread in threads:
            thread.join()
        if self._dice.random() < 0.3:
            self._daemon.begin()
            time.sleep(self._dice.uniform(0, 1.5))
            self._kill()
        began = time.monotonic()
        self._daemon.start()
        self._restarts.append(time.monotonic() - began)
        self._compare()

    def finish(self) -> None:
        """Remove everything that clients made; nothing may be left."""
        self._daemon.remove_containers()
        for path in ("/networks/prune", '/volumes/prune?filters={"all":["1"]}', '/images/prune?filters={"dangling":["0"]}'):
            status, answer = self._daemon.request("POST", path)
            assert status == 200, answer
        self._leaks()
        self.wrong += [f"belongs to no image, and was not collected: {trace.name}" for trace in self._daemon.stray_blobs()]

    @property
    def figures(self) -> str:
        """One line of what happened so far."""
        told: Counter[str] = sum((client.told for client in self._clients), Counter())
        verbs = ", ".join(f"{name} {count}" for name, count in sorted(told.items()))
        restarts = f"restart median {statistics.median(self._restarts):.1f} s, max {max(self._restarts):.1f} s"
        return f"{len(self._restarts)} rounds, {self._kills} kills; {restarts}; {verbs}"

    def _kill(self) -> None:
        self._daemon.kill9()
        self._kills += 1

    def _compare(self) -> None:
        before = len(self.wrong)
        for client in self._clients:
            for container in client.containers.values():
                if container.there is not False:
                    self._compare_container(client, container)
            self._compare_others(client)
            self.wrong += client.unforeseen
            client.unforeseen.clear()
        self._frozen()
        self._leaks()
        log = self._daemon.log.read_text(errors="replace")[self._seen :]
        self._seen += len(log)
        if "Traceback" in log:
            self.wrong.append(log[max(0, log.index("Traceback") - 500) :][:4000])
        if len(self.wrong) > before:
            self.wrong.append(f"(in round {len(self._restarts)})")

    def _compare_container(self, client: Client, container: Container) -> None:
        status, _ = client.ask("GET", f"/containers/{container.name}/json")
        self.wrong += container.compare(status == 200)
        if status != 200:
            return
        ends = container.lines and container.started and not container.paused and not container.disturbed
        state = self._settled(container) if ends else self._state(container)
        self.wrong += container.compare_state(state)
        if container.lines and not container.disturbed:
            whole = state["Status"] == "exited" and state["ExitCode"] == CODE
            self.wrong += container.compare_log(self._log(client, container), whole=whole)
        for name in container.files:
            if client.ask("HEAD", f"/containers/{container.name}/archive?path=/tmp/{name}")[0] != 200:
                self.wrong.append(f"{container.name}: the file {name} that was copied into it is lost")

    def _compare_others(self, client: Client) -> None:
        books = ((client.networks, "/networks/{}"), (client.volumes, "/volumes/{}"), (client.images, "/images/{}/json"))
        for book, path in books:
            for thing in book.values():
                if thing.there is not False:
                    self.wrong += thing.compare(client.ask("GET", path.format(thing.name))[0] == 200)

    def _state(self, container: Container) -> dict[str, object]:
        inspected = self._daemon.json(f"/containers/{container.name}/json")
        assert isinstance(inspected, dict)
        return dict(inspected["State"])

    def _settled(self, container: Container) -> dict[str, object]:
        """Return the state of a container that ends by itself once it has."""
        state = self._state(container)
        deadline = time.monotonic() + _SETTLE_SECONDS
        while state["Running"] and time.monotonic() < deadline:
            time.sleep(0.05)
            state = self._state(container)
        if state["Running"]:
            self.wrong.append(f"{container.name} does not end: {state}")
        return state

    def _log(self, client: Client, container: Container) -> str:
        _, frames = client.ask("GET", f"/containers/{container.name}/logs?stdout=1")
        text = b""
        while frames:
            length = int.from_bytes(frames[4:8], "big")
            text, frames = text + frames[8 : 8 + length], frames[8 + length :]
        return text.decode(errors="replace")

    def _frozen(self) -> None:
        """No cgroup may be frozen whose container is not said to be paused."""
        instance = read_records(self._daemon.data_root).instance
        listed = self._daemon.json("/containers/json?all=1")
        assert isinstance(listed, list)
        paused = {each["Id"] for each in listed if each["State"] == "paused"}
        for mount in mount_table():
            if mount.type.startswith("cgroup"):
                for group in Path(mount.path).glob(f"core-{instance}/*"):
                    if group.name not in paused and _is_frozen(group):
                        self.wrong.append(f"{group} is frozen, and its container is not paused")

    def _leaks(self) -> None:
        left = _until_empty(self._daemon.audit)
        self.wrong += [f"leaked: {trace.kind} {trace.name}" for trace in left]


def _until_empty(look: Callable[[], list[object]]) -> list[object]:
    deadline = time.monotonic() + _SETTLE_SECONDS
    while (left := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def _is_frozen(group: Path) -> bool:
    for name, frozen in (("freezer.state", "FROZEN"), ("cgroup.freeze", "1")):
        try:
            if (group / name).read_text().strip() == frozen:
                return True
        except OSError:
            continue
    return False
