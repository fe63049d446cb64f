"""Finding an init for --init."""

import pytest

from core.containers.process.init_process import find_init, init_mount, with_init
from sdk.errors import StartFailed


def test_the_first_there_is(tmp_path, monkeypatch):
    binary = tmp_path / "tini-static"
    binary.write_text("")
    binary.chmod(0o755)
    assert find_init(str(binary)) == str(binary)
    assert init_mount(str(binary)).destination == "/sbin/docker-init"
    assert with_init(("a", "b")) == ("/sbin/docker-init", "--", "a", "b")


def test_none_says_what_to_install():
    with pytest.raises(StartFailed, match=r"executable file not found in \$PATH.*install Debian's package tini"):
        find_init("/no/such/init")
