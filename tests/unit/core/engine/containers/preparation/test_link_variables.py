"""What a linked container learns of the other by variables."""

import pytest

from core.engine.containers.preparation.link_variables import link_variables
from sdk.oci.ports import Port


def variables(*ports: Port, env: tuple[str, ...] = (), path: str = "/web/db") -> dict[str, str]:
    found = [variable.split("=", 1) for variable in link_variables(path, "172.17.0.2", ports, env)]
    assert len({name for name, _ in found}) == len(found)
    return dict(found)


def test_one_port() -> None:
    assert variables(Port(5432, "tcp")) == {
        "DB_PORT": "tcp://172.17.0.2:5432",
        "DB_PORT_5432_TCP": "tcp://172.17.0.2:5432",
        "DB_PORT_5432_TCP_ADDR": "172.17.0.2",
        "DB_PORT_5432_TCP_PORT": "5432",
        "DB_PORT_5432_TCP_PROTO": "tcp",
        "DB_NAME": "/web/db",
    }


def test_without_ports_there_is_the_name_alone() -> None:
    assert variables(path="/web/my-db") == {"MY_DB_NAME": "/web/my-db"}


@pytest.mark.parametrize(
    ("ports", "first"),
    [
        ([Port(53, "udp"), Port(80, "tcp")], "tcp://172.17.0.2:80"),
        ([Port(443, "tcp"), Port(80, "tcp")], "tcp://172.17.0.2:80"),
        ([Port(1000, "tcp"), Port(9, "tcp")], "tcp://172.17.0.2:9"),
        ([Port(5, "udp"), Port(9, "sctp")], "sctp://172.17.0.2:9"),
    ],
)
def test_the_first_port_is_the_lowest_of_tcp_if_there_is_any(ports: list[Port], first: str) -> None:
    assert variables(*ports)["DB_PORT"] == first


@pytest.mark.parametrize(
    ("ports", "rows"),
    [
        ([Port(1, "tcp"), Port(2, "tcp")], {(1, "TCP"): 2}),
        ([Port(3, "tcp"), Port(1, "tcp"), Port(2, "tcp"), Port(9, "tcp")], {(1, "TCP"): 3}),
        ([Port(1, "tcp"), Port(2, "udp")], {}),
        ([Port(1, "tcp"), Port(2, "udp"), Port(3, "udp")], {(2, "UDP"): 3}),
        ([Port(1, "tcp"), Port(2, "tcp"), Port(4, "tcp"), Port(5, "tcp")], {(1, "TCP"): 2, (4, "TCP"): 5}),
        ([Port(1, "tcp"), Port(3, "tcp")], {}),
    ],
)
def test_ports_in_a_row(ports: list[Port], rows: dict[tuple[int, str], int]) -> None:
    found = variables(*ports)
    assert len([name for name in found if name.endswith("_PROTO")]) == len(ports), "each has its own variables all the same"
    assert {name for name in found if "START" in name or "END" in name} == {
        f"DB_PORT_{first}_{protocol}_{end}" for first, protocol in rows for end in ("START", "PORT_START", "END", "PORT_END")
    }
    for (first, protocol), last in rows.items():
        name = f"DB_PORT_{first}_{protocol}"
        assert found[f"{name}_START"] == f"{protocol.lower()}://172.17.0.2:{first}"
        assert found[f"{name}_END"] == f"{protocol.lower()}://172.17.0.2:{last}"
        assert (found[f"{name}_PORT_START"], found[f"{name}_PORT_END"]) == (str(first), str(last))


def test_the_others_variables_but_those_of_its_image() -> None:
    found = variables(env=("USER=me", "EMPTY=", "WITH=a=b", "NONE", "PATH=/bin", "HOME=/root", "PATHS=x", "HOMER=x"))
    assert {name: value for name, value in found.items() if "_ENV_" in name} == {
        "DB_ENV_USER": "me", "DB_ENV_EMPTY": "", "DB_ENV_WITH": "a=b", "DB_ENV_PATHS": "x", "DB_ENV_HOMER": "x",
    }  # fmt: skip
