"""Instructions that change the configuration alone."""

from dataclasses import replace

import pytest

from plugins.builder_dockerfile.instructions.metadata import Expander, apply_metadata, merged_env, working_directory
from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.reading import read_dockerfile
from plugins.builder_dockerfile.state import StageState
from sdk.oci.image import ExecutionConfig


def after(*lines: str, state: StageState | None = None) -> StageState:
    """Return the state after some instructions."""
    state = state or StageState(arguments={"a": "one", "two": "b c"})
    for instruction in read_dockerfile("FROM x\n" + "\n".join(lines) + "\n").instructions[1:]:
        changed = apply_metadata(instruction.body, state, Expander(state, "\\"))
        assert changed is not None, instruction.text
        state = changed
    return state


def told(state: StageState) -> list[str]:
    return [entry.created_by for entry in state.history]


def test_variables_are_those_from_before_the_instruction() -> None:
    state = after("ENV a=two b=$a", "ENV c=$a")
    assert state.config.env == ("a=two", "b=one", "c=two")
    assert told(state) == ["ENV a=two b=one", "ENV c=two"]
    assert all(entry.empty_layer for entry in state.history)


def test_a_variable_set_again_keeps_its_place() -> None:
    assert merged_env(("A=1", "B=2", "C"), {"B": "3", "D": "=", "A": ""}) == ("A=", "B=3", "C=", "D==")


def test_a_command_given_before_the_entrypoint_stays_and_an_inherited_one_goes() -> None:
    inherited = StageState(config=ExecutionConfig(cmd=("old",)))
    assert after('ENTRYPOINT ["run"]', state=inherited).config.cmd is None
    own = after('CMD ["new"]', 'ENTRYPOINT ["run"]', state=inherited)
    assert (own.config.cmd, own.config.entrypoint) == (("new",), ("run",))


@pytest.mark.parametrize(
    ("line", "cmd"),
    [
        ("CMD a b", ("/bin/sh", "-c", "a b")),
        ('CMD ["a", "b"]', ("a", "b")),
        ("CMD []", None),
        ("CMD", None),
        ("CMD [a]", ("/bin/sh", "-c", "[a]")),
    ],
)
def test_the_shell_form_goes_to_the_shell(line: str, cmd: tuple[str, ...] | None) -> None:
    assert after(line).config.cmd == cmd


def test_the_shell_is_the_one_set_before() -> None:
    assert after('SHELL ["/bin/bash", "-ec"]', "CMD a").config.cmd == ("/bin/bash", "-ec", "a")


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("80", ["80/tcp"]),
        ("80/UDP 79/sctp", ["79/sctp", "80/udp"]),
        ("8000-8002", ["8000/tcp", "8001/tcp", "8002/tcp"]),
        ("127.0.0.1:80:8080", ["8080/tcp"]),
        ("0", ["0/tcp"]),
        ("65535", ["65535/tcp"]),
    ],
)
def test_ports_are_exposed_one_by_one(text: str, ports: list[str]) -> None:
    assert list(after(f"EXPOSE {text}").config.exposed_ports) == ports


@pytest.mark.parametrize("text", ["a", "80/icmp", "65536", "81-80", "80-65536", "٣", "-1", "80/", "9" * 5000])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(DockerfileError, match="invalid containerPort"):
        after(f"EXPOSE {text}")


@pytest.mark.parametrize("signal", ["9", "KILL", "SIGKILL", "sigterm", "1", "64", "RTMIN", "SIGRTMIN+15", "RTMAX-14", "SIGRTMAX"])
def test_a_signal_is_one_that_a_container_can_be_stopped_with(signal: str) -> None:
    assert after(f"STOPSIGNAL {signal}").config.stop_signal == signal


@pytest.mark.parametrize(
    "signal", ["0", "65", "-9", "²", "SIGNONE", "RTMIN+16", "SIGRTMIN+99", "RTMAX-15", "RTMIN-1", "RTMIN+٣", "9" * 30]
)
def test_a_signal_that_no_container_could_be_stopped_with_is_refused(signal: str) -> None:
    """An image with such a signal was built before, and its containers could not be made."""
    with pytest.raises(DockerfileError) as refused:
        after(f"STOPSIGNAL {signal}")
    assert str(refused.value) == f"Invalid signal: {signal}"


def test_labels_and_volumes_are_added_to_what_there_is() -> None:
    state = after("LABEL x=$a y='$a'", 'LABEL "two words"="$two"', "VOLUME /a", 'VOLUME ["/$a", "/c"]')
    assert state.config.labels == {"x": "one", "y": "$a", "two words": "b c"}
    assert state.config.volumes == {"/a": {}, "/one": {}, "/c": {}}
    assert told(state)[-1] == "VOLUME [/one /c]"


def test_a_volume_that_variables_leave_empty_is_refused() -> None:
    with pytest.raises(DockerfileError, match="VOLUME specified can not be an empty string"):
        after("VOLUME $nothing")


def test_triggers_are_kept_in_order_and_not_expanded() -> None:
    assert after("ONBUILD ENV x=$a", "ONBUILD RUN y").config.on_build == ("ENV x=$a", "RUN y")


def test_user_maintainer_and_health_check_are_told() -> None:
    state = after("USER $a", "MAINTAINER Ann <a@b>", "HEALTHCHECK --retries=3 CMD probe", "HEALTHCHECK NONE")
    assert (state.config.user, state.author) == ("one", "Ann <a@b>")
    assert state.config.healthcheck is not None
    assert state.config.healthcheck.test == ("NONE",)
    assert told(state) == ["USER one", "MAINTAINER Ann <a@b>", "HEALTHCHECK CMD-SHELL probe", "HEALTHCHECK NONE"]


def test_an_instruction_that_needs_more_than_the_configuration_is_none_of_these() -> None:
    (run,) = read_dockerfile("FROM x\nRUN a\n").instructions[1:]
    assert apply_metadata(run.body, StageState(), Expander(StageState(), "\\")) is None


@pytest.mark.parametrize(
    ("directory", "path", "expected"),
    [("", "", "/"), ("", "a", "/a"), ("/w", "a", "/w/a"), ("/w", "/a", "/a"), ("/w", "../../..", "/"), ("w", "a/./b/", "/w/a/b")],
)
def test_a_path_is_in_the_working_directory(directory: str, path: str, expected: str) -> None:
    state = replace(StageState(), config=ExecutionConfig(working_dir=directory))
    assert working_directory(state, path) == expected
