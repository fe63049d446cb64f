"""Descriptors as paths, and a thread with a table of its own."""

import gc
import os
import threading

import pytest

from sdk.linux.descriptors import is_descriptor, own_descriptors, path_of


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("/proc/1/fd/3", True),
        ("/proc/123/fd/456", True),
        ("/proc/self/fd/3", False),
        ("/proc/1/fd/3/x", False),
        ("/proc/1/fd/", False),
        ("/proc/1/fd/3\n", False),
        ("x/proc/1/fd/3", False),
    ],
)
def test_what_is_the_path_of_a_descriptor(path: str, is_one: bool) -> None:
    assert is_descriptor(path) is is_one


def test_a_descriptors_path_leads_to_what_it_stands_for() -> None:
    descriptor = os.open("/", os.O_PATH)
    try:
        assert is_descriptor(path_of(descriptor))
        assert os.path.samefile(path_of(descriptor), "/")
    finally:
        os.close(descriptor)


def test_a_thread_of_its_own_keeps_none_of_the_others_and_closes_none_for_them() -> None:
    kept = os.open("/", os.O_PATH)
    found: list[object] = []

    def alone() -> None:
        with own_descriptors():
            found.append(gc.isenabled())
            try:
                os.fstat(kept)
            except OSError as error:
                found.append(error.errno)
            found.append(os.open("/", os.O_PATH))
        found.append(gc.isenabled())

    thread = threading.Thread(target=alone)
    thread.start()
    thread.join()
    try:
        assert found == [False, 9, 3, True]
        assert os.path.samestat(os.fstat(kept), os.stat("/"))
    finally:
        os.close(kept)
