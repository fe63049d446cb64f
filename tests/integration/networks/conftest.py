"""A daemon whose containers and networks of one test are gone before the next."""

from collections.abc import Callable, Iterator

import pytest

from tests.daemon import Daemon

Docker = Callable[..., str]


@pytest.fixture
def docker(shared_daemon: Daemon) -> Iterator[Docker]:
    def run(*words: str) -> str:
        return shared_daemon.docker(*words).stdout.strip()

    yield run
    shared_daemon.remove_containers()
    for name in run("network", "ls", "-q", "--filter", "type=custom").split():
        run("network", "rm", name)
