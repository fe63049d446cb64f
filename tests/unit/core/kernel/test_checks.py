"""What `core plugin check` finds, step by step."""

import pytest
from typer import Typer

from core.kernel import checks as checks_module
from core.kernel.checks import check
from core.kernel.discovery import Candidate
from sdk.providers import LogProvider, PluginSettings


class Strict(PluginSettings, extra="forbid"):
    path: str = "/x"


class Demanding(PluginSettings, extra="ignore"):
    path: str
    count: int


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch):
    """What the check says when these plugins are installed: each step with whether it passed and why."""

    def run(name: str, *installed: Candidate) -> list[tuple[str, bool, str]]:
        monkeypatch.setattr(checks_module, "discover", lambda: list(installed))
        return [(finding.check, finding.passed, finding.why) for finding in check(name)]

    return run


ANNOUNCED, IMPORTED, OFFERED, PLAIN, PROVIDERS = (
    "one distribution announces it",
    "it can be imported",
    "its API_VERSION is offered",
    "its hooks are known and plain",
    "its hooks return providers",
)


def test_a_plugin_that_is_right(found, candidate, provider) -> None:
    def provide_log_driver():
        return provider(LogProvider, "mine", settings=Strict)

    plugin = candidate("demo", provide_log_driver, API_VERSION=(1, 0))
    steps = found("demo", plugin, candidate("other"))
    assert [(step, passed) for step, passed, _ in steps] == [
        (ANNOUNCED, True),
        (IMPORTED, True),
        (OFFERED, True),
        (PLAIN, True),
        (PROVIDERS, True),
        ("settings of log mine refuse unknown keys", True),
        ("settings of log mine have defaults", True),
    ]
    assert steps[0][2] == "demo 1"
    assert steps[4][2] == "log mine"


def test_settings_that_take_anything_or_ask_for_something(found, candidate, provider) -> None:
    def provide_log_driver():
        return provider(LogProvider, "mine", settings=Demanding)

    steps = found("demo", candidate("demo", provide_log_driver, API_VERSION=(1, 0)))
    assert steps[-2:] == [
        ("settings of log mine refuse unknown keys", False, "Demanding: extra=ignore"),
        ("settings of log mine have defaults", False, "required: path, count"),
    ]


@pytest.mark.parametrize(("count", "why"), [(0, "no entry point of this name is installed"), (2, "demo 1, demo 1")])
def test_a_name_that_none_or_two_announce(found, candidate, count: int, why: str) -> None:
    assert found("demo", *[candidate("demo")] * count) == [(ANNOUNCED, False, why)]


@pytest.mark.parametrize("error", [ImportError("no module named x"), SystemExit(3), ZeroDivisionError("division by zero")])
def test_one_that_cannot_be_imported(found, error: BaseException) -> None:
    def load():
        raise error

    steps = found("demo", Candidate("demo", "demo", "1", load))
    assert [(step, passed) for step, passed, _ in steps] == [(ANNOUNCED, True), (IMPORTED, False)]
    assert steps[-1][2]


def test_one_of_another_api(found, candidate) -> None:
    for version in ((99, 0), "1.0", (1,)):
        _, passed, why = found("demo", candidate("demo", API_VERSION=version))[2]
        assert not passed
        assert why


def test_one_that_declares_none(found, candidate) -> None:
    assert found("demo", candidate("demo"))[2] == (OFFERED, True, "none declared")


def test_one_whose_hooks_are_not_known_or_not_plain(found, candidate) -> None:
    def provide_everything():
        return None

    async def provide_log_driver():
        return None

    for hook in (provide_everything, provide_log_driver):
        steps = found("demo", candidate("demo", hook, API_VERSION=(1, 0)))
        assert (steps[-1][0], steps[-1][1]) == (PLAIN, False)
        assert hook.__name__ in steps[-1][2]


def test_one_whose_hook_raises(found, candidate) -> None:
    def provide_log_driver():
        raise ValueError("no such file")

    steps = found("demo", candidate("demo", provide_log_driver, API_VERSION=(1, 0)))
    assert (steps[-1][0], steps[-1][1]) == (PROVIDERS, False)
    assert "no such file" in steps[-1][2]


def test_commands_whose_names_are_taken(candidate, monkeypatch: pytest.MonkeyPatch) -> None:
    def provide_cli_commands():
        return [("ps", Typer()), ("hello", Typer())]

    def broken():
        return [("ps", 1)]

    broken.__name__ = "provide_cli_commands"
    for hook, taken, expected in (
        (provide_cli_commands, {"ps", "run"}, (False, "there is a command of this name already: ps")),
        (provide_cli_commands, {"run"}, (True, "ps, hello")),
        (broken, set(), (False, "provide_cli_commands: PluginRejected: not a sequence of (name, typer application)")),
    ):
        monkeypatch.setattr(checks_module, "discover", lambda hook=hook: [candidate("demo", hook)])
        finding = check("demo", taken)[-1]
        assert finding.check == "its commands have names of their own"
        assert (finding.passed, finding.why) == expected
