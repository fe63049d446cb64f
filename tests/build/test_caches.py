"""Caches that travel: in a directory of the client and in a registry, of the result's steps alone and of all."""

import json
from pathlib import Path

import pytest

from tests.build.conftest import Builder, Built
from tests.conftest import REGISTRY

pytestmark = pytest.mark.privileged

DOCKERFILE = (
    "FROM busybox AS made\nRUN cat /proc/sys/kernel/random/uuid > /u\nRUN true\n"
    "FROM busybox AS aside\nCOPY --link --from=made /u /v\nRUN cat /proc/sys/kernel/random/uuid > /w\n"
    "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /x\nCOPY --from=aside /v /w /\nCOPY --link f /f\n"
)
"""One file of each stage that cannot be made twice the same: v, w, x."""


def forget(builder: Builder) -> None:
    """Let the daemon forget everything that was built."""
    builder.docker("image", "rm", "--force", "travelling:1", check=False)
    builder.docker("buildx", "prune", "--all", "--force")
    assert json.loads(builder.docker("system", "df", "--format", "json").stdout.splitlines()[-1])["TotalCount"] == "0"


def contents(builder: Builder, built: Built) -> list[str]:
    return builder.run(built, "cat", "/v", "/w", "/x").split()


def build(builder: Builder, *flags: str) -> Built:
    builder.write({"Dockerfile": DOCKERFILE, "f": "F"})
    return builder.build("--tag", "travelling:1", *flags)


@pytest.fixture
def directory(buildx: Builder) -> Path:
    return buildx.directory.parent / "cache"


def there_and_back(buildx: Builder, out: str, back: str) -> tuple[list[str], list[str], Built]:
    first = contents(buildx, build(buildx, "--cache-to", out))
    forget(buildx)
    again = build(buildx, "--cache-from", back)
    return first, contents(buildx, again), again


def images(buildx: Builder) -> list[str]:
    return sorted(each["Id"] for each in buildx.daemon.json("/images/json?all=1"))


@pytest.mark.parametrize("mode", ["min", "max"])
def test_a_cache_in_a_directory(buildx: Builder, directory: Path, mode: str) -> None:
    first, again, built = there_and_back(buildx, f"type=local,dest={directory},mode={mode}", f"type=local,src={directory}")
    assert json.loads((directory / "index.json").read_text())["manifests"]
    assert again[2] == first[2]
    assert (again == first) is (mode == "max")
    assert built.errors.count("CACHED") >= (6 if mode == "max" else 1)
    assert len(images(buildx)) == 2
    forget(buildx)


def test_a_cache_of_all_steps_in_a_registry(buildx: Builder) -> None:
    name = f"{REGISTRY}/travelling/cache:max"
    first, again, _built = there_and_back(buildx, f"type=registry,ref={name},mode=max", f"type=registry,ref={name}")
    assert again == first
    for image in buildx.docker("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split():
        if image.startswith(REGISTRY):
            buildx.docker("image", "rm", image)
    forget(buildx)


def test_a_cache_is_added_to_a_directory(buildx: Builder, directory: Path) -> None:
    where = f"type=local,dest={directory},mode=max"
    first = contents(buildx, build(buildx, "--cache-to", where))
    assert contents(buildx, build(buildx, "--cache-to", where, "--cache-from", f"type=local,src={directory}")) == first
    forget(buildx)


def test_a_cache_that_is_damaged_is_none(buildx: Builder, directory: Path) -> None:
    first = contents(buildx, build(buildx, "--cache-to", f"type=local,dest={directory}"))
    forget(buildx)
    for blob in (directory / "blobs/sha256").iterdir():
        blob.write_bytes(b"no manifest")
    assert contents(buildx, build(buildx, "--cache-from", f"type=local,src={directory}")) != first
    forget(buildx)


def test_an_unknown_mode_is_refused(buildx: Builder, directory: Path) -> None:
    buildx.write({"Dockerfile": "FROM busybox\n"})
    built = buildx.build("--cache-to", f"type=local,dest={directory},mode=most", check=False)
    assert built.status
    assert "invalid cache export mode most" in built.errors


def test_the_same_image_with_and_without_a_cache_leaves_nothing(buildx: Builder) -> None:
    first = build(buildx)
    assert build(buildx, "--cache-to", "type=inline").id == first.id
    assert build(buildx).id == first.id
