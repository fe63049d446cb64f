"""Each instruction read, and refused."""

import pytest

from plugins.builder_dockerfile.language.instructions import (
    Arg,
    Body,
    Cmd,
    Command,
    Copy,
    Env,
    From,
    Healthcheck,
    Onbuild,
    Run,
    Volume,
)
from plugins.builder_dockerfile.language.reading import read_dockerfile, read_trigger
from sdk.errors import BuildFailed

LONG = "9" * 5000
"""More digits than Python reads as a number by default."""


def read(line: str) -> Body:
    return read_dockerfile(f"FROM base\n{line}\n").instructions[1].body


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("FORM x", r"unknown instruction: FORM \(did you mean FROM\?\)"),
        ("FROM", "FROM requires either one or three arguments"),
        ("FROM a b", "FROM requires either one or three arguments"),
        ("FROM a AS 1st", "invalid name for build stage"),
        ("RUN", "RUN requires at least one argument"),
        ("RUN --mont=type=tmpfs x", r"unknown flag: --mont \(did you mean mount\?\)"),
        ("RUN --mount=type=tmpf,target=/x x", r'unsupported mount type "tmpf" \(did you mean tmpfs\?\)'),
        ("WORKDIR", "WORKDIR requires exactly one argument"),
        ("RUN --mount=type=secret x", "a secret needs an id"),
        ("RUN --mount=type=cache,target=/x,sharing=no x", "unsupported sharing value"),
        ("RUN --mount=type=tmpfs,target=/x,from=y x", "unexpected key 'from'"),
        ("RUN --mount=target=/x,size=big x", "invalid value for size"),
        ("RUN --mount=target=/x,type=tmpfs,size=9999999999999g x", "invalid value for size"),
        (f"RUN --mount=target=/x,type=tmpfs,size={LONG} x", "invalid value for size"),
        ("RUN --mount=type=cache,target=/x,uid=4294967296 x", "invalid value 4294967296 for uid"),
        ("RUN --mount=type=cache,target=/x,uid=-1 x", "invalid value -1 for uid"),
        ("RUN --mount=type=cache,target=/x,gid=1_000 x", "invalid value 1_000 for gid"),
        (f"RUN --mount=type=cache,target=/x,gid={LONG} x", f"invalid value {LONG} for gid"),
        ("RUN --mount=type=cache,target=/x,mode=0o700 x", "invalid value 0o700 for mode"),
        ("RUN --network=some x", "invalid network mode"),
        ("RUN --security=insecure x", "security mode insecure is not allowed"),
        ("COPY a", "COPY requires at least two arguments, but only one was"),
        ("COPY --link=maybe a b", "expecting boolean value for flag link"),
        ("COPY --chown=1 --chown=2 a b", "duplicate flag specified: chown"),
        ("COPY --from a b", "missing a value on flag: from"),
        ("COPY --checksum=sha256:00 a b", "unknown flag: --checksum"),
        ("ADD --from=x a b", "unknown flag: --from"),
        ("ENV a", "ENV must have two arguments"),
        ("ENV a=b c", "can't find = in"),
        ("LABEL =x", "LABEL names can not be blank"),
        ("ARG =x", "ARG names can not be blank"),
        ("SHELL bash", "SHELL requires the arguments to be in JSON form"),
        ('VOLUME ["a", ""]', "VOLUME specified can not be an empty string"),
        ("VOLUME []", "VOLUME requires at least one argument"),
        ("SHELL []", "SHELL requires at least one argument"),
        ("COPY []", "COPY requires at least two arguments, but no arguments were"),
        ('ADD ["a"]', "ADD requires at least two arguments, but only one was"),
        ("HEALTHCHECK CMD []", "Missing command after HEALTHCHECK CMD"),
        ("HEALTHCHECK", "HEALTHCHECK requires at least one argument"),
        ("HEALTHCHECK RUN x", 'Unknown type "RUN" in HEALTHCHECK'),
        ("HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"),
        ("HEALTHCHECK --interval=1x CMD a", 'time: unknown unit "x" in duration "1x"'),
        ("HEALTHCHECK --interval=1us CMD a", "cannot be less than 1ms"),
        (f"HEALTHCHECK --interval={LONG}h CMD a", "invalid duration"),
        ("HEALTHCHECK --timeout=2562048h CMD a", "invalid duration"),
        ("HEALTHCHECK --retries=-1 CMD a", 'parsing "-1": invalid syntax'),
        ("HEALTHCHECK --retries=² CMD a", 'parsing "²": invalid syntax'),
        ("HEALTHCHECK --retries=2147483648 CMD a", 'parsing "2147483648": value out of range'),
        (f"HEALTHCHECK --retries={LONG} CMD a", "value out of range"),
        ("ONBUILD ONBUILD RUN x", "Chaining ONBUILD"),
        ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ("ONBUILD RUN --mount=type=no x", "unsupported mount type"),
        ("EXPOSE", "EXPOSE requires at least one argument"),
    ],
)
def test_a_mistake_names_its_line(line: str, message: str) -> None:
    with pytest.raises(BuildFailed, match=f"dockerfile parse error on line 2: .*{message}") as caught:
        read(line)
    assert caught.value.line == 2


@pytest.mark.parametrize("text", ["RUN x\nFROM a\n", "ARG a\n"])
def test_nothing_but_arguments_stands_before_the_first_stage(text: str) -> None:
    with pytest.raises(BuildFailed, match="no build stage in current context"):
        read_dockerfile(text)


def test_arguments_before_the_first_stage_stand_apart() -> None:
    dockerfile = read_dockerfile("ARG a=1 b\nFROM --platform=$X base:$a as Final\n")
    assert dockerfile.arguments[0].body == Arg((("a", "1"), ("b", None)))
    assert dockerfile.instructions[0].body == From("base:$a", "final", "$X")


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ('cmd ["a", "b c"]', Cmd(Command(("a", "b c"), shell=False))),
        ("CMD ['a']", Cmd(Command(("['a']",), shell=True))),
        ("ENV a b c", Env((("a", "b c"),))),
        ("ENV a=b\\ c d='e f'", Env((("a", "b\\ c"), ("d", "'e f'")))),
        ('VOLUME ["/a b"]', Volume(("/a b",))),
        ("VOLUME /a /b", Volume(("/a", "/b"))),
        ("ONBUILD  COPY . /x", Onbuild("COPY . /x")),
        ("ONBUILD /usr/local/bin/build --dir /src", Onbuild("/usr/local/bin/build --dir /src")),
        ('COPY ["a b", "c/"]', Copy(("a b",), "c/")),
        ("COPY --from=x --link --exclude=*.a --exclude=*.b a b", Copy(("a",), "b", from_="x", link=True, exclude=("*.a", "*.b"))),
        ("ADD --unpack=false --keep-git-dir a b", Copy(("a",), "b", add=True, unpack=False, keep_git_dir=True)),
        ("RUN --network=none x", Run(Command(("x",), shell=True), network="none")),
    ],
)
def test_an_instruction(line: str, body: Body) -> None:
    assert read(line) == body


def test_mounts_have_their_own_defaults() -> None:
    body = read("RUN --mount=target=/a --mount=type=cache,dst=/c,mode=700,uid=1,ro --mount=type=secret,id=s,env=S x")
    assert isinstance(body, Run)
    bind, cache, secret = body.mounts
    assert (bind.type, bind.readonly) == ("bind", True)
    assert (cache.id, cache.mode, cache.uid, cache.readonly, cache.sharing) == ("/c", 0o700, 1, True, "shared")
    assert (secret.id, secret.env, secret.target) == ("s", "S", "")


def test_a_healthcheck_counts_in_nanoseconds() -> None:
    body = read("HEALTHCHECK --interval=1m30s --timeout=1.5s --retries=3 CMD a b")
    assert isinstance(body, Healthcheck)
    config = body.config
    assert (config.test, config.interval, config.timeout, config.retries) == (("CMD-SHELL", "a b"), 90 * 10**9, 1_500_000_000, 3)


def test_a_trigger_keeps_its_heredoc() -> None:
    body = read("ONBUILD RUN <<EOF\necho $x\nEOF")
    assert isinstance(body, Onbuild)
    trigger = read_trigger(body.text).body
    assert isinstance(trigger, Run)
    assert trigger.command.heredocs[0].content == "echo $x\n"


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ('["\\ud83d\\ude00"]', ("\U0001f600",)),
        ('["\\ud83d"]', ("\ufffd",)),
        ('["a\udce9"]', ("a\ufffd",)),
        ("[" * 100_000, None),
        ('["a", 1]', None),
        ('{"a": 1}', None),
        ('["a"] b', None),
    ],
)
def test_the_json_form_is_a_list_of_texts_and_anything_else_the_shell_form(argument: str, words: tuple[str, ...] | None) -> None:
    body = read(f"RUN {argument}")
    assert isinstance(body, Run)
    assert body.command.words == (words or (argument,))
    assert body.command.shell is (words is None)
