"""A registry that means harm: whatever it is asked, it answers one way or the other that should stop, fill or mislead a client.

An image is named `ADDRESS:PORT/PLACE/VICE`: the place says which of its replies is bad, the vice how, and each has an address of its own in
127.0.0.0/8, for clients remember how a host behaves. Run as a program with the port to listen on.
"""

import asyncio
import contextlib
import json
import sys
import tarfile
import zlib
from collections.abc import Awaitable, Callable, Iterator
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

PLACES = (
    "probe",
    "manifest",
    "index",
    "config",
    "layer",
    "token",
    "realm",
    "tags",
    "error",
    "head",
    "mount",
    "patch",
    "finish",
    "name",
)
VICES = ("bomb", "endless", "drip", "short", "long", "loop", "deep", "escapes", "crlf", "scheme", "address")
_VICES_OF = {"name": ("scheme",), "realm": ("scheme", "address", "crlf", "escapes", "short"), "head": ("drip", "endless")}

_TYPES = {
    "manifest": "application/vnd.oci.image.manifest.v1+json",
    "index": "application/vnd.oci.image.index.v1+json",
    "config": "application/vnd.oci.image.config.v1+json",
    "layer": "application/vnd.oci.image.layer.v1.tar",
}
_REALMS = {"scheme": "ftp://127.0.0.1/token", "address": "http://[::1/token", "crlf": "http://a b/", "escapes": "\x01\x7f"}
_TOKENS = {"crlf": "a\r\nX: y", "escapes": "\x1b[2J", "address": "tökén", "scheme": "a b"}
_DRIP_SECONDS = 0.2
_MEBIBYTE = 1 << 20


def _digest(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


def _tar(name: str) -> bytes:
    return tarfile.TarInfo(name).tobuf() + bytes(1024)


def _encode(document: object) -> bytes:
    return json.dumps(document).encode()


class Reply:
    """One connection's answer, written by hand: nothing here is kept from lying."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def send(self, status: str, body: bytes = b"", **headers: str) -> None:
        await self.raw(status, body, Content_Length=str(len(body)), **headers)

    async def raw(self, status: str, body: bytes = b"", **headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
        await self.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    # Vices -----------------------------------------------------------------------------------------------------------

    async def bomb(self, **headers: str) -> None:
        """An endless body that unpacks to a thousand times itself."""
        packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        await self.raw("200 OK", Content_Encoding="gzip", Connection="close", **headers)
        await self.write(packer.compress(b'{"token":"') + packer.flush(zlib.Z_FULL_FLUSH))
        piece = packer.compress(b"a" * _MEBIBYTE) + packer.flush(zlib.Z_FULL_FLUSH)
        while True:
            await self.write(piece)

    async def endless(self, **headers: str) -> None:
        await self.raw("200 OK", b'{"token":"', Connection="close", **headers)
        piece = b"a" * _MEBIBYTE
        while True:
            await self.write(piece)

    async def drip(self, **headers: str) -> None:
        """A head at once, and then a byte now and then, for ever."""
        await self.raw("200 OK", Connection="close", **headers)
        await self._drip()

    async def slow_head(self) -> None:
        await self.write(b"HTTP/1.1 200 OK\r\nX: ")
        await self._drip()

    async def _drip(self) -> None:
        while True:
            await self.write(b"a")
            await asyncio.sleep(_DRIP_SECONDS)

    async def endless_head(self) -> None:
        while True:
            await self.write(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" * 100)

    async def short(self, **headers: str) -> None:
        """Less than it announces."""
        await self.raw("200 OK", b'{"token":"a"}', Content_Length="1000000", **headers)

    async def long(self, body: bytes, **headers: str) -> None:
        """More than it announces."""
        await self.raw(
            "200 OK", body + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Content_Length=str(len(body) // 2), **headers
        )

    async def loop(self, path: str) -> None:
        await self.send("307 Temporary Redirect", Location=path)

    async def deep(self, **headers: str) -> None:
        await self.send("200 OK", b'{"a":' + b"[" * _MEBIBYTE, **headers)

    async def escapes(self, **headers: str) -> None:
        text = "\x1b]0;owned\x07\x1b[2J\u202e\x9b31m\r\n" * 50
        await self.send("404 Not Found", _encode({"errors": [{"code": text, "message": text}]}), **headers)

    async def elsewhere(self, location: str) -> None:
        await self.send("307 Temporary Redirect", Location=location)


class Image:
    """What the repository PLACE/VICE would hold if it were honest."""

    def __init__(self, place: str, vice: str) -> None:
        self.layer = _tar(f"{place}-{vice}")
        self.config = _encode(
            {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [_digest(self.layer)]}}
        )
        size = 1 << 50 if vice in ("endless", "bomb") else None
        config = self._descriptor("config", self.config, size if place == "config" else None)
        layer = self._descriptor("layer", self.layer, 1 << 50 if vice == "drip" and place == "layer" else None)
        self.manifest = _encode({"schemaVersion": 2, "mediaType": _TYPES["manifest"], "config": config, "layers": [layer]})
        entry = {**self._descriptor("manifest", self.manifest), "platform": {"os": "linux", "architecture": "amd64"}}
        if place == "name":
            entry["digest"] = f"sha256:{'../' * 12}dev/zero"
        self.index = _encode({"schemaVersion": 2, "mediaType": _TYPES["index"], "manifests": [entry]})

    @staticmethod
    def _descriptor(kind: str, content: bytes, size: int | None = None) -> dict[str, object]:
        return {"mediaType": _TYPES[kind], "digest": _digest(content), "size": len(content) if size is None else size}


class HostileRegistry:
    """Answers one connection after the other."""

    def __init__(self) -> None:
        self._greeted: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first = await reader.readexactly(1)
        if first == b"\x16":
            return False  # no TLS here
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _version = head.split("\r\n", 1)[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        await reader.readexactly(int(headers.get("content-length", "0")))
        reply = Reply(writer)
        await self._answer(reply, method, target, headers, "http://" + headers["host"])
        return False

    async def _answer(self, reply: Reply, method: str, target: str, headers: dict[str, str], here: str) -> None:
        path = urlsplit(target).path
        if path == "/v2/":
            await self._greet(reply, target, headers, here)
        elif path == "/token":
            vice = parse_qs(urlsplit(target).query)["service"][0]
            await self._token(reply, vice, target)
        else:
            await self._repository(reply, method, target, headers, here)

    async def _greet(self, reply: Reply, target: str, headers: dict[str, str], here: str) -> None:
        """Answer the first request to a registry, which a login repeats."""
        place, vice = _at(here)
        if place == "probe":
            await self._vice(reply, vice, target, b"{}")
        elif place == "head" and headers.get("authorization") is None and self._greeted.count(here) > 0:
            await (reply.slow_head() if vice == "drip" else reply.endless_head())
        elif place in ("token", "realm") and headers.get("authorization") is None:
            await self._challenge(reply, place, vice, here)
        else:
            await reply.send("200 OK", b"{}")
        self._greeted.append(here)

    async def _challenge(self, reply: Reply, place: str, vice: str, here: str) -> None:
        realm = _REALMS.get(vice, "") if place == "realm" else f"{here}/token"
        await reply.send("401 Unauthorized", WWW_Authenticate=f'Bearer realm="{realm}",service="{vice}"')

    async def _token(self, reply: Reply, vice: str, target: str) -> None:
        if vice in _TOKENS:
            await reply.send("200 OK", _encode({"token": _TOKENS[vice]}))
        elif vice == "good":
            await reply.send("200 OK", b'{"token":"good"}')
        else:
            await self._vice(reply, vice, target, b'{"token":"good"}')

    async def _repository(self, reply: Reply, method: str, target: str, headers: dict[str, str], here: str) -> None:
        _, _, place, vice, kind, rest = urlsplit(target).path.split("/", 5)
        if place in ("token", "realm") and headers.get("authorization") is None:
            await self._challenge(reply, place, vice, here)
        elif place == "head":
            await (reply.slow_head() if vice == "drip" else reply.endless_head())
        elif method in ("POST", "PUT", "PATCH", "HEAD"):
            await self._upload(reply, method, place, vice, target, here)
        else:
            await self._content(reply, Image(place, vice), place, vice, kind, rest, target)

    async def _upload(self, reply: Reply, method: str, place: str, vice: str, target: str, here: str) -> None:
        bad = {"POST": "mount", "PATCH": "patch", "PUT": "finish"}.get(method)
        if bad == place:
            await self._vice(reply, vice, target, b"{}", ok="202 Accepted")
        elif method == "HEAD":
            await reply.send("404 Not Found")
        else:
            status = "201 Created" if method == "PUT" else "202 Accepted"
            await reply.send(status, Location=f"{here}/v2/{place}/{vice}/blobs/uploads/1", Range="0-0")

    async def _content(self, reply: Reply, image: Image, place: str, vice: str, kind: str, rest: str, target: str) -> None:
        if kind == "tags":
            if place == "tags" and vice not in ("crlf", "loop"):
                await self._vice(reply, vice, target, b'{"tags":["a"]}')
            names = ["../../x", "a\r\nb", "x" * 200] if vice == "crlf" else ["latest"]
            more = {"Link": f'<{target}>; rel="next"'} if vice == "loop" else {}
            await reply.send("200 OK", _encode({"tags": names}), **more)
            return
        what, body = self._wanted(image, place, kind, rest)
        if place == "error":
            await self._vice(reply, vice, target, body, ok="404 Not Found")
        elif place == what:
            await self._vice(reply, vice, target, body, Content_Type=_TYPES[what])
        else:
            await reply.send("200 OK", body, Content_Type=_TYPES[what])

    @staticmethod
    def _wanted(image: Image, place: str, kind: str, rest: str) -> tuple[str, bytes]:
        """Return what was asked for, and the honest answer."""
        if kind == "manifests":
            return ("manifest", image.manifest) if ":" in rest or place not in ("index", "name") else ("index", image.index)
        return ("config", image.config) if rest == _digest(image.config) else ("layer", image.layer)

    async def _vice(self, reply: Reply, vice: str, target: str, body: bytes, ok: str = "200 OK", **headers: str) -> None:
        if vice in ("bomb", "endless", "drip", "deep", "escapes"):
            await _vices(reply)[vice](**headers)
        elif vice == "short":
            await reply.short(**headers)
        elif vice == "long":
            await reply.long(body, **headers)
        elif vice == "loop":
            await reply.loop(target)
        else:
            location = {"crlf": "http://a\x01b/", "scheme": "file:///etc/passwd", "address": f"http://{'a' * 70}.test:99999/"}[vice]
            await (reply.elsewhere(location) if ok == "200 OK" else reply.send(ok, Location=location))


def _vices(reply: Reply) -> dict[str, Callable[..., Awaitable[None]]]:
    return {"bomb": reply.bomb, "endless": reply.endless, "drip": reply.drip, "deep": reply.deep, "escapes": reply.escapes}


def repositories(port: int) -> Iterator[tuple[str, str]]:
    """Yield every place with every vice: the place, and the repository's name."""
    for number, place in enumerate(PLACES, 1):
        for low, vice in enumerate(VICES, 1):
            if vice not in _VICES_OF.get(place, VICES):
                continue
            yield place, f"127.0.{number}.{low}:{port}/{place}/{vice}"


def _at(here: str) -> tuple[str, str]:
    """Return the place and the vice of an address."""
    _, _, number, low = here.removeprefix("http://").partition(":")[0].split(".")
    return PLACES[int(number) - 1], VICES[int(low) - 1]


async def main(port: int) -> None:
    """Listen until killed; say so once the port is open."""
    server = await asyncio.start_server(HostileRegistry().serve, "0.0.0.0", port, limit=1 << 20)
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
