"""Where the published API definitions are looked for, and of which version each is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import definitions


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """What is remembered of the machine's own definitions is none of these tests'."""
    definitions.published.cache_clear()
    yield
    definitions.published.cache_clear()


@pytest.mark.parametrize("name", ["swagger.yaml", "v1.47.yaml", "docker-api.yml"])
def test_one_file_may_have_any_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / name
    file.write_text('info:\n  title: Docker Engine API\n  version: "1.47"\n')
    monkeypatch.setenv("DOCKER_API_SWAGGER", str(file))
    assert definitions.published() == {47: file}


def test_of_a_directory_the_names_say_which_files_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("v1.44.yaml", "v1.9.yaml", "other.yaml"):
        (tmp_path / name).touch()
    monkeypatch.setenv("DOCKER_API_SWAGGER", str(tmp_path))
    assert list(definitions.published()) == [9, 44]
