"""RUN --mount, --network and --security."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.build.conftest import Builder, Built

pytestmark = pytest.mark.privileged

Build = Callable[..., Built]


def test_binds_come_from_the_context_stages_and_images(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox AS one\nRUN mkdir -p /d/e && echo one > /d/e/f\nFROM busybox\n"
        "RUN --mount=type=bind,from=one,source=/d/e,target=/m cat /m/f > /r; touch /m/x 2>/dev/null || echo readonly >> /r\n"
        "RUN --mount=from=one,target=/m,rw touch /m/d/x && ls /m/d >> /r\n"
        "RUN --mount=from=one,target=/m ls /m/d >> /r\n"
        "RUN --mount=from=busybox,source=/bin/busybox,target=/tool/busybox /tool/busybox echo tool >> /r\n"
        "RUN --mount=source=a,target=/a cat /a >> /r\nRUN ls -d /m /a /tool 2>/dev/null >> /r; true\n",
        a="A\n",
    )
    assert builder.run(built, "cat", "/r").split() == ["one", "readonly", "e", "x", "e", "tool", "A"]


def test_a_writable_bind_of_the_context_changes_nothing(builder: Builder, build: Build) -> None:
    built = build(
        "FROM busybox\nRUN --mount=target=/m,rw echo new > /m/a && cat /m/a > /r\nRUN --mount=target=/m cat /m/a >> /r\nCOPY a /a\n",
        a="old\n",
    )
    assert builder.run(built, "cat", "/r", "/a").split() == ["new", "old", "old"]


def test_caches_are_kept_by_id(builder: Builder, build: Build) -> None:
    cache = f"--mount=type=cache,id=kept-{builder.client},target=/c"
    build(f"FROM busybox\nRUN {cache},uid=33,gid=34,mode=0700 stat -c '%u %g %a' /c > /c/f\n")
    built = build(f"FROM busybox\nRUN {cache},sharing=locked cat /c/f > /r\nRUN --mount=type=cache,target=/c ls /c >> /r\n")
    assert builder.run(built, "cat", "/r") == "33 34 700\n"


def test_a_cache_starts_from_a_stage(builder: Builder, build: Build) -> None:
    built = build(
        f"FROM busybox AS seed\nRUN mkdir /s && echo seed > /s/f\nFROM busybox\n"
        f"RUN --mount=type=cache,id=seeded-{builder.client},from=seed,source=/s,target=/c cat /c/f > /r\n"
    )
    assert builder.run(built, "cat", "/r") == "seed\n"


def test_tmpfs_has_its_size(builder: Builder, build: Build) -> None:
    built = build("FROM busybox\nRUN --mount=type=tmpfs,target=/t,size=1m df -k /t | tail -1 > /r\n")
    assert builder.run(built, "cat", "/r").split()[:2] == ["tmpfs", "1024"]


def test_secrets_leave_no_trace(buildx: Builder, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hush")
    buildx.write(
        {
            "Dockerfile": "FROM busybox\nRUN --mount=type=secret,id=token sha256sum < /run/secrets/token > /r; stat -c %a /run/secrets/token >> /r\n"
            "RUN --mount=type=secret,id=token,env=TOKEN echo ${#TOKEN} >> /r\n"
            "RUN --mount=type=secret,id=token,target=/t/x,mode=0444,uid=7 stat -c '%u %a' /t/x >> /r\n"
            "RUN --mount=type=secret,id=missing test ! -e /run/secrets/missing && ! ls -A /run >> /r 2>/dev/null\n"
        }
    )
    built = buildx.build("--secret", f"id=token,src={tmp_path}/token")
    assert buildx.run(built, "cat", "/r").split()[2:] == ["400", "4", "7", "444"]
    assert "hush" not in buildx.docker("image", "history", "--no-trunc", built.id).stdout
    buildx.write({"Dockerfile": "FROM busybox\nRUN --mount=type=secret,id=missing,required true\n"})
    refused = buildx.build(check=False)
    assert refused.status
    assert "secret missing: not found" in refused.errors


def test_an_agent_is_forwarded(buildx: Builder, tmp_path: Path) -> None:
    buildx.write(
        {
            "Dockerfile": "FROM busybox\nRUN --mount=type=ssh test -S $SSH_AUTH_SOCK && echo $SSH_AUTH_SOCK > /r\nRUN echo [$SSH_AUTH_SOCK] >> /r\n"
        }
    )
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen()
        built = buildx.build("--ssh", f"default={tmp_path}/agent")
    assert buildx.run(built, "cat", "/r").splitlines() == ["/run/buildkit/ssh_agent.0", "[]"]


def test_a_command_without_network(builder: Builder, build: Build) -> None:
    built = build("FROM busybox\nRUN --network=none ls /sys/class/net > /r\nRUN ls /sys/class/net | wc -l >> /r\n")
    first, *_, count = builder.run(built, "cat", "/r").split()
    assert (first, int(count) > 1) == ("lo", True)


def test_a_bind_without_a_target_covers_the_working_directory(builder: Builder, build: Build) -> None:
    build("FROM busybox\nWORKDIR /w\nRUN --mount=type=bind cp one /copied\nRUN ls /w > /left\n", one="1")
    built = builder.build()
    assert builder.run(built, "cat", "/copied", "/left") == "1"
    refused = build("FROM busybox\nRUN --mount=type=bind true\n", check=False)
    assert refused.status
    assert 'invalid mount target "/"' in refused.output + refused.errors
