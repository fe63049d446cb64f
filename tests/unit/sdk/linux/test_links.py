"""What the kernel refuses is an error of the operating system, whoever asked."""

import pytest
from pyroute2 import NetlinkError

from sdk.linux.links import kernel_errors


def test_pyroute2s_errors_are_the_kernels():
    with pytest.raises(OSError, match="Cannot assign requested address") as refused, kernel_errors():
        raise NetlinkError(99)
    assert refused.value.errno == 99
    with pytest.raises(KeyError), kernel_errors():
        raise KeyError
