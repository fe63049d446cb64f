from dataclasses import replace

import pytest

from core.containers.life.filters import Lookups, matching
from sdk.drivers.network import PortBinding
from sdk.engine.config import ContainerConfig, HostConfig
from sdk.engine.containers import ContainerInfo, ContainerState, Filters
from sdk.errors import InvalidArgument
from sdk.oci.descriptor import Platform
from sdk.oci.ports import Port

NOTHING_ELSE = Lookups(lambda image: frozenset(), lambda ref: container(ref, {}))


def container(name: str, labels: dict[str, str]) -> ContainerInfo:
    return ContainerInfo(
        id=name * 64,
        name=name,
        created_ns=1,
        path="sh",
        args=(),
        image_id="sha256:" + "b" * 64,
        image="busybox",
        platform=Platform("amd64"),
        config=ContainerConfig(labels=labels),
        host_config=HostConfig(),
        state=ContainerState.RUNNING,
        pid=1,
        exit_code=0,
        error="",
        oom_killed=False,
        started_ns=2,
        finished_ns=0,
        restart_count=0,
        health=None,
        mounts=(),
        networks={},
        ports=(),
        sandbox_path="",
        log_path="",
        directory="",
        storage_driver="overlay",
    )


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"label": ("project=x",)}, "ab"),
        ({"label": ("project=x", "service=db")}, "b"),
        ({"label": ("project=x", "service")}, "ab"),
        ({"label": ("project=x", "service=none")}, ""),
        ({"name": ("a", "c")}, "ac"),
        ({"name": ("a", "c"), "label": ("project=x",)}, "a"),
        ({"name": ("[ab]",)}, "ab"),
        ({"name": ("^/c$", "b.*")}, "bc"),
        ({"name": (), "label": (), "status": ()}, "abc"),
    ],
)
def test_any_value_of_a_key_but_every_label(filters: Filters, names: str) -> None:
    there = [
        container("a", {"project": "x", "service": "web"}),
        container("b", {"project": "x", "service": "db"}),
        container("c", {"project": "y", "service": "db"}),
    ]
    assert "".join(info.name for info in matching(there, filters, NOTHING_ELSE)) == names


@pytest.mark.parametrize(("word", "names"), [("false", "a"), ("F", "a"), ("0", "a"), ("true", ""), ("1", "")])
def test_no_container_is_a_task(word: str, names: str) -> None:
    assert "".join(info.name for info in matching([container("a", {})], {"is-task": (word,)}, NOTHING_ELSE)) == names


@pytest.mark.parametrize("word", ["", "no", "tRUE", "2"])
def test_a_task_is_yes_or_no(word: str) -> None:
    with pytest.raises(InvalidArgument, match=f"invalid filter 'is-task={word}'"):
        matching([container("a", {})], {"is-task": (word,)}, NOTHING_ELSE)


@pytest.mark.parametrize("code", ["", "--5", "²", "five", "9" * 5000, "5 "])
def test_an_exit_code_is_a_number(code: str) -> None:
    with pytest.raises(InvalidArgument, match=f"invalid filter 'exited={code}'"):
        matching([], {"exited": (code,)}, NOTHING_ELSE)
    assert matching([], {"exited": ("-1", "0")}, NOTHING_ELSE) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("80", True),
        ("80/tcp", True),
        ("80/udp", False),
        ("79-81", True),
        ("80-80", True),
        ("81-90", False),
        ("0-80", True),
        pytest.param("0" * 5000 + "80", True, id="led by zeros"),
        ("0", False),
    ],
)
def test_a_port_is_found_by_a_range_that_holds_it(wanted: str, found: bool) -> None:
    box = replace(container("a", {}), config=ContainerConfig(exposed_ports=(Port(80),)), ports=(PortBinding(8000, "tcp", "", 80),))
    for key in ("expose", "publish"):
        assert matching([box], {key: (wanted,)}, NOTHING_ELSE) == ([box] if found else [])


@pytest.mark.parametrize("span", ["aa80", "80-", "-80", "80-79", "1-2-3", "65536", "1-65536", " 80", "٣"])
def test_a_range_of_ports_that_is_none_is_refused(span: str) -> None:
    box = replace(container("a", {}), config=ContainerConfig(exposed_ports=(Port(80),)))
    with pytest.raises(InvalidArgument) as refused:
        matching([box], {"expose": (f"{span}/tcp",)}, NOTHING_ELSE)
    assert refused.value.message == f'invalid port specification: "{span}"'
