"""The mounts of a RUN as the engine gets them."""

from pathlib import Path

import pytest

from sdk.builder import StepMount
from tests.unit.plugins.builder_dockerfile.conftest import Paper

pytestmark = pytest.mark.privileged


class Secrets:
    async def get(self, secret_id: str) -> bytes | None:
        return {"s": b"hunter2\xff", "empty": b""}.get(secret_id)


def mounted(paper: Paper, flags: str, **request: object) -> tuple[StepMount, ...]:
    """Run a process with mounts and return them."""
    paper.processes.clear()
    paper.build(f"FROM base\n{flags} true\n", secrets=Secrets(), **request)
    (process,) = paper.processes
    return tuple(process.mounts)


@pytest.mark.parametrize(
    ("flags", "target", "content", "mode"),
    [
        ("id=s", "/run/secrets/s", b"hunter2\xff", 0o400),
        ("id=s,target=/t,mode=0440,uid=5,gid=6", "/t", b"hunter2\xff", 0o440),
        ("target=/a/s", "/a/s", b"hunter2\xff", 0o400),
        ("source=/b/s", "/run/secrets/s", b"hunter2\xff", 0o400),
        ("id=s,env=S,target=/t", "/t", b"hunter2\xff", 0o400),
        ("id=empty", "/run/secrets/empty", b"", 0o400),
    ],
)
def test_a_secret_is_a_file(paper: Paper, flags: str, target: str, content: bytes, mode: int) -> None:
    (mount,) = mounted(paper, f"RUN --mount=type=secret,{flags}")
    assert (mount.target, mount.content, mount.mode, mount.readonly) == (target, content, mode, True)
    assert (mount.uid, mount.gid) == ((5, 6) if "uid" in flags else (0, 0))


def test_a_secret_may_be_a_variable_alone(paper: Paper) -> None:
    assert mounted(paper, "RUN --mount=type=secret,id=s,env=S") == ()
    assert "S=hunter2\udcff" in paper.processes[-1].env
    assert not any(b"hunter2" in repr(event).encode("utf-8", "surrogateescape") for event in paper.events)


def test_a_secret_that_the_client_does_not_have(paper: Paper) -> None:
    assert mounted(paper, "RUN --mount=type=secret,id=none,env=X") == ()
    assert not any(variable.startswith("X=") for variable in paper.processes[-1].env)
    assert "secret none: not found" in paper.failure("FROM base\nRUN --mount=type=secret,id=none,required true\n")


def test_an_agent_that_the_client_does_not_forward(paper: Paper) -> None:
    assert mounted(paper, "RUN --mount=type=ssh") == ()
    assert "unset ssh forward key default" in paper.failure("FROM base\nRUN --mount=type=ssh,required=true true\n")
    assert "unset ssh forward key k" in paper.failure("FROM base\nRUN --mount=type=ssh,id=k,required=true true\n")


def test_the_context_is_bound_as_it_is_and_copied_to_be_written(paper: Paper) -> None:
    paper.write({"a": "a"})
    (bound,) = mounted(paper, "RUN --mount=target=/m,source=a")
    assert (bound.directory, bound.source, bound.readonly) == (paper.context, "a", True)
    (copied,) = mounted(paper, "RUN --mount=target=/m,rw")
    assert (copied.directory != paper.context, copied.readonly) == (True, False)
    assert copied.directory is not None


def test_a_stage_and_an_image_are_bound_by_their_layers(paper: Paper) -> None:
    paper.build(
        "FROM base AS one\nRUN write x y\nFROM base\nRUN --mount=from=one,target=/m true\nRUN --mount=from=base,target=/n true\n"
    )
    stage, image = (process.mounts[0] for process in paper.processes[-2:])
    assert (len(stage.stack or ()), len(image.stack or ())) == (2, 1)


def test_a_bind_of_what_is_not_there_is_told(paper: Paper) -> None:
    assert '"/missing": not found' in paper.failure("FROM base\nRUN --mount=target=/m,source=missing true\n")


def test_a_cache_is_kept_between_builds_and_filled_once(paper: Paper) -> None:
    first = "RUN --mount=type=cache,target=/c,mode=0700,uid=3,gid=4"
    (cache,) = mounted(paper, first)
    assert cache.directory is not None
    status = cache.directory.stat()
    assert (status.st_mode & 0o777, status.st_uid, status.st_gid) == (0o700, 3, 4)
    (cache.directory / "kept").touch()
    (again,) = mounted(paper, "RUN --mount=type=cache,id=/c,target=/d,readonly", no_cache=True)
    assert (again.directory, again.target, again.readonly) == (cache.directory, "/d", True)
    (filled,) = mounted(paper, "RUN --mount=type=cache,target=/f,from=base,source=/etc/")
    assert filled.directory is not None
    assert (filled.directory / "passwd").exists()
    (filled.directory / "passwd").unlink()
    (unchanged,) = mounted(paper, "RUN --mount=type=cache,target=/f,from=base,source=/etc", no_cache=True)
    assert not (Path(str(unchanged.directory)) / "passwd").exists()


def test_targets_are_in_the_working_directory_and_never_the_root(paper: Paper) -> None:
    mounts = mounted(paper, "WORKDIR /w\nARG t=x\nRUN --mount=type=tmpfs,target=$t,size=1k --mount=type=tmpfs,target=../y")
    assert [(mount.target, mount.tmpfs_size) for mount in mounts] == [("/w/x", 1024), ("/y", 0)]
    assert 'invalid mount target "/"' in paper.failure("FROM base\nRUN --mount=type=tmpfs true\n")
