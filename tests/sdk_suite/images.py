"""The images the suite names, made of Debian's busybox: their names are those of public images, their contents are ours."""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sdk.oci.image import ExecutionConfig
from sdk.testing.images import MadeImage, make_image, make_tar
from tests.busybox import busybox, busybox_layer, push

_GREETING = """\
#include <unistd.h>
int main(void) { static const char text[] = "Hello from Docker!\\n"; return write(1, text, sizeof text - 1) < 0; }
"""
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def push_all(address: str) -> None:
    """Push every image into a registry."""
    for name, image in _images().items():
        repository, tag = name.split(":")
        push(image, address, f"library/{repository}", tag)


def _images() -> Mapping[str, MadeImage]:
    alpine = ExecutionConfig(cmd=("/bin/sh",), env=(_PATH,))
    return {
        "busybox:latest": busybox(),
        "busybox:buildroot-2014.02": busybox(),
        "alpine:latest": make_image([_alpine_layer("3.20.0")], alpine),
        "alpine:3.10": make_image([_alpine_layer("3.10.9")], alpine),
        "hello-world:latest": make_image([_greeting_layer()], ExecutionConfig(cmd=("/hello",), env=(_PATH,))),
    }


def _alpine_layer(release: str) -> bytes:
    return busybox_layer(
        {
            "etc/alpine-release": release.encode() + b"\n",
            "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\npostgres:x:70:70::/var/lib/postgresql:/bin/sh\n",
            "etc/group": b"root:x:0:\npostgres:x:70:\n",
            "var/opt/.keep": b"",
        }
    )


def _greeting_layer() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory, "hello")
        command = ["gcc", "-Os", "-static", "-s", "-x", "c", "-o", program, "-"]
        subprocess.run(command, input=_GREETING, text=True, check=True)
        return make_tar({"hello": program.read_bytes()}, mode=0o755)
