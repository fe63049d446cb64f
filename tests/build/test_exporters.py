"""What buildx makes of a build: images, archives, directories, pushes; and targets that are baked."""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from tests.build.conftest import Builder
from tests.conftest import REGISTRY

pytestmark = pytest.mark.privileged

DOCKERFILE = "FROM busybox AS base\nRUN echo hello > /hello\nFROM scratch\nCOPY --from=base /hello /d/hello\nCOPY a /a\nLABEL l=1\n"


@pytest.fixture
def context(buildx: Builder) -> Builder:
    buildx.write({"Dockerfile": DOCKERFILE, "a": "A"})
    return buildx


def test_a_directory_and_a_tar(context: Builder, tmp_path: Path) -> None:
    context.docker("buildx", "build", "--output", "type=local,dest=out", "context")
    assert (tmp_path / "out/d/hello").read_text() == "hello\n"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a", "d"]
    context.docker("buildx", "build", "--output", "type=tar,dest=out.tar", "context")
    with tarfile.open(tmp_path / "out.tar") as archive:
        assert archive.extractfile("d/hello").read() == b"hello\n"


def test_an_archive_for_docker_loads(context: Builder, tmp_path: Path) -> None:
    done = context.build("--output", f"type=docker,dest={tmp_path}/d.tar,name=packed:1", check=False)
    assert done.status == 0, done.errors
    context.docker("load", "--input", str(tmp_path / "d.tar"))
    assert json.loads(context.docker("image", "inspect", "packed:1").stdout)[0]["Config"]["Labels"] == {"l": "1"}


def test_an_oci_archive_is_whole(context: Builder, tmp_path: Path) -> None:
    done = context.build("--output", f"type=oci,dest={tmp_path}/o.tar,name=packed:2", check=False)
    assert done.status == 0, done.errors
    with tarfile.open(tmp_path / "o.tar") as archive:
        blobs = {name: archive.extractfile(name).read() for name in archive.getnames() if archive.getmember(name).isfile()}
    assert json.loads(blobs["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    (manifest,) = json.loads(blobs["index.json"])["manifests"]
    wanted = [manifest["digest"]]
    while wanted:
        digest = wanted.pop()
        blob = blobs[f"blobs/sha256/{digest[7:]}"]
        assert hashlib.sha256(blob).hexdigest() == digest[7:]
        if blob[:1] == b"{" and "layers" in (document := json.loads(blob)):
            wanted += [layer["digest"] for layer in document["layers"]] + [document["config"]["digest"]]


def test_a_push(context: Builder) -> None:
    name = f"{REGISTRY}/pushed:1"
    metadata = context.directory.parent / "metadata.json"
    done = context.build("--push", "--tag", name, "--metadata-file", str(metadata), check=False)
    assert done.status == 0, done.errors
    digest = json.loads(metadata.read_text())["containerimage.digest"]
    context.daemon.docker("image", "rm", name)
    assert digest in context.daemon.docker("pull", name).stdout


def test_the_image_has_its_names(context: Builder) -> None:
    built = context.build("--load", "--tag", "two:1", "--tag", "two:2", "--label", "m=2")
    image = context.inspect(built)
    assert {"two:1", "two:2"} <= set(image["RepoTags"])
    assert image["Config"]["Labels"] == {"l": "1", "m": "2"}


def test_an_inline_cache_is_written_and_read(context: Builder) -> None:
    name = f"{REGISTRY}/inline:1"
    done = context.build("--push", "--tag", name, "--cache-to", "type=inline", check=False)
    assert done.status == 0, done.errors
    again = context.build("--cache-from", f"type=registry,ref={name}", check=False)
    assert again.status == 0, again.errors
    assert "CACHED" in again.errors


def test_a_cache_is_left_in_a_registry_and_taken_from_there(buildx: Builder) -> None:
    name = f"{REGISTRY}/cache/of-it:1"
    buildx.write({"Dockerfile": "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /u\n"})
    first = buildx.build("--tag", "cached:1", "--cache-to", f"type=registry,ref={name},mode=max")
    made = buildx.run(first, "cat", "/u")
    assert name not in buildx.docker("images", "--format", "{{.Repository}}:{{.Tag}}").stdout
    buildx.docker("image", "rm", "cached:1")
    buildx.docker("builder", "prune", "--all", "--force")
    again = buildx.build("--tag", "cached:1", "--cache-from", f"type=registry,ref={name}")
    assert buildx.run(again, "cat", "/u") == made
    buildx.docker("image", "rm", "cached:1", name)
    buildx.docker("builder", "prune", "--all", "--force")
    assert buildx.run(buildx.build(), "cat", "/u") != made


def test_a_cache_is_left_without_an_image(buildx: Builder) -> None:
    name = f"{REGISTRY}/cache/alone:1"
    buildx.write({"Dockerfile": "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /alone\n"})
    before = buildx.docker("images", "--all", "--quiet", "--no-trunc").stdout
    buildx.docker("buildx", "build", "--cache-to", f"type=registry,ref={name}", "--output", "type=local,dest=out", "context")
    assert buildx.docker("images", "--all", "--quiet", "--no-trunc").stdout == before
    assert buildx.daemon.docker("pull", "--quiet", name).stdout.strip() == name
    buildx.docker("image", "rm", name)


def test_targets_are_baked(context: Builder, tmp_path: Path) -> None:
    (tmp_path / "docker-bake.hcl").write_text(
        'variable "V" { default = "1" }\ngroup "default" { targets = ["one", "two"] }\n'
        'target "one" {\n  context = "context"\n  tags = ["baked:one"]\n  labels = { v = V }\n}\n'
        'target "two" {\n  inherits = ["one"]\n  contexts = { first = "target:one" }\n  dockerfile-inline = "FROM first\\nLABEL two=2\\n"\n  tags = ["baked:two"]\n}\n'
    )
    done = context.docker("buildx", "bake", "--progress=plain", check=False)
    assert done.returncode == 0, done.stderr
    (image,) = json.loads(context.docker("image", "inspect", "baked:two").stdout)
    assert image["Config"]["Labels"] == {"l": "1", "v": "1", "two": "2"}


def test_the_cache_is_listed(context: Builder) -> None:
    context.build()
    listed = context.docker("buildx", "du", "--verbose").stdout
    assert "COPY a /a" in listed
    assert "Total:" in listed
    assert "docker" in context.docker("buildx", "ls").stdout


def test_the_same_inputs_have_the_same_digest(context: Builder, tmp_path: Path) -> None:
    context.write(
        {"Dockerfile": DOCKERFILE.replace("FROM scratch", "FROM busybox\nRUN mkdir -p /x/y && touch /x/y/z\nWORKDIR /new/dir")}
    )
    digests = []
    for number in (1, 2):
        metadata = tmp_path / f"{number}.json"
        done = context.build(
            "--no-cache", "--build-arg", "SOURCE_DATE_EPOCH=1700000000", "--metadata-file", str(metadata),
            "--output", f"type=oci,dest={tmp_path}/{number}.tar", check=False,
        )  # fmt: skip
        assert done.status == 0, done.errors
        digests.append(json.loads(metadata.read_text())["containerimage.digest"])
    assert digests[0] == digests[1]
