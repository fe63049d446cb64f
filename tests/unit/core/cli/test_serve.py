"""The daemon's flags become settings; what is not given leaves environment and file alone."""

from pathlib import Path

import pytest

from core.cli import serve
from core.config import Settings


def test_without_flags_everything_is_default() -> None:
    assert serve.settings_from([]).model_dump() == Settings().model_dump()
    assert serve.settings_from([]).model_fields_set == set()


def test_flags_of_dockerd() -> None:
    settings = serve.settings_from(
        "-H unix:///a -H tcp://127.0.0.1:1 --data-root /d --exec-root /e -p /p -l warn --tlsverify --tlscacert /ca --tlscert /c --tlskey /k"
        " --insecure-registry a --insecure-registry b --registry-mirror http://m --strict-plugins --label x=y --log-opt max-size=1m"
        " -s vfs --default-runtime oci --log-driver none -G wheel".split()
    )
    assert settings.hosts == ("unix:///a", "tcp://127.0.0.1:1")
    assert (settings.data_root, settings.exec_root, settings.pidfile) == (Path("/d"), Path("/e"), Path("/p"))
    assert (settings.tls, settings.tlsverify, settings.tlscacert) == (False, True, Path("/ca"))
    assert (settings.insecure_registries, settings.registry_mirrors) == (("a", "b"), ("http://m/",))
    assert (settings.labels, settings.log_opts, settings.group) == (("x=y",), {"max-size": "1m"}, "wheel")
    assert (settings.drivers.storage, settings.containers.runtime, settings.drivers.log) == ("vfs", "oci", "none")


def test_a_driver_flag_leaves_the_files_other_drivers(tmp_path: Path) -> None:
    file = tmp_path / "core.toml"
    file.write_text('[drivers]\nruntime = "oci"\nstorage = "zfs"\n')
    drivers = serve.settings_from(["--config-file", str(file), "--storage-driver=vfs"]).drivers
    assert (drivers.storage, drivers.runtime) == ("vfs", "oci")


@pytest.mark.parametrize(("flag", "value"), [("--tls", True), ("--tls=true", True), ("--tls=false", False)])
def test_switches_take_a_value_as_dockerd_does(flag: str, value: bool) -> None:
    settings = serve.settings_from([flag])
    assert settings.tls is value
    assert "tls" in settings.model_fields_set


def test_debug_is_a_switch_beside_the_level() -> None:
    settings = serve.settings_from(["-D", "-l", "warn"])
    assert (settings.debug, settings.log_level) == (True, "warn")


def test_a_wrong_flag_is_refused_in_dockerds_words_and_with_its_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert serve.main(["--nonsense"]) == 1
    assert capsys.readouterr().err == "unknown flag: --nonsense\nSee 'core serve --help'.\n"


def test_a_wrong_setting_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve.main(["--mtu", "-1"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
