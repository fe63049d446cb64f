"""Names of CDI devices."""

import re

import pytest

from core.containers.cdi.names import Kind, check_device_name, is_qualified, parse_kind, qualified


def test_a_kind_has_a_vendor_and_a_class():
    assert parse_kind("vendor.example-1.com/gpu.slice_2") == Kind("vendor.example-1.com", "gpu.slice_2")
    assert parse_kind("v/c") == Kind("v", "c")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("gpu", "invalid vendor. empty name"),
        ("/gpu", "invalid vendor. empty name"),
        ("vendor/", "invalid vendor. empty name"),
        ("1vendor/gpu", 'invalid vendor. "1vendor", should start with letter'),
        ("vendor./gpu", 'invalid vendor. "vendor.", should end with a letter or digit'),
        ("vendor/g pu", "invalid class. invalid character ' ' in name \"g pu\""),
        ("vendor/gpu/slice", "invalid class. invalid character '/' in name \"gpu/slice\""),
        ("vendor/gpu\n", 'invalid class. "gpu\n", should end with a letter or digit'),
    ],
)
def test_what_is_no_kind(text: str, sentence: str):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_kind(text)


@pytest.mark.parametrize("name", ["0", "gpu0", "GPU-4f:1", "a.b_c-d"])
def test_names_of_devices(name: str):
    check_device_name(name)


@pytest.mark.parametrize("name", ["", "-a", "a-", "a=b", "a/b", "a b", "a\n"])
def test_what_is_no_name_of_a_device(name: str):
    with pytest.raises(ValueError, match="invalid"):
        check_device_name(name)


@pytest.mark.parametrize("text", ["nvidia.com/gpu=all", "v/c=0", "a.b/c_d=x:1"])
def test_a_whole_name(text: str):
    assert is_qualified(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        "gpu",
        "gpu=0",
        "v/c",
        "v/c=",
        "v/=0",
        "/c=0",
        "v/c=-a",
        "v/c=a-",
        "v/c=a=b",
        "v/c=d\n",
        "v./c=0",
        "v/c-=0",
        "/dev/a=b",
    ],
)
def test_what_is_no_whole_name(text: str):
    assert not is_qualified(text)


def test_a_name_becomes_qualified_once():
    assert qualified("nvidia.com/gpu", "all") == "nvidia.com/gpu=all"
    assert qualified("nvidia.com/gpu", "other.com/gpu=1") == "other.com/gpu=1"
