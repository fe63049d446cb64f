import pytest

from core.containers.mounts.recursive_readonly import is_new_enough


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("5.12.0", True),
        ("5.11.22-generic", False),
        ("5.9.0", False),
        ("4.19.0-26-amd64", False),
        ("6.1.0-18-amd64", True),
        ("5.15+", True),
        ("6.0-rc1", True),
        ("10.0", True),
        ("unknown", False),
        ("", False),
    ],
)
def test_the_kernel_has_the_call_since_5_12(release: str, expected: bool) -> None:
    assert is_new_enough(release) is expected
