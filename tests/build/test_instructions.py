"""What each instruction does to the image, seen from inside."""

import io
import tarfile
from collections.abc import Callable

import pytest

from tests.build.conftest import CLASSIC, Builder, Built
from tests.connection import UnixConnection

pytestmark = pytest.mark.privileged

Build = Callable[..., Built]


def config(builder: Builder, built: Built) -> dict:
    return builder.inspect(built)["Config"]


def test_instructions_that_only_configure(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox\nARG V=2\nENV A=1 B=$V\nENV C x y\nLABEL l=$A\nEXPOSE 80 90-91/udp\nVOLUME /data\nWORKDIR /w\nWORKDIR sub\n"
        'USER www-data\nSTOPSIGNAL SIGINT\nSHELL ["/bin/ash", "-c"]\nHEALTHCHECK --interval=5s CMD true\nENTRYPOINT echo e\n'
        'ENTRYPOINT ["echo"]\nCMD ["$A", "x"]\nONBUILD RUN true\nMAINTAINER someone\n',
        "--label",
        "given=yes",
    )
    found = config(builder, built)
    assert [each for each in found["Env"] if not each.startswith("PATH=")] == ["A=1", "B=2", "C=x y"]
    assert found["Labels"] == {"l": "1", "given": "yes"}
    assert sorted(found["ExposedPorts"]) == ["80/tcp", "90/udp", "91/udp"]
    assert (found["WorkingDir"], found["User"], found["StopSignal"]) == ("/w/sub", "www-data", "SIGINT")
    assert (found["Entrypoint"], found["Cmd"], found["OnBuild"]) == (["echo"], ["$A", "x"], ["RUN true"])
    assert found["Healthcheck"] == {"Test": ["CMD-SHELL", "true"], "Interval": 5_000_000_000}


def test_empty_arrays(builder: Builder, build: Build) -> None:
    built = build('FROM busybox\nCMD ["x"]\nENTRYPOINT ["y"]\nRUN []\nCMD []\nENTRYPOINT []\n')
    assert (config(builder, built)["Cmd"], config(builder, built)["Entrypoint"]) == (None, None)
    assert config(builder, build('FROM busybox\nCMD ["x", "", "y"]\n'))["Cmd"] == ["x", "", "y"]


def test_an_arguments_value_from_outside_is_not_in_the_history(builder: Builder, build: Build) -> None:
    built = build(
        "ARG G=global\nFROM busybox\nARG T=plain\nARG S U=u$T G\n",
        *("--build-arg=T=hidden", "--build-arg=S=hidden", "--build-arg=G=hidden"),
    )
    told = builder.docker("history", "--no-trunc", built.id).stdout
    assert "hidden" not in told.replace("U=uhidden", "")
    assert "ARG T=plain" in told
    assert "ARG S U=uhidden G" in told


def test_a_dockerfile_in_lower_case_is_found(classic: Builder) -> None:
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        entry = tarfile.TarInfo("dockerfile")
        entry.size = len(b"FROM busybox\nLABEL found=yes\n")
        archive.addfile(entry, io.BytesIO(b"FROM busybox\nLABEL found=yes\n"))
    connection = UnixConnection(classic.daemon.socket)
    try:
        connection.request("POST", "/build?t=lower", context.getvalue(), {"Content-Type": "application/x-tar"})
        told = connection.getresponse().read().decode()
    finally:
        connection.close()
    assert "Successfully tagged lower:latest" in told


def test_an_entrypoint_takes_the_command_that_was_inherited_away(builder: Builder, build: Build) -> None:
    assert config(builder, build('FROM busybox\nENTRYPOINT ["a"]\n'))["Cmd"] is None
    assert config(builder, build('FROM busybox AS one\nCMD ["c"]\nFROM one\nENTRYPOINT ["a"]\n'))["Cmd"] is None
    assert config(builder, build('FROM busybox\nCMD ["c"]\nENTRYPOINT ["a"]\n'))["Cmd"] == ["c"]


def test_copies_wear_what_their_flags_say(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox\nCOPY a /one\nCOPY --chown=33:users --chmod=640 a /two\nCOPY --chown=www-data a d/ /three/\n"
        "COPY --chmod=u=rwX,go= d /four\nCOPY --link --chown=1:2 a /five/\nCOPY --parents d/e/./f/g /six/\nCOPY --exclude=*.md d /seven\n"
        "COPY <<one <<'two' /eight/\n$HOME-$PATH\none\n$x\ntwo\n"
        "RUN stat -c '%n %u:%g %a' /one /two /three/a /four /four/x.md /five/a /six/f/g > /r && ls /seven >> /r && cat /eight/two >> /r\n",
        a="A",
        **{"d/x.md": "m", "d/y": "y", "d/e/f/g": "g"},
    )
    assert builder.run(built, "cat", "/r").splitlines() == [
        "/one 0:0 644", "/two 33:100 640", "/three/a 33:33 644", "/four 0:0 700", "/four/x.md 0:0 600", "/five/a 1:2 644",
        "/six/f/g 0:0 644", "e", "y", "$x",
    ]  # fmt: skip


def test_add_unpacks_archives_unless_told_not_to(builder: Builder) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("in/file")
        entry.size = 2
        archive.addfile(entry, io.BytesIO(b"ok"))
    builder.write(
        {"a.tgz": packed.getvalue(), "Dockerfile": "FROM busybox\nADD a.tgz /x/\nADD --unpack=false a.tgz /y/\nCOPY a.tgz /z/\n"}
    )
    assert builder.run(builder.build(), "sh", "-c", "cat /x/in/file; ls /y /z").split() == ["ok/y:", "a.tgz", "/z:", "a.tgz"]


def test_run_mounts_leave_nothing(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox\n"
        "RUN --mount=target=/ctx --mount=type=tmpfs,target=/t cat /ctx/a > /r && touch /t/x && df /t >> /r\n"
        "RUN --mount=type=cache,target=/c echo 1 >> /c/n\nRUN --mount=type=cache,target=/c cat /c/n >> /r; test -e /dev/pipes || true\n"
        "RUN <<EOF\necho script >> /r\nEOF\nRUN <<EOF\n#!/bin/cat\nx\nEOF\n",
        a="A\n",
    )
    output = builder.run(built, "sh", "-c", "cat /r; ls -d /ctx /t /c 2>/dev/null; true").splitlines()
    assert output[0] == "A"
    assert output[-2:] == ["1", "script"]
    assert "tmpfs" in output[2]


def test_stages(builder: Builder, build: Build) -> None:
    dockerfile = (
        "ARG base=busybox\nFROM $base AS one\nARG base\nRUN echo $base > /f\nFROM busybox AS aside\nRUN touch /aside\nFROM one AS two\n"
        "RUN echo 2 >> /f\nFROM scratch\nCOPY --from=two /f /f\nCOPY --from=0 /f /g\nCOPY --from=busybox /bin/busybox /bin/\n"
        'ENTRYPOINT ["/bin/busybox", "cat"]\n'
    )
    built = build(dockerfile)
    assert builder.run(built, "/f", "/g").splitlines() == ["busybox", "2", "busybox"]
    assert ("touch /aside" in built.output + built.errors) == (builder.client == CLASSIC)
    broken = dockerfile.replace("touch /aside", "exit 9")
    assert bool(build(broken, check=False).status) == (builder.client == CLASSIC)
    assert build(broken, "--target", "aside", check=False).status


def test_triggers_run_in_the_next_build(builder: Builder, build: Build) -> None:
    build("FROM busybox\nONBUILD COPY a /a\nONBUILD RUN cat /a > /b\n", "-t", "triggers:1", a="A")
    child = build("FROM triggers:1\nRUN cp /b /c\n")
    assert builder.run(child, "cat", "/c") == "A"
    assert config(builder, child)["OnBuild"] is None


def test_ignored_files_do_not_exist(builder: Builder, build: Build) -> None:
    built = build("FROM busybox\nCOPY . /x\n", **{".dockerignore": "*.log\n!keep.log\n", "a.log": "", "keep.log": "", "b": ""})
    assert builder.run(built, "ls", "-A", "/x").split() == [".dockerignore", "Dockerfile", "b", "keep.log"]
    refused = build("FROM busybox\nCOPY a.log /\n", check=False, **{".dockerignore": "*.log\n", "a.log": ""})
    missing = "excluded by .dockerignore: stat a.log: file does not exist"
    assert (missing if builder.client == CLASSIC else '"/a.log": not found') in refused.errors


def test_many_directories_are_copied_with_few_descriptors(builder: Builder) -> None:
    builder.write(
        {"Dockerfile": "FROM busybox\nCOPY d /d\nRUN find /d -type f | wc -l > /n\n", **{f"d/{n}/f": "" for n in range(1500)}}
    )
    assert builder.run(builder.build(), "cat", "/n") == "1500\n"


def test_a_context_comes_from_stdin_and_so_does_a_dockerfile(builder: Builder) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as archive:
        for name, content in (("Dockerfile", b"FROM busybox\nCOPY a /a\n"), ("a", b"A")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    assert builder.run(builder.build(context="-", stdin=packed.getvalue()), "cat", "/a") == "A"
    alone = builder.build(context="-", stdin=b"FROM busybox\nRUN echo alone > /a\n")
    assert builder.run(alone, "cat", "/a") == "alone\n"


def test_a_working_directory_that_is_made_is_the_users(builder: Builder, build: Build) -> None:
    built = build("FROM busybox\nWORKDIR /by/root\nUSER www-data\nWORKDIR /by/user\nRUN touch mine\nWORKDIR /by/root\n")
    assert builder.run(built, "stat", "-c", "%u:%g", "/by/root", "/by/user", "/by/user/mine").split() == ["0:0", "33:33", "33:33"]


def test_an_image_without_a_path_gets_the_usual_one(builder: Builder, build: Build) -> None:
    usual = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert config(builder, build("FROM scratch\nCOPY f /\n", f="f"))["Env"] == [usual]
    assert config(builder, build("FROM scratch\nENV PATH=/own\nCOPY f /\n", f="f"))["Env"] == ["PATH=/own"]


def test_triggers_copy_from_stages_and_images(builder: Builder, build: Build) -> None:
    build(
        "FROM busybox\nONBUILD COPY --from=helper /made /from-stage\nONBUILD COPY --from=busybox /etc/group /from-image\n",
        "--tag",
        "base:1",
    )
    built = build("FROM busybox AS helper\nRUN echo made > /made\nFROM base:1\nRUN cat /from-stage > /seen\n")
    assert builder.run(built, "cat", "/seen") == "made\n"
    assert builder.run(built, "grep", "-c", "^root:", "/from-image") == "1\n"
