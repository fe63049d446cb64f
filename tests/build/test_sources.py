"""Where files come from: archives, URLs, other stages, images, contexts with names."""

import hashlib
import io
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.build.conftest import BUILDX, CLASSIC, Builder, Built
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

Build = Callable[..., Built]
PORT = 8099


def packed(mode: str, **files: bytes) -> bytes:
    """Return an archive."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.uid, entry.mode = len(data), 1234, 0o640
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


@pytest.fixture
def served(shared_daemon: Daemon, tmp_path: Path) -> Iterator[Path]:
    """A directory that a web server in the daemon's network serves at PORT."""
    root = tmp_path / "served"
    root.mkdir()
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(root), str(PORT)]
    server = subprocess.Popen(shared_daemon.network.command(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await_server(shared_daemon)
        yield root
    finally:
        server.kill()
        server.wait()


def _await_server(daemon: Daemon) -> None:
    deadline = time.monotonic() + 30
    with daemon.network.entered():
        while True:
            try:
                socket.create_connection(("127.0.0.1", PORT), 1).close()
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:bz2", "w:xz"])
def test_archives_of_every_compression_are_unpacked(builder: Builder, mode: str) -> None:
    builder.write({"a.bin": packed(mode, f=b"F"), "Dockerfile": "FROM busybox\nADD a.bin /x/\nRUN stat -c '%u %a' /x/f > /r\n"})
    assert builder.run(builder.build(), "cat", "/r", "/x/f") == "1234 640\nF"


def test_a_download_keeps_its_time_and_is_checked(builder: Builder, build: Build, served: Path) -> None:
    content = packed("w:gz", f=b"F")
    (served / "a.tgz").write_bytes(content)
    subprocess.run(["touch", "-d", "2001-02-03 04:05:06 UTC", served / "a.tgz"], check=True)
    url, digest = f"http://127.0.0.1:{PORT}/a.tgz", hashlib.sha256(content).hexdigest()
    built = build(
        f"FROM busybox\nARG where={url}\nADD $where /d/\nADD --checksum=sha256:{digest} --chmod=644 --chown=7:8 {url} /e/name\n"
        f"ADD --unpack=true {url} /u/\nRUN stat -c '%n %u %a %Y' /d/a.tgz /e/name > /r; cat /u/f >> /r\n"
    )
    assert builder.run(built, "cat", "/r") == "/d/a.tgz 0 600 981173106\n/e/name 7 644 981173106\nF"
    wrong = build(f"FROM busybox\nADD --checksum=sha256:{'0' * 64} {url} /x\n", check=False)
    assert wrong.status
    assert f"digest mismatch sha256:{digest}" in wrong.errors
    gone = build(f"FROM busybox\nADD {url}.gone /x\n", check=False)
    assert gone.status
    assert "404" in gone.errors


def test_a_changed_download_is_fetched_again(builder: Builder, build: Build, served: Path) -> None:
    dockerfile = f"FROM busybox\nADD http://127.0.0.1:{PORT}/f /f\n"
    (served / "f").write_text("1")
    first = build(dockerfile)
    assert build(dockerfile).id == first.id
    (served / "f").write_text("2")
    assert builder.run(build(dockerfile), "cat", "/f") == "2"


def test_a_download_counts_by_its_content_and_not_by_its_address(classic: Builder, served: Path) -> None:
    for name in ("one/f", "two/f", "three/f"):
        (served / name).parent.mkdir()
        (served / name).write_text("other" if name.startswith("three") else "same")
    images = []
    for name in ("one", "two", "three"):
        classic.write({"Dockerfile": f"FROM busybox\nADD http://127.0.0.1:{PORT}/{name}/f /f\n"})
        images.append(classic.build().id)
    assert images[0] == images[1] != images[2]


def test_a_context_comes_by_http(builder: Builder, served: Path) -> None:
    (served / "context.tar.gz").write_bytes(packed("w:gz", Dockerfile=b"FROM busybox\nCOPY f /f\n", f=b"F"))
    built = builder.build(context=f"http://127.0.0.1:{PORT}/context.tar.gz")
    assert builder.run(built, "cat", "/f") == "F"


def test_a_repository_is_a_context_and_a_source(builder: Builder, build: Build, served: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "Dockerfile").write_text("FROM busybox\nCOPY sub /s\n")
    (source / "sub/f").write_text("F")
    git = ["git", "-C", str(source), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "one"], ["tag", "v1"]):
        subprocess.run([*git, *words], check=True)
    bare = served / "r.git"
    subprocess.run(["git", "clone", "-q", "--bare", source, bare], check=True)
    subprocess.run(["git", "-C", bare, "update-server-info"], check=True)
    url = f"http://127.0.0.1:{PORT}/r.git"
    built = builder.build(context=f"{url}#v1")
    assert builder.run(built, "cat", "/s/f") == "F"
    built = build(f"FROM busybox\nADD {url}#v1:sub /g\nADD --keep-git-dir=true {url} /h\nRUN ls -A /g /h > /r\n")
    assert builder.run(built, "cat", "/r").split() == ["/g:", "f", "/h:", ".git", "Dockerfile", "sub"]


def test_directories_merge_and_symlinks_are_kept(builder: Builder) -> None:
    context = builder.write(
        {
            "Dockerfile": "FROM busybox\nRUN mkdir -p /real /d/x && ln -s /real /link\nCOPY d /d\nCOPY d/ /link/\nCOPY d/to /followed\n"
            "COPY --from=busybox /bin/sh /shell\n"
            "RUN readlink /d/to > /r; readlink /link >> /r; ls /real /d/x >> /r; cat /followed >> /r; readlink /shell || echo file >> /r\n",
            "d/x/f": "F\n",
            "d/deep/er/g": "G",
        }
    )
    (context / "d/to").symlink_to("x/f")
    assert builder.run(builder.build(), "cat", "/r").split() == [
        "x/f", "/real", "/d/x:", "f", "/real:", "deep", "to", "x", "F", "file",
    ]  # fmt: skip


def test_a_symlink_that_is_named_gives_its_name_to_what_it_points_at(builder: Builder) -> None:
    context = builder.write(
        {
            "Dockerfile": "FROM busybox AS base\nCOPY . /ctx\nFROM busybox\nCOPY link /\nADD link /a/\nCOPY link /b/c\nCOPY l*k /w/\n"
            "COPY dirlink /d/\nCOPY --from=base /ctx/link /ctx/abslink /f/\nCOPY chain /g/\n"
            "RUN find /link /a /b /w /d /f /g -type f -exec grep -H . {} + | sort > /r\n",
            "file": "F\n",
            "d/x": "X\n",
        }
    )
    for name, target in {"link": "file", "dirlink": "d", "abslink": "/ctx/file", "chain": "link"}.items():
        (context / name).symlink_to(target)
    assert builder.run(builder.build(), "cat", "/r").split() == [
        "/a/link:F", "/b/c:F", "/d/x:X", "/f/abslink:F", "/f/link:F", "/g/chain:F", "/link:F", "/w/link:F",
    ]  # fmt: skip


def test_a_destination_behind_symlinks_is_inside_the_image(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox AS links\nRUN ln -s /../../../some/path /gone; ln -s /etc /abs; ln -s there/f /file; mkdir /there; ln -s gone/x /chain\n"
        "FROM links\nADD f /gone/\nCOPY f /abs/deep/er/g\nCOPY f /file\nCOPY f /chain/\nWORKDIR /chain/below\nRUN touch here\n"
        "RUN --mount=type=tmpfs,target=/abs/m1 --mount=type=cache,target=/gone2/../gone/m2 --mount=type=bind,source=f,target=/chain/m3 "
        "grep -c -E ' (/etc/m1|/some/path/m2|/some/path/x/m3) ' /proc/mounts > /m\n"
        "RUN ls -l /gone /file /some/path /some/path/x /there | sed 's/.* //' > /r\n",
        f="F",
    )
    assert builder.run(built, "cat", "/m") == "3\n"
    assert builder.run(built, "cat", "/some/path/f", "/etc/deep/er/g", "/there/f", "/some/path/x/f") == "FFFF"
    assert builder.run(built, "ls", "/some/path/x/below").split() == ["here"]
    assert "m3" not in builder.run(built, "ls", "/some/path/x")


def test_a_mount_through_a_symlink_that_leads_nowhere(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox\nRUN ln -s nowhere/at/all /lnk\n"
        "RUN --mount=type=tmpfs,target=/lnk/made --mount=type=secret,id=none,target=/lnk/s mount | grep -c /nowhere/at/all/made > /r; ls / > /ls\n"
    )
    assert builder.run(built, "cat", "/r") == "1\n"
    assert "nowhere" in builder.run(built, "cat", "/ls")
    assert "nowhere" not in builder.run(built, "ls", "/")


def test_excluded_files_are_left_out_also_when_they_are_named(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox AS base\nCOPY . /ctx\nFROM busybox\nARG EX=a\n"
        "COPY --exclude=*.txt hom* /1/\nADD --exclude=*.txt --exclude=*.md hom* /2/\nCOPY --from=base --exclude=*.txt /ctx/hom* /3/\n"
        "COPY --exclude=a --exclude=hom* --exclude=Dockerfile * /4/\nCOPY --exclude=$EX a b /5/\nCOPY --exclude=d/k.txt d/k.txt b /6/\n"
        "COPY --parents --exclude=**/k.txt d/*.txt d/b /7/\n"
        "RUN cd / && find 1 2 3 4 5 6 7 -type f | sort > /r\n",
        **{"a": "", "b": "", "home.txt": "", "home.md": "", "homer": "", "d/a": "", "d/k.txt": "", "d/l.txt": "", "d/b": ""},
    )
    assert builder.run(built, "cat", "/r").split() == [
        "1/home.md", "1/homer", "2/homer", "3/home.md", "3/homer", "4/b", "4/k.txt", "4/l.txt", "5/b", "6/b",
        "7/d/b", "7/d/l.txt",
    ]  # fmt: skip


def test_parents_of_files_at_any_depth(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox AS base\nCOPY . /ctx\nFROM busybox\n"
        "COPY --parents ./src/**/*.txt /1/\nCOPY --parents **/p.json /2/\nCOPY --parents src/./**/*.txt /3/\n"
        "COPY --parents sr*/./x/*.txt /4/\nCOPY --from=base --parents /ctx/./src/**/*.md /5/\nCOPY --parents lib/**/q /6/\n"
        "COPY --parents **/x/./y /7/\nRUN cd / && find 1 2 3 4 5 6 7 -type f | sort > /r\n",
        **{"p.json": "", "src/a.txt": "", "src/x/b.txt": "", "src/x/y/c.txt": "", "src/x/y/n.md": "", "lib/q/p.json": ""},
    )
    assert builder.run(built, "cat", "/r").split() == [
        "1/src/a.txt", "1/src/x/b.txt", "1/src/x/y/c.txt", "2/lib/q/p.json", "2/p.json", "3/a.txt", "3/x/b.txt", "3/x/y/c.txt",
        "4/x/b.txt", "5/src/x/y/n.md", "6/lib/q/p.json", "7/y/c.txt", "7/y/n.md",
    ]  # fmt: skip


def test_wildcards_and_several_sources(builder: Builder, build: Build) -> None:
    built = build(
        'FROM busybox\nCOPY *.txt c?d /a/\nCOPY ["with space", "/b/"]\nCOPY d[^x]/ /c/\nRUN ls /a /b /c > /r\n',
        **{"1.txt": "", "2.txt": "", "czd": "", "with space": "", "dx/1": "", "dy/2": ""},
    )
    assert builder.run(built, "cat", "/r").split() == ["/a:", "1.txt", "2.txt", "czd", "/b:", "with", "space", "/c:", "2"]
    none = build("FROM busybox\nCOPY *.none /a/\n", check=False)
    assert none.status
    assert ("no source files were specified" if builder.client == CLASSIC else "*.none") in none.errors


def test_parents_and_exclude_of_patterns(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox\nCOPY --parents a/*/f /p/\nCOPY --parents ./a/./x/f /q/\nCOPY --exclude=x --exclude=**/g a /e/\n"
        "RUN cd / && find p q e -type f | sort > /r\n",
        **{"a/x/f": "", "a/y/f": "", "a/y/g": "", "a/h": ""},
    )
    assert builder.run(built, "cat", "/r").split() == ["e/h", "e/y/f", "p/a/x/f", "p/a/y/f", "q/x/f"]


def test_links_are_layers_of_their_own(builder: Builder, build: Build) -> None:
    first = build("FROM busybox\nRUN echo 1 > /1\nCOPY --link a /x/a\nCOPY --from=busybox --link /bin/busybox /x/\n", a="A")
    second = build("FROM busybox\nRUN echo 2 > /1\nCOPY --link a /x/a\nCOPY --from=busybox --link /bin/busybox /x/\n", a="A")
    layers = [builder.inspect(built)["RootFS"]["Layers"] for built in (first, second)]
    assert layers[0][-2:] == layers[1][-2:]
    assert layers[0][-3] != layers[1][-3]
    assert builder.run(second, "cat", "/1", "/x/a") == "2\nA"


def test_a_context_has_a_name(buildx: Builder, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/f").write_text("F")
    buildx.write({"Dockerfile": "FROM alias AS one\nCOPY --from=other f /f\nRUN --mount=from=other,target=/m cat /m/f >> /f\n"})
    built = buildx.build("--build-context", f"other={tmp_path}/other", "--build-context", "alias=docker-image://busybox")
    assert buildx.client == BUILDX
    assert buildx.run(built, "cat", "/f") == "FF"
