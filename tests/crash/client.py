"""A client that does everything to things of its own, until the daemon is killed."""

import io
import json
import random
import tarfile
from collections import Counter
from collections.abc import Callable
from http.client import HTTPException

from tests.connection import UnixConnection
from tests.crash.books import CODE, Container, Thing
from tests.daemon import Daemon

_PATIENCE = 60.0
_MOST = 6
"""How many containers a client keeps."""


class Cut(Exception):
    """A request without an answer: the daemon was killed."""


class Client:
    """`containers`, `networks`, `volumes` and `images` are its books by name; `told` counts verbs, `unforeseen` are answers of 5xx."""

    def __init__(self, daemon: Daemon, number: int, seed: int) -> None:
        self._daemon = daemon
        self._number = number
        self._dice = random.Random(f"{seed}/{number}")
        self._made = 0
        self.containers: dict[str, Container] = {}
        self.networks: dict[str, Thing] = {}
        self.volumes: dict[str, Thing] = {}
        self.images: dict[str, Thing] = {}
        self.told: Counter[str] = Counter()
        self.unforeseen: list[str] = []

    def work(self) -> None:
        """Throw dice and ask, until an answer is cut off."""
        some = (self._start, self._stop, self._pause, self._unpause, self._exec, self._copy, self._commit, self._remove)
        others = (self._create, self._create, self._network, self._volume, self._build, self._pull, self._remove_image)
        try:
            while True:
                mine = [each for each in self.containers.values() if each.there]
                if mine and self._dice.random() < 0.7:
                    verb = self._dice.choice((self._start, *some))
                    self._count(verb.__name__, lambda verb=verb, mine=mine: verb(self._dice.choice(mine)))
                else:
                    verb = self._dice.choice(others)
                    self._count(verb.__name__, verb)
        except Cut:
            self.told["cut"] += 1

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Ask once. Raises Cut without a whole answer."""
        connection = UnixConnection(self._daemon.socket, _PATIENCE)
        content = body if isinstance(body, bytes) or body is None else json.dumps(body)
        kind = "application/x-tar" if isinstance(body, bytes) else "application/json"
        try:
            connection.request(method, f"/v1.47{path}", content, {"Content-Type": kind})
            response = connection.getresponse()
            answer = response.read()
        except (OSError, HTTPException) as error:
            raise Cut(str(error)) from error
        finally:
            connection.close()
        if response.status >= 500:
            self.unforeseen.append(f"{response.status} {method} {path}: {answer[:300].decode(errors='replace')}")
        return response.status, answer

    def _count(self, verb: str, work: Callable[[], None]) -> None:
        self.told[verb.strip("_")] += 1
        work()

    def _name(self, kind: str) -> str:
        self._made += 1
        return f"{kind}{self._number}-{self._made}"

    def _begin(self, book: dict[str, Thing], kind: str) -> Thing:
        thing = Thing(self._name(kind))
        book[thing.name] = thing
        return thing

    # Containers ------------------------------------------------------------------------------------------------------

    def _create(self) -> None:
        if sum(each.there is not False for each in self.containers.values()) >= _MOST:
            return
        container = Container(self._name("c"), lines=self._dice.choice((0, 20, 400)))
        self.containers[container.name] = container
        count = f"i=0; while [ $i -lt {container.lines} ]; do echo line $i; i=$((i+1)); done; exit {CODE}"
        networks = ["none", "none", "bridge", *(each.name for each in self.networks.values() if each.there)]
        volumes = [f"{each.name}:/data" for each in self.volumes.values() if each.there]
        host = {"NetworkMode": self._dice.choice(networks), "Binds": volumes[:1]}
        command = ["sh", "-c", count] if container.lines else ["sleep", "1000"]
        status, _ = self.ask(
            "POST", f"/containers/create?name={container.name}", {"Image": "busybox", "Cmd": command, "HostConfig": host}
        )
        container.there = status == 201

    def _start(self, container: Container) -> None:
        if container.started and container.lines:  # it would print a second time
            return
        before, container.started = container.started, None
        container.ended = False  # if the answer is cut off it may run again, or have failed to
        status, _ = self.ask("POST", f"/containers/{container.name}/start")
        container.started = True if status in (204, 304) else before
        if status == 204 and before:
            container.disturbed = container.ended = False
            container.paused = False

    def _stop(self, container: Container) -> None:
        container.disturbed, container.ended = True, False  # a restart whose answer is cut off may have made it run again
        before, container.paused = container.paused, None
        how = (
            self._dice.choice(("stop?t=0", "kill", "restart?t=0"))
            if not container.lines
            else self._dice.choice(("stop?t=0", "kill"))
        )
        if how.startswith("restart"):
            container.started = None
        status, _ = self.ask("POST", f"/containers/{container.name}/{how}")
        container.ended = not how.startswith("restart") and status in (204, 304)
        container.paused = False if status in (204, 304) else before
        if how.startswith("restart") and status == 204:
            container.started, container.disturbed = True, False

    def _pause(self, container: Container) -> None:
        before, container.paused = container.paused, None
        status, _ = self.ask("POST", f"/containers/{container.name}/pause")
        container.paused = True if status == 204 else before

    def _unpause(self, container: Container) -> None:
        before, container.paused = container.paused, None
        status, _ = self.ask("POST", f"/containers/{container.name}/unpause")
        container.paused = False if status == 204 else before

    def _exec(self, container: Container) -> None:
        status, answer = self.ask("POST", f"/containers/{container.name}/exec", {"Cmd": ["echo", "x"], "AttachStdout": True})
        if status == 201:
            self.ask("POST", f"/exec/{json.loads(answer)['Id']}/start", {"Detach": False})

    def _copy(self, container: Container) -> None:
        name = self._name("f")
        status, _ = self.ask("PUT", f"/containers/{container.name}/archive?path=/tmp", _archive({name: name.encode()}))
        if status == 200:
            container.files.add(name)

    def _commit(self, container: Container) -> None:
        image = self._begin(self.images, "i")
        status, _ = self.ask("POST", f"/commit?container={container.name}&repo={image.name}")
        image.there = status == 201

    def _remove(self, container: Container) -> None:
        container.disturbed = True
        container.there, container.paused = None, None
        status, _ = self.ask("DELETE", f"/containers/{container.name}?force=1&v=1")
        container.there = status not in (204, 404)

    # The rest --------------------------------------------------------------------------------------------------------

    def _network(self) -> None:
        self._make_or_remove(self.networks, "n", "/networks/create", "/networks")

    def _volume(self) -> None:
        self._make_or_remove(self.volumes, "v", "/volumes/create", "/volumes")

    def _make_or_remove(self, book: dict[str, Thing], kind: str, create: str, path: str) -> None:
        present = [each for each in book.values() if each.there]
        if len(present) < 2:
            thing = self._begin(book, kind)
            status, _ = self.ask("POST", create, {"Name": thing.name})
            thing.there = status == 201
            return
        thing = self._dice.choice(present)
        thing.there = None
        status, _ = self.ask("DELETE", f"{path}/{thing.name}")
        thing.there = status not in (204, 404)

    def _pull(self) -> None:
        self.ask("POST", "/images/create?fromImage=busybox&tag=latest")

    def _build(self) -> None:
        image = self._begin(self.images, "b")
        dockerfile = f"FROM busybox\nRUN echo {image.name} > /built\n"
        status, answer = self.ask("POST", f"/build?t={image.name}&version=1", _archive({"Dockerfile": dockerfile.encode()}))
        image.there = status == 200 and b"Successfully tagged" in answer

    def _remove_image(self) -> None:
        present = [each for each in self.images.values() if each.there]
        if present:
            image = self._dice.choice(present)
            image.there = None
            status, _ = self.ask("DELETE", f"/images/{image.name}?force=1")
            image.there = status not in (200, 404)


def _archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
