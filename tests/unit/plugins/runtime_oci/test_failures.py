"""What crun and runc say, in Docker's words."""

import pytest

from plugins.runtime_oci.failures import EXEC, reason_of, start_failed

RUNC = "runc create failed: unable to start container process: exec: "


@pytest.mark.parametrize(
    ("said", "program", "sentence", "code"),
    [
        (RUNC + '"x": executable file not found in $PATH', "x", 'exec: "x": executable file not found in $PATH: unknown', 127),
        (RUNC + '"/x": stat /x: no such file or directory', "/x", 'exec: "/x": stat /x: no such file or directory', 127),
        (RUNC + '"/etc": is a directory', "/etc", 'exec: "/etc": is a directory', 126),
        (RUNC + '"/etc/passwd": permission denied', "/etc/passwd", 'exec: "/etc/passwd": permission denied', 126),
        ("executable file `x` not found in $PATH: No such file or directory", "x", 'exec: "x": executable file not found in $PATH: unknown', 127),
        ("executable file `/x` not found in $PATH: No such file or directory", "/x", 'exec: "/x": stat /x: no such file or directory', 127),
        ("open executable: Permission denied", "/etc/passwd", 'exec: "/etc/passwd": permission denied', 126),
        ("open executable: Operation not permitted", "/etc", 'exec: "/etc": permission denied', 126),
        ("mount /x: invalid argument", "true", "mount /x: invalid argument: unknown", 128),
    ],
)  # fmt: skip
def test_sentences_and_exit_codes(said, program, sentence, code):
    failure = start_failed(said, program)
    assert failure.message.startswith(
        "failed to create task for container: failed to create shim task: OCI runtime create failed: "
    )
    assert sentence in failure.message
    assert failure.exit_code == code


def test_exec_has_its_own_beginning():
    assert start_failed("exec failed: x", "x", EXEC).message == "OCI runtime exec failed: exec failed: x: unknown"


def test_the_binarys_last_words_come_first(tmp_path):
    log = tmp_path / "log"
    assert reason_of(log, OSError("no words")) == "no words"
    log.write_text(
        '{"level":"error","msg":"first"}\n{"level":"warning","msg":"careful"}\n{"msg":"last","level":"error"}\nrubbish\n'
    )
    assert reason_of(log, OSError("no words")) == "last"
