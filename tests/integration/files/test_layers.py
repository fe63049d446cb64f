"""Images of many layers, whiteouts included, run by the stock CLI on both bundled storage drivers."""

import gzip

import pytest

from sdk.oci.image import ExecutionConfig
from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import make_image, make_tar
from tests.busybox import busybox, push
from tests.conftest import DaemonFactory
from tests.network import NetworkNamespace

pytestmark = pytest.mark.privileged


@pytest.mark.parametrize(("storage", "count"), [("overlay", 127), ("vfs", 20)])
def test_an_image_of_many_layers_runs(
    start_daemon: DaemonFactory, network: NetworkNamespace, registry: RunningRegistry, storage: str, count: int
) -> None:
    layers = [make_tar({f"layers/{number}": b"", "layers/last": str(number).encode()}) for number in range(count - 2)]
    last = make_tar({"layers/.wh.7": b"", "layers/.wh.8": b"", "etc/.wh.passwd": b""})
    with network.entered():
        push(make_image([_base(), *layers, last], ExecutionConfig(cmd=("sh",))), registry.address, "library/deep")
    with start_daemon(config=f'[drivers]\nstorage = "{storage}"\n') as daemon:
        daemon.docker("pull", "--quiet", "deep")
        script = "ls /layers | wc -l; cat /layers/last; echo; ls /etc; touch /layers/new && echo written"
        said = daemon.docker("run", "--rm", "--network", "none", "deep", "/bin/sh", "-c", script).stdout
        seen, number, *rest = said.split()
        assert (int(seen), int(number)) == (count - 2 + 1 - 2, count - 3)
        assert "passwd" not in rest
        assert rest[-1] == "written"


def _base() -> bytes:
    """Return busybox's layer as it is inside its image."""
    content = busybox().blobs[1][1]
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
