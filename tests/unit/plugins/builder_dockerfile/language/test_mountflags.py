"""`RUN --mount` of every type."""

import pytest

from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.instructions import StepMountFlag
from plugins.builder_dockerfile.language.mountflags import parse_mount, parse_size


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("", StepMountFlag("bind", readonly=True)),
        ("target=/x", StepMountFlag("bind", "/x", readonly=True)),
        ("type=bind,dst=/x,src=a,from=base,rw", StepMountFlag("bind", "/x", "a", "base")),
        ("type=bind,destination=/x,readwrite=false", StepMountFlag("bind", "/x", readonly=True)),
        ("type=bind,target=/x,ro=0", StepMountFlag("bind", "/x")),
        ("type=cache,target=/c", StepMountFlag("cache", "/c", id="/c")),
        ("type=cache", StepMountFlag("cache", id=".")),
        (
            "type=cache,id=k,target=/c,sharing=locked,mode=0700,uid=1,gid=2",
            StepMountFlag("cache", "/c", id="k", sharing="locked", mode=0o700, uid=1, gid=2),
        ),
        ("type=cache,target=/c,readonly", StepMountFlag("cache", "/c", id="/c", readonly=True)),
        ("type=tmpfs,target=/t,size=1.5k", StepMountFlag("tmpfs", "/t", size=1536)),
        ("type=secret,id=s,required,env=S", StepMountFlag("secret", id="s", required=True, env="S")),
        ("type=ssh,required=true", StepMountFlag("ssh", required=True)),
        ('type=bind,"target=/a,b"', StepMountFlag("bind", "/a,b", readonly=True)),
        ("TYPE=bind,Target=/x", StepMountFlag("bind", "/x", readonly=True)),
        ("target=/x,dst=/y", StepMountFlag("bind", "/y", readonly=True)),
    ],
)
def test_a_mount_is_read(text: str, mount: StepMountFlag) -> None:
    assert parse_mount(text) == mount


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type=odd", 'unsupported mount type "odd"'),
        ("type=bnd", 'unsupported mount type "bnd" (did you mean bind?)'),
        ("tarket=/x", "unexpected key 'tarket' in 'tarket=/x' (did you mean target?)"),
        ("target", "invalid field 'target' must be a key=value pair"),
        ("readonly=maybe", "invalid value for readonly: maybe"),
        ("required=", "invalid value for required: "),
        ("type=cache,sharing=mine", 'unsupported sharing value "mine"'),
        ("type=cache,mode=9", "invalid value 9 for mode"),
        ("type=cache,uid=-1", "invalid value -1 for uid"),
        ("type=cache,gid=4294967296", "invalid value 4294967296 for gid"),
        ("type=secret", "invalid mount: a secret needs an id or a target"),
        ("type=tmpfs,from=a", "unexpected key 'from' for mount type 'tmpfs'"),
        ('type=bind,"target=/x', 'invalid mount: no list of fields divided by commas: type=bind,"target=/x'),
        ("source=" + "a" * 140_000, "invalid mount: no list of fields divided by commas: source=aaa"),
    ],
)
def test_a_mistake_is_told(text: str, message: str) -> None:
    with pytest.raises(DockerfileError) as refused:
        parse_mount(text)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("7", 7), ("1k", 1024), ("2 MB", 2 << 20), ("1GiB", 1 << 30), ("1t", 1 << 40), (" 3b ", 3)]
)
def test_a_size_has_a_unit(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "-1", "x", "1p", "1.k", "٣", "9" * 400, "9223372036854775808"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(DockerfileError, match="invalid value for size"):
        parse_size(text)
