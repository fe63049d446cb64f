"""Images as Docker's clients know them: which name or ID is shown, what a name stands for, and what is refused with which status."""

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from tests.connection import UnixConnection
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def tar(files: Mapping[str, bytes]) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return output.getvalue()


def send(daemon: Daemon, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
    """Send bytes; return the status, and the message of an error or all that came."""
    connection = UnixConnection(daemon.socket)
    try:
        kind = "application/json" if body.startswith(b"{") else "application/x-tar"
        connection.request(method, path, body or None, {"Content-Type": kind} if body else {})
        response = connection.getresponse()
        status, text = response.status, response.read().decode(errors="replace")
    finally:
        connection.close()
    return status, json.loads(text)["message"] if status >= 400 else text


@pytest.fixture
def web(shared_daemon: Daemon, tmp_path: Path) -> Iterator[str]:
    """A web server beside the daemon, and what it serves: `root.tar`."""
    (tmp_path / "root.tar").write_bytes(tar({"etc/who": b"web"}))
    program = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(tmp_path), "8099"]
    server = subprocess.Popen(shared_daemon.network.command(program), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert server.stdout is not None
        assert b"Serving" in server.stdout.readline()
        yield "127.0.0.1:8099"
    finally:
        server.kill()
        server.communicate()


def test_ps_shows_the_image_by_id_once_its_name_moved_or_went(shared_daemon: Daemon) -> None:
    docker = shared_daemon.docker
    docker("pull", "-q", "busybox")
    busybox = json.loads(docker("image", "inspect", "busybox").stdout)[0]["Id"]
    send(shared_daemon, "POST", "/images/create?fromSrc=-&repo=other", tar({"a": b""}))
    docker("tag", "busybox", "moving:1")
    container = docker("run", "-d", "moving:1", "sleep", "1000").stdout.strip()

    def shown() -> tuple[str, str]:
        (entry,) = shared_daemon.json(f'/containers/json?filters={{"id":["{container}"]}}')
        return entry["Image"], entry["ImageID"]

    assert shown() == ("moving:1", busybox)
    docker("tag", "other", "moving:1")
    assert shown() == (busybox, busybox)
    assert docker("ps", "--format", "{{.Image}}").stdout.strip() == busybox[7:19]
    docker("tag", "busybox", "moving:1")
    assert shown() == ("moving:1", busybox)
    docker("rmi", "-f", "moving:1")
    assert shown() == (busybox, busybox)
    assert json.loads(docker("inspect", container).stdout)[0]["Config"]["Image"] == "moving:1"
    docker("rm", "-f", container)
    docker("rmi", "other")


def test_a_repository_is_saved_with_all_its_tags(shared_daemon: Daemon) -> None:
    for tag in ("foo", "bar"):
        send(shared_daemon, "POST", f"/images/create?fromSrc=-&repo=many&tag={tag}", tar({tag: b""}))
    assert send(shared_daemon, "GET", "/images/get?names=none&names=many") == (404, "No such image: none:latest")
    for path in ("/images/get?names=many", "/images/many/get"):
        status, content = shared_daemon.request("GET", path)
        assert status == 200
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            entries = json.load(archive.extractfile("manifest.json"))
        assert sorted(tag for entry in entries for tag in entry["RepoTags"]) == ["many:bar", "many:foo"]
    shared_daemon.docker("rmi", "many:foo", "many:bar")


def test_an_image_without_layers_is_loaded(shared_daemon: Daemon) -> None:
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": None}}).encode()
    name = f"blobs/sha256/{sha256(config).hexdigest()}"
    manifest = json.dumps([{"Config": name, "RepoTags": None, "Layers": None}]).encode()
    status, text = send(shared_daemon, "POST", "/images/load?quiet=1", tar({name: config, "manifest.json": manifest}))
    assert (status, json.loads(text)) == (200, {"stream": f"Loaded image ID: sha256:{sha256(config).hexdigest()}\n"})
    found = shared_daemon.json(f"/images/sha256:{sha256(config).hexdigest()}/json")
    assert (found["RepoTags"], found["RepoDigests"]) == ([], [])
    shared_daemon.docker("rmi", found["Id"])


def test_an_archive_is_imported_from_the_web(shared_daemon: Daemon, web: str) -> None:
    docker = shared_daemon.docker
    for source in (f"http://{web}/root.tar", f"{web}/root.tar"):
        status, text = send(shared_daemon, "POST", f"/images/create?fromSrc={source}&repo=web&tag=1")
        assert status == 200, text
        first, *_, last = map(json.loads, text.splitlines())
        assert first["status"] == f"Downloading from http://{web}/root.tar"
        assert last["status"].startswith("sha256:")
        assert json.loads(docker("image", "inspect", "web:1").stdout)[0]["Comment"] == f"Imported from {source}"
    assert docker("import", f"http://{web}/root.tar", "web:2").stdout.splitlines()[-1].startswith("sha256:")
    docker("rmi", "web:1", "web:2")


@pytest.mark.parametrize(
    ("source", "status"),
    [("http://{}/nofile.tar", 404), ("{}/nofile.tar", 404), ("%252Fdata%252Ffile.tar", 400), ("ftp://{}/x", 400), ("{}1/x", 400)],
)
def test_a_bad_source_of_an_import_has_its_status(shared_daemon: Daemon, web: str, source: str, status: int) -> None:
    assert send(shared_daemon, "POST", f"/images/create?fromSrc={source.format(web)}&repo=web&tag=1")[0] == status
    assert send(shared_daemon, "GET", "/images/web:1/json")[0] == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/images/create?fromImage=busybox&tag=latest&platform={}"),
        ("POST", "/images/create?fromSrc=-&repo=x&platform={}"),
        ("POST", "/build?platform={}"),
        ("POST", "/containers/create?platform={}"),
    ],
)
def test_an_unknown_platform_is_refused(shared_daemon: Daemon, method: str, path: str) -> None:
    body = json.dumps({"Image": "busybox"}).encode() if "containers" in path else tar({"Dockerfile": b"FROM scratch\n"})
    expected = (400, '"foobar": unknown operating system or architecture: invalid argument')
    assert send(shared_daemon, method, path.format("foobar"), body) == expected


@pytest.mark.parametrize(
    ("platform", "message"),
    [
        ("{", "failed to parse platform"),
        ('{"os":"linux"}', "both OS and Architecture must be provided"),
        ("[]", "failed to parse platform"),
        ('{"os":1}', "failed to parse platform"),
    ],
)
def test_a_malformed_platform_is_refused(shared_daemon: Daemon, platform: str, message: str) -> None:
    for path in ("/images/busybox/json", "/images/busybox/history", "/images/busybox/get"):
        status, said = send(shared_daemon, "GET", f"{path}?platform={platform}")
        assert (status, message in said) == (400, True)


def test_a_blank_name_is_no_image(shared_daemon: Daemon) -> None:
    assert send(shared_daemon, "DELETE", "/images/%20") == (400, "image name cannot be blank")


def test_platforms_have_several_names(shared_daemon: Daemon) -> None:
    shared_daemon.docker("pull", "-q", "busybox")
    machine = shared_daemon.json("/info")["Architecture"]
    status, _ = send(shared_daemon, "GET", f'/images/busybox/json?platform={{"os":"linux","architecture":"{machine}"}}')
    assert status == 200


ARM_PROGRAM = b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x02\0\x28\0\x01\0\0\0" + bytes(400)


def layout_of_platforms(name: str) -> bytes:
    """Return an OCI layout of an index with an image for this machine's x86_64 and one for ARM, whose program no x86_64 runs."""
    files: dict[str, bytes] = {}

    def blob(content: bytes) -> dict[str, object]:
        digest = sha256(content).hexdigest()
        files[f"blobs/sha256/{digest}"] = content
        return {"digest": f"sha256:{digest}", "size": len(content)}

    entries = []
    for platform in ({"os": "linux", "architecture": "amd64"}, {"os": "linux", "architecture": "arm", "variant": "v7"}):
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as archive:
            info = tarfile.TarInfo("program")
            info.size, info.mode = len(ARM_PROGRAM), 0o755
            archive.addfile(info, io.BytesIO(ARM_PROGRAM))
            archive.addfile(tarfile.TarInfo(platform["architecture"]))
        diff_id = f"sha256:{sha256(layer.getvalue()).hexdigest()}"
        config = {**platform, "config": {"Cmd": ["/program"]}, "rootfs": {"type": "layers", "diff_ids": [diff_id]}}
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **blob(json.dumps(config).encode())},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **blob(layer.getvalue())}],
        }
        entries.append({"mediaType": manifest["mediaType"], **blob(json.dumps(manifest).encode()), "platform": platform})
    kind = "application/vnd.oci.image.index.v1+json"
    index = blob(json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).encode())
    named = {"mediaType": kind, **index, "annotations": {"io.containerd.image.name": f"docker.io/library/{name}"}}
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [named]}).encode()
    files["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
    return tar(files)


def test_an_image_of_two_platforms_through_the_stock_cli(shared_daemon: Daemon, tmp_path: Path) -> None:
    docker = shared_daemon.docker
    archive = tmp_path / "two.tar"
    archive.write_bytes(layout_of_platforms("two:1"))
    assert docker("load", "-i", str(archive)).stdout == "Loaded image: two:1\n"
    shown = "{{.Architecture}}"
    assert docker("image", "inspect", "-f", shown, "two:1").stdout.strip() == "amd64"
    assert docker("image", "inspect", "--platform", "linux/arm/v7", "-f", shown, "two:1").stdout.strip() == "arm"
    assert docker("images", "--format", "{{.Tag}}", "two").stdout == "1\n"
    tree = docker("image", "ls", "--tree", "two:1").stdout
    assert "linux/amd64" in tree
    assert "linux/arm/v7" in tree
    ran = docker("run", "--rm", "--platform", "linux/arm/v7", "two:1", check=False)
    assert ran.returncode != 0
    assert "exec format error" in ran.stdout + ran.stderr
    container = docker("create", "--platform", "linux/arm", "two:1").stdout.strip()
    assert docker("ps", "-a", "--no-trunc", "--format", "{{.Image}}", "--filter", f"id={container}").stdout.strip() == "two:1"
    docker("rm", container)
    docker("save", "--platform", "linux/arm/v7", "-o", str(tmp_path / "arm.tar"), "two:1")
    docker("rmi", "two:1")
    docker("load", "-i", str(tmp_path / "arm.tar"))
    warned = docker("create", "two:1")
    assert "The requested image's platform (linux/arm/v7) does not match the detected host platform" in warned.stderr
    docker("rm", warned.stdout.strip())
    docker("load", "-i", str(archive))
    manifests = shared_daemon.json("/v1.48/images/two:1/json?manifests=1")["Manifests"]
    assert [(each["Kind"], each["Available"], each["ImageData"]["Platform"]["architecture"]) for each in manifests] == [
        ("image", True, "amd64"),
        ("image", True, "arm"),
    ]
    arm = '{"os":"linux","architecture":"arm","variant":"v7"}'
    status, text = send(shared_daemon, "DELETE", f"/v1.50/images/two:1?platforms={arm}")
    assert (status, "Deleted" in json.loads(text)[0]) == (200, True)
    assert docker("image", "inspect", "--platform", "linux/arm/v7", "two:1", check=False).returncode == 1
    docker("rmi", "two:1")


def test_a_build_stands_on_the_platform_it_names(shared_daemon: Daemon, tmp_path: Path) -> None:
    docker = shared_daemon.docker
    (tmp_path / "two.tar").write_bytes(layout_of_platforms("two:2"))
    docker("load", "-i", str(tmp_path / "two.tar"))
    for platform, architecture in (("linux/arm/v7", "arm"), ("linux/amd64", "amd64"), ("", "amd64")):
        dockerfile = f"FROM {f'--platform={platform} ' if platform else ''}two:2\nLABEL made=here\n"
        context = tar({"Dockerfile": dockerfile.encode()})
        status, text = send(shared_daemon, "POST", f"/build?t=made:{architecture}&nocache=1", context)
        assert (status, "errorDetail" in text) == (200, False), text
        assert docker("history", "-q", f"made:{architecture}").stdout.strip()
        layers = docker("image", "inspect", "-f", "{{.RootFS.Layers}}", f"made:{architecture}").stdout
        base = docker("image", "inspect", "--platform", platform or "linux/amd64", "-f", "{{.RootFS.Layers}}", "two:2").stdout
        assert layers == base
    docker("rmi", "-f", "made:arm", "made:amd64", "two:2")


def test_what_clients_of_one_platform_read_is_as_before(shared_daemon: Daemon) -> None:
    """A Descriptor and Manifests tell a client that the store is one of several platforms; they are for those that ask."""
    for path in ("/images/busybox/json", "/v1.47/images/busybox/json?manifests=0"):
        assert not {"Descriptor", "Manifests"} & shared_daemon.json(path).keys()
    (listed,) = shared_daemon.json('/images/json?filters={"reference":["busybox"]}')
    assert not {"Descriptor", "Manifests"} & listed.keys()
    found = shared_daemon.json("/images/busybox/json?manifests=1")
    assert found["Descriptor"]["digest"] == found["RepoDigests"][0].partition("@")[2]
    assert found["Id"] != found["Descriptor"]["digest"]
    assert send(shared_daemon, "GET", '/images/busybox/json?manifests=1&platform={"os":"linux","architecture":"amd64"}')[0] == 400


def test_several_platforms_in_one_request_are_of_newer_versions(shared_daemon: Daemon) -> None:
    twice = "&".join(['platform={"os":"linux","architecture":"amd64"}'] * 2)
    refusal = (400, "multiple platform parameters are not supported")
    assert send(shared_daemon, "GET", f"/v1.51/images/busybox/get?{twice}") == refusal
    assert send(shared_daemon, "POST", f"/v1.51/images/load?{twice}", tar({})) == refusal
