"""Archives for builds, loads, imports and copies: right ones, broken ones, and ones with names and members that should not be there."""

import gzip
import io
import json
import random
import tarfile

from tests.fuzz.api.values import ODD

_KINDS = (
    tarfile.REGTYPE,
    tarfile.REGTYPE,
    tarfile.REGTYPE,
    tarfile.DIRTYPE,
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.FIFOTYPE,
    tarfile.CHRTYPE,
)
_NAMES = (
    "Dockerfile",
    ".dockerignore",
    "a",
    "d/f",
    "../x",
    "/abs",
    "manifest.json",
    "index.json",
    "oci-layout",
    "repositories",
    "x/json",
)
_LINES = (
    "FROM busybox", "FROM scratch", "FROM nosuch", "FROM busybox AS x", "FROM", "RUN true", "RUN []", "COPY a /a", "COPY . /", "ADD a d/ /x/",
    "COPY --from=x /a /b", "COPY --from=nosuch / /", "ENV A=b", "ENV", "ARG X=$X", "LABEL =", "WORKDIR ..", "USER \0", "EXPOSE 99999",
    "VOLUME /etc/passwd", "STOPSIGNAL nosuch", "HEALTHCHECK --interval=x CMD true", "SHELL x", "ONBUILD RUN true", "COPY <<E /x\ny\nE", "# escape=`",
    "ADD http://127.0.0.1:1/x /x", "RUN --mount=type=bind true", "RUN --mount=type=zzz true", "CMD [\"a\"", "MAINTAINER", "\ufeffFROM busybox", "COPY [ /",
)  # fmt: skip


def archive(dice: random.Random) -> bytes:
    """Return an archive, or what begins as one."""
    content = dice.choice((_tar, _tar, _tar, lambda dice: dice.randbytes(dice.randrange(2000)), lambda _: b""))(dice)
    if dice.random() < 0.2:
        content = gzip.compress(content, 1)
    if dice.random() < 0.15:
        content = content[: dice.randrange(len(content) + 1)]
    for _ in range(dice.choice((0, 0, 0, 1, 5))):
        place = dice.randrange(max(1, len(content)))
        content = content[:place] + dice.randbytes(1) + content[place + 1 :]
    return content


def _tar(dice: random.Random) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=dice.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))) as tar:
        for _ in range(dice.randrange(6)):
            name = dice.choice(_NAMES) if dice.random() < 0.8 else dice.choice(ODD)
            entry = tarfile.TarInfo(name.replace("\0", "") or "x")
            entry.type = dice.choice(_KINDS) if dice.random() < 0.5 else tarfile.REGTYPE
            entry.linkname = dice.choice((*_NAMES, "..", "/", "/etc/passwd"))
            entry.mode = dice.choice((0o644, 0o755, 0o4777, 0))
            data = _content(dice, name)
            entry.size = len(data) if entry.type == tarfile.REGTYPE else 0
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _content(dice: random.Random, name: str) -> bytes:
    if name == "Dockerfile":
        lines = [dice.choice(_LINES) for _ in range(dice.randrange(5))]
        return "\n".join(["FROM busybox", *lines] if dice.random() < 0.7 else lines).encode()
    if name.endswith("json"):
        return json.dumps([{"Config": dice.choice((*_NAMES, 7)), "RepoTags": [dice.choice(ODD)], "Layers": ["d/f", "a"]}]).encode()
    return dice.choice(ODD).encode()
