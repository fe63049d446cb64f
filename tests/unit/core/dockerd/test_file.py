"""`daemon.json`: what is a file of Docker's, its groups, its older keys, and what the command line gives as well."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from core.dockerd.file import FileRefused, options_of, read_file
from core.dockerd.flags import parse_flags

CONFLICT = "the following directives are specified both as a flag and in the configuration file: "


def read(tmp_path: Path, content: bytes) -> dict[str, JsonValue]:
    (tmp_path / "daemon.json").write_bytes(content)
    return read_file(tmp_path / "daemon.json")


def options(values: dict[str, JsonValue], line: str = "") -> dict[str, JsonValue]:
    return {option.key: value for option, value in options_of(values, parse_flags(line.split()))}


@pytest.mark.parametrize("content", [b"", b" \n", b"{}", b"\xef\xbb\xbf{}", "\ufeff{}".encode("utf-16-le")])
def test_an_empty_file_sets_nothing(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) == {}


@pytest.mark.parametrize("content", [b"[]", b"5", b"null", b'"x"'])
def test_a_file_is_an_object(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileRefused, match=r"^invalid JSON: an object is expected$"):
        read(tmp_path, content)


@pytest.mark.parametrize("content", [b"{", b"{'a': 1}", b'{"a": 1,}', b'{"a": 1} x', b"\xff", b"\xff\xfe{", b"[" * 100_000])
def test_what_is_no_json_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileRefused, match=r"^invalid JSON: ") as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_the_keys_of_a_group_stand_beside_the_others(tmp_path: Path) -> None:
    content = b'{"proxies": {"http-proxy": "p", "no-proxy": "x"}, "log-opts": {"a": "1"}, "builder": {"gc": {}}, "mtu": 1}'
    assert read(tmp_path, content) == {
        "http-proxy": "p",
        "no-proxy": "x",
        "log-opts": {"a": "1"},
        "builder": {"gc": {}},
        "mtu": 1,
    }


def test_a_file_that_is_missing_is_the_callers_to_judge(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none")


def test_unknown_keys_are_named_together() -> None:
    with pytest.raises(FileRefused) as caught:
        options({"x": 1, "debug": True, "y": 2})
    assert str(caught.value) == "the following directives don't match any configuration option: x, y"


def test_a_key_of_the_file_alone_is_known_and_has_no_option() -> None:
    assert options({"builder": {}, "debug": True}) == {"debug": True}


def test_an_older_key_stands_for_the_newer_one_but_not_beside_it() -> None:
    assert options({"host-gateway-ip": "10.0.0.1"}) == {"host-gateway-ips": ["10.0.0.1"]}
    assert options({"host-gateway-ips": ["10.0.0.1", "fd00::1"]}) == {"host-gateway-ips": ["10.0.0.1", "fd00::1"]}
    assert options({"containerd-plugin-namespace": "x"}) == {"containerd-plugins-namespace": "x"}
    with pytest.raises(FileRefused, match=r"^host-gateway-ip and host-gateway-ips must not both be specified in the config file$"):
        options({"host-gateway-ip": "10.0.0.1", "host-gateway-ips": []})


@pytest.mark.parametrize(
    ("values", "line", "said"),
    [
        ({"debug": True}, "-D", "debug: (from flag: true, from file: true)"),
        ({"mtu": 1}, "--mtu 2", "mtu: (from flag: 2, from file: 1)"),
        ({"labels": ["a=1", "b=2"]}, "--label c=3 --label d=4", "labels: (from flag: [c=3 d=4], from file: [a=1 b=2])"),
        ({"labels": []}, "--label c=3", "labels: (from flag: [c=3], from file: [])"),
        ({"log-opts": {"a": "1", "b": "2"}}, "--log-opt c=3=4", "log-opts: (from flag: map[c:3=4], from file: map[a:1 b:2])"),
        ({"features": {"a": True}}, "--feature b", "features: (from flag: map[b], from file: map[a:true])"),
        (
            {"default-ulimits": {"nofile": {"Soft": 1}}},
            "--default-ulimit core=2",
            "default-ulimits: (from flag: [core=2], from file: map[nofile:map[Soft:1]])",
        ),
        ({"host-gateway-ip": "10.0.0.1"}, "--host-gateway-ip ::1", "host-gateway-ip: (from flag: [::1], from file: 10.0.0.1)"),
        (
            {"http-proxy": "http://u:p@a"},
            "--http-proxy http://x:y@b",
            "http-proxy: (from flag: http://xxxxx:xxxxx@b, from file: http://xxxxx:xxxxx@a)",
        ),
        ({"https-proxy": "u:p@["}, "--https-proxy x", "https-proxy: (from flag: x, from file: xxxxx:xxxxx@[)"),
        (
            {"debug": False, "mtu": 1},
            "-D --mtu 1",
            "debug: (from flag: true, from file: false), mtu: (from flag: 1, from file: 1)",
        ),
    ],
)
def test_what_is_given_both_ways_is_said_with_both_values(values: dict[str, JsonValue], line: str, said: str) -> None:
    with pytest.raises(FileRefused) as caught:
        options(values, line)
    assert str(caught.value) == CONFLICT + said


def test_runtimes_may_be_given_both_ways() -> None:
    assert options({"runtimes": {"a": {}}}, "--add-runtime b=/b") == {"runtimes": {"a": {}}}
