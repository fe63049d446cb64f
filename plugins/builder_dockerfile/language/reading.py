"""From statements to typed instructions, one function per form of argument."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from plugins.builder_dockerfile.language.durations import parse_duration
from plugins.builder_dockerfile.language.errors import DockerfileError, located, suggestion
from plugins.builder_dockerfile.language.flags import Flags, read_flags
from plugins.builder_dockerfile.language.instructions import (
    Arg,
    Body,
    Cmd,
    Command,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Instruction,
    Label,
    Maintainer,
    Onbuild,
    Pair,
    Run,
    Shell,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from plugins.builder_dockerfile.language.mountflags import parse_mount
from plugins.builder_dockerfile.language.numbers import whole_number
from plugins.builder_dockerfile.language.shellwords import split_plain, split_raw
from plugins.builder_dockerfile.language.statements import Heredoc, Source, Statement, read_source, unicode_text
from sdk.oci.image import HealthcheckConfig

_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")
_COPY_FLAGS = ("chown", "chmod", "from", "link", "parents", "exclude")
_ADD_FLAGS = ("chown", "chmod", "link", "checksum", "keep-git-dir", "exclude", "unpack")
_NETWORKS = ("default", "none", "host")


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A whole file: the ARGs before the first FROM, and everything from there on."""

    arguments: tuple[Instruction, ...]
    instructions: tuple[Instruction, ...]
    escape: str
    directives: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One statement being read."""

    statement: Statement
    escape: str

    @property
    def rest(self) -> str:
        return self.statement.rest

    @property
    def keyword(self) -> str:
        return self.statement.keyword

    def flags(self, *known: str, repeated: tuple[str, ...] = (), switches: tuple[str, ...] = ()) -> Flags:
        return read_flags(self.rest, self.escape, known, repeated, switches)

    def no_flags(self) -> str:
        rest = self.flags().rest
        if not rest:
            raise DockerfileError(f"{self.keyword} requires at least one argument")
        return rest


def read_dockerfile(text: str, file: str = "Dockerfile") -> Dockerfile:
    """Read a Dockerfile. Raises BuildFailed that names the line and the instruction."""
    source = read_source(text, file)
    instructions = [_located(statement, source, file) for statement in source.statements]
    first = next((number for number, each in enumerate(instructions) if isinstance(each.body, From)), len(instructions))
    for instruction in instructions[:first]:
        if not isinstance(instruction.body, Arg):
            raise located(DockerfileError("no build stage in current context"), instruction.line, file)
    if first == len(instructions):
        raise located(DockerfileError("no build stage in current context"), instructions[0].line, file)
    return Dockerfile(tuple(instructions[:first]), tuple(instructions[first:]), source.escape, source.directives)


def read_trigger(text: str, escape: str = "\\") -> Instruction:
    """Read an ONBUILD trigger that an image kept. Raises BuildFailed."""
    source = read_source(text, "ONBUILD")
    return _located(source.statements[0], Source(source.statements, escape), "ONBUILD")


def _located(statement: Statement, source: Source, file: str) -> Instruction:
    try:
        return Instruction(read_body(statement, source.escape), statement.text, statement.line, statement.end_line)
    except DockerfileError as error:
        raise located(error, statement.line, file) from error


def read_body(statement: Statement, escape: str) -> Body:
    """Read one statement. Raises DockerfileError."""
    read = _READERS.get(statement.keyword)
    if read is None:
        raise DockerfileError(f"unknown instruction: {statement.keyword}{suggestion(statement.keyword, _READERS)}")
    return read(_Reading(statement, escape))


def _from(reading: _Reading) -> From:
    flags = reading.flags("platform")
    words = split_plain(flags.rest)
    if len(words) == 3 and words[1].upper() == "AS":
        name = words[2].lower()
        if not _STAGE_NAME.fullmatch(name):
            raise DockerfileError(f'invalid name for build stage: "{words[2]}", name can\'t start with a number or contain symbols')
        return From(words[0], name, flags.text("platform"))
    if len(words) != 1:
        raise DockerfileError("FROM requires either one or three arguments")
    return From(words[0], "", flags.text("platform"))


def _arg(reading: _Reading) -> Arg:
    arguments: list[tuple[str, str | None]] = []
    for word in split_raw(reading.no_flags(), reading.escape):
        name, equals, value = word.partition("=")
        if not name:
            raise DockerfileError("ARG names can not be blank")
        arguments.append((name, value if equals else None))
    return Arg(tuple(arguments))


def _pairs(reading: _Reading) -> tuple[Pair, ...]:
    rest = reading.no_flags()
    words = split_raw(rest, reading.escape)
    if "=" not in words[0]:
        value = rest[len(words[0]) :].strip()
        if not value:
            raise DockerfileError(f"{reading.keyword} must have two arguments")
        return ((words[0], value),)
    pairs: list[Pair] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise DockerfileError(f'Syntax error - can\'t find = in "{word}". Must be of the form: name=value')
        if not name:
            raise DockerfileError(f"{reading.keyword} names can not be blank")
        pairs.append((name, value))
    return tuple(pairs)


def json_words(rest: str) -> tuple[str, ...] | None:
    """Return the words of the JSON form; None if this is none, which makes it the shell form."""
    if not rest.startswith("["):
        return None
    try:
        words = json.loads(rest)
    except (ValueError, RecursionError):
        return None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return None
    return tuple(map(unicode_text, words))


def words_of(rest: str, escape: str) -> tuple[str, ...]:
    """Return the words of the JSON form, of which there may be none, or those of the plain form."""
    words = json_words(rest)
    return tuple(split_raw(rest, escape)) if words is None else words


def _command(rest: str, heredocs: tuple[Heredoc, ...] = ()) -> Command:
    words = json_words(rest)
    return Command((rest,), shell=True, heredocs=heredocs) if words is None else Command(words, shell=False)


def _run(reading: _Reading) -> Run:
    flags = reading.flags("mount", "network", "security", "device", repeated=("mount", "device"))
    if not flags.rest:
        raise DockerfileError("RUN requires at least one argument")
    network, security = flags.text("network"), flags.text("security")
    if network and network not in _NETWORKS:
        raise DockerfileError(f'invalid network mode: "{network}"{suggestion(network, _NETWORKS)}')
    if security not in ("", "sandbox"):
        raise DockerfileError(f"security mode {security} is not allowed: this engine grants no entitlement security.insecure")
    if flags.text("device"):
        raise DockerfileError("devices are not supported by this engine's builder")
    mounts = tuple(parse_mount(text) for text in flags.values.get("mount", ()))
    return Run(_command(flags.rest, reading.statement.heredocs), mounts, network)


def _copy(reading: _Reading) -> Copy:
    known = _ADD_FLAGS if reading.keyword == "ADD" else _COPY_FLAGS
    flags = reading.flags(*known, repeated=("exclude",), switches=("link", "parents", "keep-git-dir", "unpack"))
    words = words_of(flags.rest, reading.escape)
    if len(words) < 2:
        count = "no arguments were" if not words else "only one was"
        raise DockerfileError(
            f"{reading.keyword} requires at least two arguments, but {count} provided. Destination could not be determined"
        )
    heredocs = reading.statement.heredocs
    sources = tuple(word for word in words[:-1] if not (heredocs and "<<" in word))
    return Copy(
        sources=sources,
        destination=words[-1],
        heredocs=heredocs,
        add=reading.keyword == "ADD",
        from_=flags.text("from"),
        chown=flags.text("chown"),
        chmod=flags.text("chmod"),
        link=bool(flags.switch("link")),
        parents=bool(flags.switch("parents")),
        exclude=tuple(flags.values.get("exclude", ())),
        checksum=flags.text("checksum"),
        keep_git_dir=bool(flags.switch("keep-git-dir")),
        unpack=flags.switch("unpack"),
    )


def _shell(reading: _Reading) -> Shell:
    words = json_words(reading.no_flags())
    if words is None:
        raise DockerfileError("SHELL requires the arguments to be in JSON form")
    if not words:
        raise DockerfileError("SHELL requires at least one argument")
    return Shell(words)


def _volume(reading: _Reading) -> Volume:
    paths = words_of(reading.no_flags(), reading.escape)
    if not paths:
        raise DockerfileError("VOLUME requires at least one argument")
    if not all(path.strip() for path in paths):
        raise DockerfileError("VOLUME specified can not be an empty string")
    return Volume(paths)


def _one(reading: _Reading) -> str:
    """Return the only argument; a directory's name may have spaces in it."""
    rest = reading.flags().rest
    if not rest or (reading.keyword != "WORKDIR" and len(split_raw(rest, reading.escape)) != 1):
        raise DockerfileError(f"{reading.keyword} requires exactly one argument")
    return rest


def _healthcheck(reading: _Reading) -> Healthcheck:
    flags = reading.flags("interval", "timeout", "start-period", "start-interval", "retries")
    kind, _, command = flags.rest.partition(" ")
    if kind.upper() == "NONE":
        if command.strip() or flags.values:
            raise DockerfileError("HEALTHCHECK NONE takes no arguments")
        return Healthcheck(HealthcheckConfig(test=("NONE",)))
    if kind.upper() != "CMD":
        raise DockerfileError(
            f'Unknown type "{kind}" in HEALTHCHECK (try CMD)' if kind else "HEALTHCHECK requires at least one argument"
        )
    if not command.strip():
        raise DockerfileError("Missing command after HEALTHCHECK CMD")
    parsed = _command(command.strip())
    if not parsed.words:
        raise DockerfileError("Missing command after HEALTHCHECK CMD")
    return Healthcheck(
        HealthcheckConfig(
            test=("CMD-SHELL" if parsed.shell else "CMD", *parsed.words),
            interval=parse_duration("interval", flags.text("interval")),
            timeout=parse_duration("timeout", flags.text("timeout")),
            start_period=parse_duration("start-period", flags.text("start-period")),
            start_interval=parse_duration("start-interval", flags.text("start-interval")),
            retries=_retries(flags.text("retries")),
        )
    )


def _retries(text: str) -> int:
    if not text:
        return 0
    number = whole_number(text, bits=32)
    if number is None or number < 0:
        fault = "value out of range" if text.isascii() and text.isdigit() else "invalid syntax"
        raise DockerfileError(f'strconv.ParseInt: parsing "{text}": {fault}')
    return number


def _onbuild(reading: _Reading) -> Onbuild:
    rest = reading.rest
    keyword = rest.partition(" ")[0].upper()
    if not keyword:
        raise DockerfileError("ONBUILD requires at least one argument")
    if keyword == "ONBUILD":
        raise DockerfileError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if keyword in ("FROM", "MAINTAINER"):
        raise DockerfileError(f"{keyword} isn't allowed as an ONBUILD trigger")
    statement = Statement(keyword, rest.partition(" ")[2].strip(), reading.statement.line, 0, reading.statement.heredocs)
    if keyword in _READERS:  # as in Docker, another word is a mistake only when the trigger runs
        read_body(statement, reading.escape)
    bodies = "".join(f"\n{heredoc.content}{heredoc.name}" for heredoc in reading.statement.heredocs)
    return Onbuild(rest + unicode_text(bodies))


_READERS: dict[str, Callable[[_Reading], Body]] = {
    "FROM": _from,
    "RUN": _run,
    "CMD": lambda reading: Cmd(_command(reading.flags().rest)),
    "LABEL": lambda reading: Label(_pairs(reading)),
    "MAINTAINER": lambda reading: Maintainer(reading.no_flags()),
    "EXPOSE": lambda reading: Expose(reading.no_flags()),
    "ENV": lambda reading: Env(_pairs(reading)),
    "ADD": _copy,
    "COPY": _copy,
    "ENTRYPOINT": lambda reading: Entrypoint(_command(reading.flags().rest)),
    "VOLUME": _volume,
    "USER": lambda reading: User(_one(reading)),
    "WORKDIR": lambda reading: Workdir(_one(reading)),
    "ARG": _arg,
    "ONBUILD": _onbuild,
    "STOPSIGNAL": lambda reading: StopSignal(_one(reading)),
    "HEALTHCHECK": _healthcheck,
    "SHELL": _shell,
}
