"""Each build by three clients of our daemon, file by file the image that buildah makes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builds_compared.cases import CASES, Case
from tests.builds_compared.clients import CLASSIC, CLIENTS, Client
from tests.builds_compared.comparing import differences
from tests.builds_compared.flatten import FlatImage

pytestmark = [pytest.mark.privileged, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_image_is_the_one_of_buildah(
    case: Case,
    client: str,
    open_client: Callable[[str], Client],
    contexts: Callable[[Case], Path],
    by_buildah: Callable[[Case], FlatImage],
) -> None:
    if case.sealed and client == CLASSIC:
        pytest.skip("the classic protocol carries neither secrets nor agents")
    building, context, tag = open_client(client), contexts(case), f"{case.name}:{client}"
    if case.base:
        base = building.build(context, "base:1", Case("base"), case.base)
        assert base.returncode == 0, base.stdout + base.stderr
    dockerfile = case.classic if case.classic and client == CLASSIC else "Dockerfile"
    built = building.build(context, tag, case, dockerfile)
    assert built.returncode == 0, built.stdout + built.stderr + building.daemon.tail()
    found = differences(building.flat(tag), by_buildah(case), case.varying, tuple(case.unlike))
    assert not found, "\n".join(found)
