"""`--security-opt` in Docker's spellings."""

import pytest

from sdk.docker.security import parse_security_options, shown_security
from sdk.engine.security import Seccomp, SeccompChoice, Security
from sdk.errors import InvalidArgument


def test_what_the_options_say_together():
    assert parse_security_options(
        ("no-new-privileges", "label=disable", "apparmor:x", "seccomp={}", "writable-cgroups=1")
    ) == Security(
        seccomp=Seccomp(SeccompChoice.PROFILE, "{}"),
        apparmor="x",
        selinux_labels=("disable",),
        no_new_privileges=True,
        writable_cgroups=True,
    )
    assert parse_security_options(("no-new-privileges:false", "disable")) == Security(
        no_new_privileges=False, selinux_labels=("disable",)
    )
    assert parse_security_options(()) == Security()


@pytest.mark.parametrize("choice", ["seccomp=unconfined", "seccomp=builtin", 'seccomp={"defaultAction": ""}'])
def test_they_are_shown_as_they_are_read(choice: str):
    security = parse_security_options((choice, "apparmor=x", "label=user:me", "no-new-privileges=false", "writable-cgroups"))
    assert parse_security_options(shown_security(security)) == security
    assert next(iter(shown_security(security))) == choice


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("x", 'invalid --security-opt 1: "x"'),
        ("x=y", 'invalid --security-opt 2: "x=y"'),
        ("no-new-privileges=maybe", 'invalid --security-opt 2: "no-new-privileges=maybe"'),
    ],
)
def test_what_says_nothing_is_refused_in_dockers_words(option: str, sentence: str):
    with pytest.raises(InvalidArgument) as refused:
        parse_security_options((option,))
    assert refused.value.message == sentence
