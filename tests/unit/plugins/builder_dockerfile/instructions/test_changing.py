import re

import pytest

from plugins.builder_dockerfile.instructions.changing import changed
from sdk.errors import InvalidArgument
from sdk.oci.image import ExecutionConfig, HealthcheckConfig


def test_every_instruction() -> None:
    config = changed(
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


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("RUN true", "RUN is not a valid change command"),
        ("FROM x", "FROM is not a valid change command"),
        ("COPY a b", "COPY is not a valid change command"),
        ("NOPE", "NOPE is not a valid change command"),
        ("", "file with no instructions"),
        ("EXPOSE no", "invalid containerPort: no"),
        ("EXPOSE 70000", "invalid containerPort: 70000"),
        ("EXPOSE " + "9" * 5000, "invalid containerPort: 9"),
        ("EXPOSE 80-" + "9" * 5000, "invalid containerPort: 80-9"),
        ("ENV A", "ENV must have two arguments"),
        ("LABEL 'open=a", "single-quote"),
        ("HEALTHCHECK CMD []", "Missing command after HEALTHCHECK CMD"),
        ("VOLUME []", "VOLUME requires at least one argument"),
        ("STOPSIGNAL NONE", "Invalid signal: NONE"),
        ("STOPSIGNAL 65", "Invalid signal: 65"),
        ("STOPSIGNAL ²", "Invalid signal: ²"),
        ("STOPSIGNAL " + "9" * 5000, "Invalid signal: 9"),
    ],
)
def test_others_are_refused(change: str, why: str) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(why)):
        changed(ExecutionConfig(), [change])


def test_variables_are_those_of_the_configuration_and_of_the_instructions_before() -> None:
    config = changed(
        ExecutionConfig(env=("PATH=/bin", "A=0")),
        ["ENV PATH=/usr/bin:$PATH B=${A}1", "WORKDIR /srv/$B", "LABEL p=${PATH%%:*} q='$A'", "USER ${NONE:-app}"],
    )
    assert config.env == ("PATH=/usr/bin:/bin", "A=0", "B=01")
    assert (config.working_dir, config.labels, config.user) == ("/srv/01", {"p": "/usr/bin", "q": "$A"}, "app")


def test_a_variable_that_is_set_again_keeps_its_place() -> None:
    config = changed(ExecutionConfig(env=("PATH=/bin",)), ["ENV DEBUG true", "ENV test 1", "ENV PATH /foo"])
    assert config.env == ("PATH=/foo", "DEBUG=true", "test=1")


def test_a_command_is_taken_away_by_an_empty_array() -> None:
    config = changed(ExecutionConfig(cmd=("a",), entrypoint=("b",)), ["ENTRYPOINT []", "CMD []"])
    assert (config.cmd, config.entrypoint) == (None, None)


def test_a_health_check_and_several_lines_in_one_change() -> None:
    config = changed(ExecutionConfig(), ["HEALTHCHECK --interval=5s CMD true\nENV A=1 \\\n B=2"])
    assert config.healthcheck == HealthcheckConfig(test=("CMD-SHELL", "true"), interval=5_000_000_000)
    assert config.env == ("A=1", "B=2")
