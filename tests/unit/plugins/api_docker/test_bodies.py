import pytest

from plugins.api_docker.bodies import convert, object_of
from plugins.api_docker.models.execs import ExecConfig
from sdk.engine.config import ContainerConfig
from sdk.errors import InvalidArgument


@pytest.mark.parametrize("name", ["DetachKeys", "detachKeys", "detachkeys", "DETACHKEYS"])
def test_names_match_whatever_their_case(name: str) -> None:
    assert convert({name: "ctrl-p", "Cmd": ["x"]}, ExecConfig).detach_keys == "ctrl-p"


def test_irregular_names_are_found_too() -> None:
    assert convert({"image": "x", "hostname": "h"}, ContainerConfig).hostname == "h"


def test_other_types_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="invalid JSON"):
        convert({"Cmd": "x"}, ExecConfig)
    with pytest.raises(InvalidArgument):
        object_of([])
    assert object_of(None) == {}
