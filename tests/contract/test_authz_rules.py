"""The authorizer contract, kept by authz_rules; and what its rules mean."""

from dataclasses import replace
from pathlib import Path

import pytest

from plugins.authz_rules.authorizer import RulesAuthorizer
from plugins.authz_rules.contract import READERS, TestRules
from plugins.authz_rules.plugin import provide_authorizer
from plugins.authz_rules.settings import RulesSettings
from sdk.drivers.authorizer import ApiRequest, Subject, Transport
from sdk.errors import InvalidArgument, PermissionDenied
from sdk.providers import PluginContext
from sdk.testing.authorization import api_request

pytestmark = pytest.mark.anyio

__all__ = ["TestRules"]


async def reason(tmp_path: Path, rules: str, request: ApiRequest) -> str:
    """Return why a request is denied by rules, "" if it is allowed."""
    file = tmp_path / "rules.toml"
    file.write_text(rules)
    authorizer = RulesAuthorizer(file)
    await authorizer.reload()
    try:
        await authorizer.authorize_request(request)
    except PermissionDenied as denied:
        return denied.message
    return ""


async def test_without_a_file_nothing_is_opened(plugin_context: PluginContext, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"none\.toml: no such file or directory"):
        async with provide_authorizer().open(plugin_context, RulesSettings(file=tmp_path / "none.toml")):
            pass


@pytest.mark.parametrize(
    ("method", "path", "is_allowed"),
    [
        ("GET", "/_ping", True),
        ("HEAD", "/_ping", True),
        ("GET", "/v1.40/_ping", True),
        ("GET", "/_ping/", False),
        ("GET", "/containers/json", True),
        ("GET", "/containers/x/archive?path=/", True),
        ("GET", "/containers", False),
        ("GET", "/images/a/json", True),
        ("GET", "/images/a/b/json", False),
        ("GET", "/containers/\n", True),
        ("POST", "/containers/create", False),
        ("DELETE", "/containers/x", False),
        ("PRI", "*", False),
    ],
)
async def test_methods_and_paths(tmp_path: Path, method: str, path: str, is_allowed: bool) -> None:
    assert (await reason(tmp_path, READERS, api_request(method, path)) == "") is is_allowed


ROOT, ALICE = Subject(Transport.UNIX, 0, 0, frozenset(), 1), Subject(Transport.UNIX, 70000, 70000, frozenset({90000}), 2)
BUILDER = Subject(Transport.TLS, common_name="build-7", certificates=(b"x",), address="192.0.2.1:1")
UNPROVED, PLAIN = Subject(Transport.TLS, address="192.0.2.1:1"), Subject(Transport.TCP, address="127.0.0.1:1")


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        ('users = ["root"]', {ROOT}),
        ("users = [0, 70000]", {ROOT, ALICE}),
        ('users = ["70000"]', {ALICE}),
        ("groups = [90000]", {ALICE}),
        ('groups = ["root"]', {ROOT}),
        ('certificates = ["build-*"]', {BUILDER}),
        ('certificates = ["**"]', {BUILDER}),
        ('users = ["root"]\ncertificates = ["build-7"]', {ROOT, BUILDER}),
        ("", {ROOT, ALICE, BUILDER, UNPROVED, PLAIN}),
        ("users = [4294967295]", set()),
    ],
)
async def test_who_asks(tmp_path: Path, who: str, allowed: set[Subject]) -> None:
    request = api_request("POST", "/containers/create")
    rules = f'[[rule]]\neffect = "allow"\n{who}\n'
    subjects = (ROOT, ALICE, BUILDER, UNPROVED, PLAIN)
    assert {subject for subject in subjects if not await reason(tmp_path, rules, replace(request, subject=subject))} == allowed


async def test_the_first_rule_that_fits_decides(tmp_path: Path) -> None:
    rules = """
default = "allow"
[[rule]]
effect = "allow"
users = ["root"]
[[rule]]
name = "no exec"
effect = "deny"
paths = ["/containers/*/exec", "/exec/**"]
[[rule]]
effect = "deny"
methods = ["DELETE"]
"""
    execute, remove = api_request("POST", "/v1.51/containers/a/exec"), api_request("DELETE", "/containers/a")
    assert await reason(tmp_path, rules, execute) == ""
    denial = "the rule 'no exec' denies POST /containers/a/exec to the user with the ID 70000"
    assert await reason(tmp_path, rules, replace(execute, subject=ALICE)) == denial
    denial = "a rule denies DELETE /containers/a to the client with the certificate 'build-7'"
    assert await reason(tmp_path, rules, replace(remove, subject=BUILDER)) == denial
    assert await reason(tmp_path, rules, replace(api_request("GET", "/info"), subject=ALICE)) == ""


async def test_a_denial_is_one_line_whatever_the_path(tmp_path: Path) -> None:
    said = await reason(tmp_path, "", replace(api_request("GET", "/a\r\nb"), subject=PLAIN))
    assert said == "no rule allows GET /a%0D%0Ab to a client without a certificate"


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ("default = 3", "default: Input should be 'allow' or 'deny'"),
        ("rules = []", "rules: unknown key"),
        ("[[rule]]\n", "rule.1.effect: Field required"),
        ('[[rule]]\neffect = "allow"\nuser = ["root"]', "rule.1.user: unknown key"),
        ('[[rule]]\neffect = "allow"\nusers = ["no such user"]', "rule.1.users.1: there is no user 'no such user'"),
        ('[[rule]]\neffect = "allow"\ngroups = ["no such group"]', "rule.1.groups.1: there is no group 'no such group'"),
        ('[[rule]]\neffect = "allow"\nmethods = ["get"]', "'get' is no method: write it in capitals"),
        ('[[rule]]\neffect = "allow"\npaths = ["containers"]', "'containers' begins with no slash"),
        ("[[rule", "rules.toml: "),
    ],
)
async def test_rules_that_say_nothing_are_told_and_the_old_ones_stay(tmp_path: Path, rules: str, sentence: str) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('default = "allow"')
    authorizer = RulesAuthorizer(file)
    await authorizer.reload()
    file.write_text(rules)
    with pytest.raises(InvalidArgument) as caught:
        await authorizer.reload()
    assert sentence in caught.value.message
    await authorizer.authorize_request(api_request("GET", "/info"))
