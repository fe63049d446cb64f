"""A daemon that keeps no archives, and the stock clients."""

import json

import pytest

from tests.conftest import REGISTRY, DaemonFactory
from tests.daemon import Daemon

pytestmark = pytest.mark.privileged


def _skopeo(daemon: Daemon, *words: str) -> dict[str, object]:
    command = ("skopeo", "--insecure-policy", "inspect", "--tls-verify=false", *words)
    answer: dict[str, object] = json.loads(daemon.run(*command).stdout)
    return answer


def test_pull_run_commit_push_and_pull_again(start_daemon: DaemonFactory) -> None:
    with start_daemon("--keep-blobs=false") as daemon:
        daemon.docker("pull", "--quiet", "busybox")
        size = json.loads(daemon.docker("image", "inspect", "busybox").stdout)[0]["Size"]
        content = sum(path.stat().st_size for path in (daemon.data_root / "content").rglob("*") if path.is_file())
        assert content < size / 20
        daemon.docker("run", "--name", "changed", "busybox", "sh", "-c", "echo new > /new")
        daemon.docker("commit", "changed", f"{REGISTRY}/team/app:1")
        daemon.docker("push", f"{REGISTRY}/team/app:1")
        digests = json.loads(daemon.docker("image", "inspect", f"{REGISTRY}/team/app:1").stdout)[0]["RepoDigests"]
        found = _skopeo(daemon, f"docker://{REGISTRY}/team/app:1")
        assert digests == [f"{REGISTRY}/team/app@{found['Digest']}"]
        daemon.docker("rm", "changed")
        daemon.docker("rmi", f"{REGISTRY}/team/app:1", "busybox")
        assert daemon.docker("run", "--rm", f"{REGISTRY}/team/app:1", "cat", "/new").stdout == "new\n"
