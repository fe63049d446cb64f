"""Dockerfiles that are wrong, one for each class of mistake, and what the message must name."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Broken:
    """`says` are words of the message. `tolerated` says that buildah 1.28 builds it, or does not look."""

    name: str
    dockerfile: str
    says: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    tolerated: bool = False


BROKEN = (
    Broken("unknown_instruction", "FROM debian:bookworm\nRUNN true\n", ("unknown instruction", "RUNN")),
    Broken("nothing", "# nothing but this\n", ("file with no instructions",)),
    Broken("no_from", "RUN true\n", ("no build stage in current context",)),
    Broken("missing_argument", "FROM debian:bookworm\nWORKDIR\n", ("WORKDIR requires exactly one argument",)),
    Broken("unknown_flag", "FROM debian:bookworm\nCOPY --color=red a b\n", ("color",), {"a": ""}),
    Broken("bad_env", "FROM debian:bookworm\nENV ONE=1 two\n", ("Syntax error - can't find = in",)),
    Broken("bad_directive_quotes", 'FROM debian:bookworm\nLABEL a="open\n', ("unexpected end of statement",), tolerated=True),
    Broken("unterminated_heredoc", "FROM debian:bookworm\nRUN <<END\ntrue\n", ("unterminated heredoc",), tolerated=True),
    Broken("blank_base", "ARG BASE\nFROM $BASE\n", ("base name", "should not be blank")),
    Broken("unknown_image", "FROM no-such-image:7\n", ("no-such-image:7",)),
    Broken("unreachable_registry", "FROM 127.0.0.1:9/app:1\n", ("127.0.0.1:9/app:1", "refused")),
    Broken("unknown_stage", "FROM debian:bookworm\nCOPY --from=nobody /a /b\n", ("nobody",)),
    Broken("unknown_target", "FROM debian:bookworm AS one\n", ("two",), flags=("--target=two",)),
    Broken("missing_source", "FROM debian:bookworm\nCOPY absent /b\n", ("absent", "not found")),
    Broken("ignored_source", "FROM debian:bookworm\nCOPY a /b\n", ("a", "not found"), {"a": "", ".dockerignore": "a\n"}),
    Broken(
        "many_sources_to_a_file",
        "FROM debian:bookworm\nCOPY a b /file\n",
        ("must be a directory and end with a /",),
        {"a": "", "b": ""},
        tolerated=True,
    ),
    Broken("failing_command", "FROM debian:bookworm\nRUN exit 7\n", ("exit 7", "7")),
    Broken("missing_program", 'FROM debian:bookworm\nRUN ["/no/such/program"]\n', ("/no/such/program",)),
    Broken("unknown_user", "FROM debian:bookworm\nUSER stranger\nRUN true\n", ("stranger",)),
    Broken("unknown_owner", "FROM debian:bookworm\nCOPY --chown=stranger a /b\n", ("stranger",), {"a": ""}),
    Broken("bad_mode", "FROM debian:bookworm\nCOPY --chmod=9999 a /b\n", ("chmod", "9999"), {"a": ""}),
    Broken("bad_port", "FROM debian:bookworm\nEXPOSE http\n", ("http",), tolerated=True),
    Broken("bad_signal", "FROM debian:bookworm\nSTOPSIGNAL SIGNOTHING\n", ("SIGNOTHING",), tolerated=True),
    Broken("bad_health_interval", "FROM debian:bookworm\nHEALTHCHECK --interval=soon CMD true\n", ("soon",)),
    Broken("bad_platform", "FROM --platform=plan9/vax/one/two debian:bookworm\n", ("plan9",)),
    Broken("onbuild_from", "FROM debian:bookworm\nONBUILD FROM debian:bookworm\n", ("ONBUILD", "FROM"), tolerated=True),
    Broken("required_secret", "FROM debian:bookworm\nRUN --mount=type=secret,id=k,required=true true\n", ("k",)),
    Broken("bad_mount", "FROM debian:bookworm\nRUN --mount=type=wormhole,target=/x true\n", ("wormhole",)),
    Broken("bad_url", "FROM debian:bookworm\nADD http://127.0.0.1:8123/absent /x\n", ("127.0.0.1:8123/absent", "404")),
    Broken(
        "wrong_checksum",
        f"FROM debian:bookworm\nADD --checksum=sha256:{'0' * 64} http://127.0.0.1:8123/file.txt /x\n",
        ("digest mismatch",),
    ),
    Broken("directory_over_file", "FROM debian:bookworm\nCOPY a /etc/passwd/x\n", ("passwd",), {"a": ""}),
    Broken(
        "required_variable",
        'FROM debian:bookworm\nRUN true\nLABEL x="${NEEDED:?must be given}"\n',
        ("must be given",),
        tolerated=True,
    ),
)
