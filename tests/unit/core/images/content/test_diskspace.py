import errno
from pathlib import Path

import pytest

from core.images.content.diskspace import writing
from sdk.errors import ResourceExhausted


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "no space left on device"), (errno.EDQUOT, "disk quota exceeded"), (errno.EROFS, "read-only file system")],
)
def test_a_disk_that_takes_nothing_more_is_said_in_dockers_words(number: int, words: str) -> None:
    with pytest.raises(ResourceExhausted) as refused, writing(Path("/data/x")):
        raise OSError(number, "ignored")
    assert refused.value.message == f"write /data/x: {words}"


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(PermissionError), writing(Path("/data/x")):
        raise PermissionError(errno.EACCES, "x")
    with pytest.raises(KeyError), writing(Path("/data/x")):
        raise KeyError
