"""The contract suite of a kind, run on an installed driver; each case is told in words."""

import importlib.util
import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.cli.plugin import contract
from core.cli.plugin.contract import Case, Result, contract_cases, contract_module
from core.config import ConfigurationError, Settings
from core.kernel.discovery import Candidate
from core.kernel.offers import Described
from sdk.linux.mount import umount
from sdk.providers import Kind, PluginSettings

PLUGIN = '''"""A verifier that accepts what the settings name, or everything; its author made a mistake."""

from contextlib import asynccontextmanager

from sdk.drivers.verifier import ImageVerifier
from sdk.errors import ImageRefused
from sdk.hookspecs import hookimpl
from sdk.providers import PluginSettings, VerifierProvider


class Verifier(ImageVerifier):
    async def verify_image(self, claim):
        if "evil" in claim.name:
            raise ImageRefused(claim.name, "trial", "it is evil")


@asynccontextmanager
async def opened(context, settings):
    yield Verifier()


@hookimpl
def provide_image_verifier():
    return VerifierProvider("trial", PluginSettings, opened)
'''

EXAMPLES = """
import pytest
from sdk.drivers.verifier import ImageClaim, Occasion
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference
from sdk.testing.contracts.verifier import VerifierContract
from trial_plugin import Verifier


def claim(name, content):
    digest = digest_of(content)
    return ImageClaim(Occasion.PULL, name, (parse_reference(f"{name}@{digest}"),), frozenset({digest}))


class TestTrial(VerifierContract):
    @pytest.fixture
    def accepted(self):
        return claim("registry.test/good/app:1", b"good")

    @pytest.fixture
    def refused(self):
        return claim("registry.test/evil/app:1", b"evil")

    @pytest.fixture
    def verifier(self):
        return Verifier()

    @pytest.mark.skip(reason="not here")
    def test_of_its_own(self):
        pass
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Described:
    """The plugin `trial`, installed; it names no examples."""
    (tmp_path / "trial_plugin.py").write_text(PLUGIN)
    (tmp_path / "trial_examples.py").write_text(EXAMPLES)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    spec = importlib.util.spec_from_file_location("trial_plugin", tmp_path / "trial_plugin.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(contract, "discover", lambda: [Candidate("trial", "core-trial", "1", lambda: module)])
    monkeypatch.setattr(module, "CONTRACT", None, raising=False)
    return Described(Kind.VERIFIER, "trial", "trial", PluginSettings)


def _cases(offer: Described, configured: Settings | None = None, *, isolated: bool = False) -> list[Case]:
    return contract_cases(offer, contract_module(offer, [offer.kind]), configured, isolated=isolated)


def _name(monkeypatch: pytest.MonkeyPatch, examples: str) -> None:
    monkeypatch.setattr(contract.discover()[0].load(), "CONTRACT", examples)


def test_each_case_is_told_with_its_result_and_why(installed: Described, monkeypatch: pytest.MonkeyPatch) -> None:
    _name(monkeypatch, "trial_examples")
    cases = {case.check: case for case in _cases(installed)}
    assert cases["it accepts by returning"] == Case("it accepts by returning", Result.OK)
    assert cases["of its own"] == Case("of its own", Result.SKIPPED, "not here")
    failed = cases["it goes by where an image is from and not by what it is called"]
    assert failed.result is Result.FAILED
    assert "DID NOT RAISE" in failed.why
    assert [case.check for case in cases.values() if case.result is Result.FAILED] == [failed.check]


def test_a_module_that_is_not_there_is_one_sentence(installed: Described, monkeypatch: pytest.MonkeyPatch) -> None:
    _name(monkeypatch, "no_such_module")
    (case,) = _cases(installed)
    assert case.result is Result.FAILED
    assert "no_such_module" in case.why


def test_a_kind_that_needs_examples_says_so(installed: Described) -> None:
    (case,) = _cases(installed)
    assert (case.result, case.why) == (
        Result.SKIPPED,
        "a verifier needs examples: the plugin names no module with them as CONTRACT",
    )


def test_a_plugin_may_say_that_its_suite_needs_more(installed: Described, monkeypatch: pytest.MonkeyPatch) -> None:
    _name(monkeypatch, "")
    (case,) = _cases(installed)
    assert case.result is Result.SKIPPED


def test_without_pytest_it_says_what_to_install(installed: Described, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract.importlib.util, "find_spec", lambda _name: None)
    (case,) = _cases(installed)
    assert (case.result, case.why) == (Result.SKIPPED, "pytest is not installed here: pip install pytest pytest-timeout")


def test_any_driver_of_a_kind_without_examples_is_tried() -> None:
    offer = Described(Kind.LOG, "local", "log_local", PluginSettings)
    cases = _cases(offer)
    assert len(cases) > 12
    assert {case.result for case in cases} == {Result.OK}


class Place(PluginSettings):
    directory: str = ""
    key: SecretStr = SecretStr("")


class NoPlace(PluginSettings):
    directory: str


def test_what_the_administrators_settings_lead_to_is_touched_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[object] = []

    def source(_kind: Kind, _name: str, _module: str, values: object, *, isolated: bool) -> str:
        used.append(values)
        return "def test_it():\n    pass\n"

    monkeypatch.setattr(contract, "contract_source", source)
    settings = Settings(plugins={"log_local": {"directory": "/srv", "key": "secret"}})
    for configured in (None, settings):
        (case,) = _cases(Described(Kind.LOG, "local", "log_local", Place), configured)
        assert case.result is Result.OK
    assert used == [{}, {"directory": "/srv", "key": "secret"}]
    (case,) = _cases(Described(Kind.LOG, "local", "log_local", NoPlace))
    assert case.result is Result.SKIPPED
    assert "--configured" in case.why
    assert len(used) == 2


SKIPPING = """
import pytest
from sdk.errors import SkipPlugin


@pytest.fixture
def driver():
    raise SkipPlugin("no such file system here")


def test_it_keeps_things(driver):
    pass
"""


def test_a_driver_that_is_not_for_this_machine_has_not_failed(
    installed: Described, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trial_skipping.py").write_text(SKIPPING)
    _name(monkeypatch, "trial_skipping")
    assert _cases(installed, isolated=True) == [
        Case("in a process of its own", Result.SKIPPED, "trial_skipping says how the driver is opened"),
        Case("it keeps things", Result.SKIPPED, "no such file system here"),
    ]


LEAVING = """
import os
from pathlib import Path

from sdk.linux.mount import MountFlag, mount


def test_it_leaves_something(tmp_path):
    (tmp_path / "file").write_text("left")
    if os.environ["MOUNTED"]:
        (tmp_path / "mounted").mkdir()
        mount(os.environ["MOUNTED"], str(tmp_path / "mounted"), flags=MountFlag.BIND)
    Path(os.environ["NOTE"]).write_text(str(tmp_path))
"""


@pytest.mark.parametrize("mounted", [False, pytest.param(True, marks=pytest.mark.privileged)])
def test_what_the_cases_leave_is_removed_but_not_what_they_mounted(
    installed: Described, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounted: bool
) -> None:
    (tmp_path / "trial_leaving.py").write_text(LEAVING)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_text("kept")
    monkeypatch.setenv("MOUNTED", str(tmp_path / "kept") if mounted else "")
    monkeypatch.setenv("NOTE", str(tmp_path / "note"))
    _name(monkeypatch, "trial_leaving")
    assert _cases(installed) == [Case("it leaves something", Result.OK)]
    left = Path((tmp_path / "note").read_text())
    if mounted:
        umount(str(left / "mounted"))
    assert left.exists() is mounted
    assert (tmp_path / "kept/file").read_text() == "kept"
    directory = next(parent for parent in left.parents if parent.name.startswith("core-contract-"))
    assert directory.exists() is mounted
    shutil.rmtree(directory, ignore_errors=True)


@pytest.mark.parametrize(
    ("named", "kind", "kinds", "module"),
    [
        ("mine", Kind.VERIFIER, {Kind.VERIFIER}, "mine"),
        ("mine", Kind.LOG, {Kind.LOG}, "mine"),
        ("mine", Kind.VERIFIER, {Kind.VERIFIER, Kind.LOG}, "mine"),
        ("mine", Kind.LOG, {Kind.VERIFIER, Kind.LOG}, None),
        ("", Kind.LOG, {Kind.VERIFIER, Kind.LOG}, None),
        ({"verifier": "its", "log": "logs"}, Kind.VERIFIER, {Kind.VERIFIER, Kind.LOG}, "its"),
        ({Kind.VERIFIER: "its", Kind.LOG: ""}, Kind.LOG, {Kind.VERIFIER, Kind.LOG}, ""),
        ({"verifier": "its"}, Kind.LOG, {Kind.VERIFIER, Kind.LOG}, None),
        (None, Kind.LOG, {Kind.LOG}, None),
    ],
)
def test_which_driver_a_module_is_for(
    installed: Described, monkeypatch: pytest.MonkeyPatch, named: object, kind: Kind, kinds: set[Kind], module: str | None
) -> None:
    monkeypatch.setattr(contract.discover()[0].load(), "CONTRACT", named)
    assert contract_module(Described(kind, "trial", "trial", PluginSettings), kinds) == module


@pytest.mark.parametrize(
    ("named", "kinds", "sentence"),
    [
        ("mine", [Kind.LOG, Kind.RUNTIME], "several kinds: name one for each, {'log': ..., 'runtime': ...}"),
        ("", [Kind.LOG, Kind.RUNTIME], "several kinds: name one for each"),
        ("mine", [Kind.VERIFIER, Kind.FRONTEND], "several kinds: name one for each"),
        ({"logs": "mine"}, [Kind.LOG], "neither the name of a module nor one for each kind of its drivers: {'logs': 'mine'}"),
        ({"log": 1}, [Kind.LOG], "neither the name of a module nor one for each kind"),
        (["mine"], [Kind.LOG], "neither the name of a module nor one for each kind"),
    ],
)
def test_a_contract_that_does_not_say_for_which_drivers_it_is(
    installed: Described, monkeypatch: pytest.MonkeyPatch, named: object, kinds: list[Kind], sentence: str
) -> None:
    monkeypatch.setattr(contract.discover()[0].load(), "CONTRACT", named)
    with pytest.raises(ConfigurationError) as refused:
        contract_module(Described(Kind.LOG, "trial", "trial", PluginSettings), kinds)
    assert sentence in str(refused.value)
