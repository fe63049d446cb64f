"""What is wrong is refused by our daemon through each client, with a message that names it; and by buildah, where that looks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builds_compared.broken import BROKEN, Broken
from tests.builds_compared.buildah import Buildah
from tests.builds_compared.cases import Case
from tests.builds_compared.clients import BUILDX, CLASSIC, Client

pytestmark = [pytest.mark.privileged, pytest.mark.slow]


def write(broken: Broken, directory: Path) -> Path:
    for name, content in {"Dockerfile": broken.dockerfile, **broken.files}.items():
        (directory / name).write_text(content)
    return directory


@pytest.mark.parametrize("client", [BUILDX, CLASSIC])
@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_the_message_names_the_mistake(broken: Broken, client: str, open_client: Callable[[str], Client], tmp_path: Path) -> None:
    building, context = open_client(client), write(broken, tmp_path)
    built = building.build(context, "broken:1", Case(broken.name), "Dockerfile", *broken.flags)
    told = built.stdout + built.stderr
    assert built.returncode, told
    assert [word for word in broken.says if word not in told] == [], told
    building.daemon.assert_clean()


@pytest.mark.parametrize("broken", [each for each in BROKEN if not each.tolerated], ids=lambda broken: broken.name)
def test_buildah_refuses_it_too(broken: Broken, buildah: Buildah, tmp_path: Path) -> None:
    context = write(broken, tmp_path)
    buildah.build(context, context / "Dockerfile", "broken:1", broken.flags, check=False)
