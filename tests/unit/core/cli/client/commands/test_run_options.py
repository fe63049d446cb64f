from pathlib import Path

import pytest
import typer

from core.cli.client.commands import run_options as words
from sdk.docker.bodies import BindOptions, HostPort, MountRequest, RestartPolicy, TmpfsOptions, VolumeOptions
from sdk.engine.config import DeviceMapping, Ulimit


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("-1", -1), ("512", 512), ("5b", 5), ("1k", 1024), ("64m", 64 << 20), ("1.5GiB", 3 << 29), ("8191p", 8191 << 50)],
)
def test_sizes(text: str, count: int):
    assert words.byte_count(text) == count


@pytest.mark.parametrize("text", ["x", "-2", "5bb", "1ib", "٣", "8192p", "9" * 400, "nan"])
def test_wrong_sizes(text: str):
    with pytest.raises(typer.BadParameter, match=f"invalid size: '{text}'"):
        words.byte_count(text)


@pytest.mark.parametrize(("count", "billionths"), [(0, 0), (0.5, 500_000_000), (1.0000000001, 1_000_000_000), (-1, -1_000_000_000)])
def test_cpus(count: float, billionths: int):
    assert words.nano_cpus(count) == billionths


@pytest.mark.parametrize("count", [float("nan"), float("inf"), -float("inf"), 1e10])
def test_wrong_cpus(count: float):
    with pytest.raises(typer.BadParameter, match="as a rational number"):
        words.nano_cpus(count)


def test_a_file_of_variables_keeps_what_is_behind_the_sign(tmp_path: Path):
    (tmp_path / "env").write_bytes("\ufeffA= x \r\n \tB=\u2028y\x0c\n#C=1\n  \nD==\n".encode())
    assert words.environment(None, [str(tmp_path / "env")]) == ("A= x ", "B=\u2028y\x0c", "D==")
    assert words.labels(None, [str(tmp_path / "env")]) == {"A": " x ", "B": "\u2028y\x0c", "D": "="}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"=x", "no variable name on line '=x'"),
        (b"A B=x", "poorly formatted environment: variable 'A B' contains whitespaces"),
        (b"A \n", "poorly formatted environment: variable 'A ' contains whitespaces"),
        (b"A=\xff", "contains invalid utf8 bytes"),
    ],
)
def test_a_wrong_file_of_variables(tmp_path: Path, content: bytes, sentence: str):
    (tmp_path / "env").write_bytes(content)
    with pytest.raises(typer.BadParameter, match=sentence):
        words.environment(None, [str(tmp_path / "env")])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("type=bind,src=/a", "target is required"),
        ("type=bind,dst=/a,foo=bar", "unexpected key 'foo' in 'foo=bar'"),
        ("dst=/a,", "unexpected key '' in ''"),
        ("dst=/a,readonly=maybe", "invalid value for readonly: maybe"),
        ("dst=/a,ro=", "invalid value for ro: "),
        ("dst=/a,volume-nocopy=x", "invalid value for volume-nocopy: x"),
        ("type=tmpfs,dst=/a,tmpfs-mode=8", "invalid value for tmpfs-mode: 8"),
        ("type=tmpfs,dst=/a,tmpfs-mode=0o7", "invalid value for tmpfs-mode: 0o7"),
        ("type=tmpfs,dst=/a,tmpfs-size=x", "invalid size: 'x'"),
    ],
)
def test_wrong_mounts(text: str, sentence: str):
    with pytest.raises(typer.BadParameter, match=sentence):
        words.mount(text)


def test_a_mount_that_may_be_written_says_so_in_any_of_go_s_spellings():
    assert not words.mount("dst=/a,readonly=F").read_only
    assert words.mount("dst=/a,ro=TRUE").read_only
    assert words.mount("dst=/a,ro").read_only


def test_environment(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HERE", "value")
    monkeypatch.delenv("NOT_HERE", raising=False)
    (tmp_path / "env").write_text("# no\n\nA=1\nHERE\n")
    assert words.environment(["B=2=3", "HERE", "NOT_HERE"], [str(tmp_path / "env")]) == ("A=1", "HERE=value", "B=2=3", "HERE=value")


@pytest.mark.parametrize(
    ("entry", "bindings"),
    [
        ("80", {"80/tcp": (HostPort(),)}),
        ("8080:80", {"80/tcp": (HostPort("", "8080"),)}),
        ("127.0.0.1:8080:80/udp", {"80/udp": (HostPort("127.0.0.1", "8080"),)}),
        ("[::1]:8080:80", {"80/tcp": (HostPort("::1", "8080"),)}),
        ("127.0.0.1::80", {"80/tcp": (HostPort("127.0.0.1", ""),)}),
        ("8000-8001:80-81", {"80/tcp": (HostPort("", "8000"),), "81/tcp": (HostPort("", "8001"),)}),
        ("8000-8010:80", {"80/tcp": (HostPort("", "8000-8010"),)}),
        ("0" * 5000 + "80", {"80/tcp": (HostPort(),)}),
    ],
)
def test_published_ports(entry: str, bindings):
    assert words.port_bindings([entry]) == bindings


@pytest.mark.parametrize("entry", ["x", "80:", "1-2:80-82", "0", "70000", "9" * 5000, "80:" + "9" * 5000, "٣"])
def test_wrong_ports(entry: str):
    with pytest.raises(typer.BadParameter):
        words.port_bindings([entry])


def test_one_port_at_two_places():
    assert words.port_bindings(["1:80", "2:80"]) == {"80/tcp": (HostPort("", "1"), HostPort("", "2"))}
    assert words.exposed_ports(["90-91/udp"], {"80/tcp": ()}) == {"90/udp": {}, "91/udp": {}, "80/tcp": {}}


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        (
            "type=bind,src=/a,dst=/b,readonly,bind-propagation=rslave",
            MountRequest(type="bind", source="/a", target="/b", read_only=True, bind_options=BindOptions(propagation="rslave")),
        ),
        (
            "source=v,target=/b,volume-nocopy,volume-subpath=x",
            MountRequest(type="volume", source="v", target="/b", volume_options=VolumeOptions(no_copy=True, subpath="x")),
        ),
        (
            "type=tmpfs,destination=/t,tmpfs-size=1m,tmpfs-mode=1777",
            MountRequest(type="tmpfs", target="/t", tmpfs_options=TmpfsOptions(size_bytes=1 << 20, mode=0o1777)),
        ),
    ],
)
def test_mounts(text: str, request_: MountRequest):
    assert words.mount(text) == request_


def test_relative_sources_are_of_this_directory(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert words.bind("./here:/there:ro") == f"{tmp_path}/here:/there:ro"
    assert words.bind("name:/there") == "name:/there"
    assert words.bind("/abs:/there") == "/abs:/there"


def test_devices_ulimits_and_restarts():
    assert words.device("/dev/a") == DeviceMapping("/dev/a", "/dev/a", "rwm")
    assert words.device("/dev/a:/dev/b:r") == DeviceMapping("/dev/a", "/dev/b", "r")
    assert words.device("/dev/a:rw") == DeviceMapping("/dev/a", "/dev/a", "rw")
    assert words.ulimit("nofile=10:20") == Ulimit("nofile", 10, 20)
    assert words.ulimit("nofile=10") == Ulimit("nofile", 10, 10)
    assert words.restart_policy("on-failure:3") == RestartPolicy("on-failure", 3)
    with pytest.raises(typer.BadParameter):
        words.ulimit("nofile")


@pytest.mark.parametrize("count", ["many", "-3", "٣", "9" * 5000])
def test_a_count_of_restarts_is_a_number(count: str):
    with pytest.raises(typer.BadParameter, match="maximum retry count must be an integer"):
        words.restart_policy(f"on-failure:{count}")


def test_the_file_of_a_seccomp_profile_is_read_here(tmp_path: Path):
    (tmp_path / "profile").write_text("{}")
    assert words.security_options([f"seccomp={tmp_path}/profile", "seccomp=unconfined", "no-new-privileges"]) == (
        "seccomp={}",
        "seccomp=unconfined",
        "no-new-privileges",
    )
    with pytest.raises(typer.BadParameter, match="opening seccomp profile"):
        words.security_options(["seccomp=/nowhere"])
