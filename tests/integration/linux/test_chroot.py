"""A process finds out whether it lives in a chroot, even one that is a mount of the whole root."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.privileged

_ASK = "from sdk.linux.namespaces import is_chrooted; print(is_chrooted())"


def test_the_root_of_a_mount_namespace_is_no_chroot():
    asked = subprocess.run(["unshare", "--mount", sys.executable, "-c", _ASK], capture_output=True, text=True, check=True)
    assert asked.stdout == "False\n"


def test_a_chroot_is_noticed(tmp_path):
    script = 'mount --rbind / "$0" && exec chroot "$0" "$@"'
    words = ["unshare", "--mount", "sh", "-c", script, str(tmp_path), sys.executable, "-c", _ASK]
    asked = subprocess.run(words, capture_output=True, text=True, check=True)
    assert asked.stdout == "True\n"
