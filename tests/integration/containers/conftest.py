"""A client of the module's daemon."""

import pytest

from tests.asking import Client
from tests.daemon import Daemon


@pytest.fixture
def client(shared_daemon: Daemon) -> Client:
    return Client(shared_daemon)
