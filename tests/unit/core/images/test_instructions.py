import pytest

from core.images.instructions import apply_changes
from sdk.errors import InvalidArgument
from sdk.oci.image import ExecutionConfig


def test_every_instruction() -> None:
    config = apply_changes(
        ExecutionConfig(env=("PATH=/bin", "A=0"), working_dir="/srv"),
        [
            'CMD ["a", "b"]',
            "ENTRYPOINT exec top",
            "env A=1 B='2 3'",
            "ENV OLD old form",
            "EXPOSE 80 53/udp",
            'LABEL name="a b" other=c',
            "USER daemon",
            'VOLUME ["/data", "/with space"]',
            "VOLUME /more",
            "WORKDIR sub",
            "STOPSIGNAL SIGINT",
            "ONBUILD RUN true",
        ],
    )
    assert config == ExecutionConfig(
        user="daemon",
        exposed_ports={"80/tcp": {}, "53/udp": {}},
        env=("PATH=/bin", "A=1", "B=2 3", "OLD=old form"),
        entrypoint=("/bin/sh", "-c", "exec top"),
        cmd=("a", "b"),
        volumes={"/data": {}, "/with space": {}, "/more": {}},
        working_dir="/srv/sub",
        labels={"name": "a b", "other": "c"},
        stop_signal="SIGINT",
        on_build=("RUN true",),
    )


@pytest.mark.parametrize("change", ["RUN true", "FROM x", "", "NOPE"])
def test_others_are_refused(change: str) -> None:
    with pytest.raises(InvalidArgument, match="is not a valid change command"):
        apply_changes(ExecutionConfig(), [change])
