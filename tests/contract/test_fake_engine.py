"""The contract of the engine, kept by the fake that frontends are tested with, so that it cannot lie."""

import pytest

from sdk.engine import Engine
from sdk.testing.contracts.engine import EngineContract
from sdk.testing.fake import fake_engine


class TestFake(EngineContract):
    @pytest.fixture(scope="module")
    @classmethod
    def engine(cls) -> Engine:
        return fake_engine("busybox:latest")
