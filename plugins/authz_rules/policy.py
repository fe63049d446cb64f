"""The rules as an administrator writes them. The first that fits a request decides; where none fits, the default does.

default = "deny"

[[rule]]
name = "operators"
effect = "allow"
users = ["deploy", 1001]
groups = ["operators"]
certificates = ["build-*"]
methods = ["GET"]
paths = ["/containers/**"]
"""

import grp
import pwd
import re
import tomllib
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from sdk.drivers.authorizer import ApiRequest, Subject
from sdk.errors import InvalidArgument
from sdk.globs import compile_glob

_METHOD = re.compile(r"[A-Z]+")


class Effect(StrEnum):
    """What becomes of a request."""

    ALLOW = "allow"
    DENY = "deny"


def _number(of_name: Callable[[str], int], noun: str) -> Callable[[int | str], int]:
    def number(given: int | str) -> int:
        if isinstance(given, int) or given.isdecimal():
            return int(given)
        try:
            return of_name(given)
        except KeyError:
            raise ValueError(f"there is no {noun} {given!r}") from None

    return number


def _checked_method(method: str) -> str:
    if not _METHOD.fullmatch(method):
        raise ValueError(f"{method!r} is no method: write it in capitals, such as GET")
    return method


def _checked_path(pattern: str) -> str:
    if not pattern.startswith(("/", "*")):
        raise ValueError(f"{pattern!r} begins with no slash")
    return pattern


User = Annotated[int | str, AfterValidator(_number(lambda name: pwd.getpwnam(name).pw_uid, "user"))]
Group = Annotated[int | str, AfterValidator(_number(lambda name: grp.getgrnam(name).gr_gid, "group"))]
Method = Annotated[str, AfterValidator(_checked_method)]
Pattern = Annotated[str, AfterValidator(_checked_path)]


class Rule(BaseModel):
    """Fits a request if who, method and path fit; what is left out fits all. `users`, `groups` and `certificates` are alternatives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effect: Effect
    name: str = ""
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    certificates: tuple[str, ...] = ()
    methods: tuple[Method, ...] = ()
    paths: tuple[Pattern, ...] = ()


class Policy(BaseModel):
    """A file of rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: Effect = Effect.DENY
    rules: tuple[Rule, ...] = Field((), alias="rule")


def read_policy(file: Path) -> Policy:
    """Return the rules of a file. Raises InvalidArgument in one sentence."""
    try:
        return Policy.model_validate(tomllib.loads(file.read_text()))
    except OSError as error:
        raise InvalidArgument(f"{file}: {(error.strerror or 'it cannot be read').lower()}") from error
    except ValidationError as error:
        raise InvalidArgument(f"{file}: {'; '.join(map(_sentence, error.errors()))}") from error
    except ValueError as error:
        raise InvalidArgument(f"{file}: {error}") from error


def _sentence(detail: ErrorDetails) -> str:
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in detail["loc"])
    said = "unknown key" if detail["type"] == "extra_forbidden" else detail["msg"].removeprefix("Value error, ")
    return f"{place}: {said}"


class CompiledRule:
    """A rule, ready to be compared with requests."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._users, self._groups = frozenset(rule.users), frozenset(rule.groups)
        self._certificates = tuple(map(compile_glob, rule.certificates))
        self._methods = frozenset((*rule.methods, *(("HEAD",) if "GET" in rule.methods else ())))
        self._paths = tuple(map(compile_glob, rule.paths))
        self._is_for_all = not (rule.users or rule.groups or rule.certificates)

    def fits(self, request: ApiRequest) -> bool:
        """Tell whether the rule is about a request."""
        if self._methods and request.method not in self._methods:
            return False
        if self._paths and not any(pattern.fullmatch(request.path) for pattern in self._paths):
            return False
        return self._is_for_all or self._is_of(request.subject)

    def _is_of(self, subject: Subject) -> bool:
        if subject.uid in self._users or not self._groups.isdisjoint((subject.gid, *subject.groups)):
            return True
        name = subject.common_name
        return bool(name) and any(pattern.fullmatch(name) for pattern in self._certificates)
