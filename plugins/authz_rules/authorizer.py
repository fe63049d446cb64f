"""The policy: the first rule that fits a request decides."""

from pathlib import Path
from urllib.parse import quote

from anyio.to_thread import run_sync

from plugins.authz_rules.policy import CompiledRule, Effect, Policy, read_policy
from sdk.drivers.authorizer import ApiRequest, Authorizer, Subject, Transport
from sdk.errors import PermissionDenied


class RulesAuthorizer(Authorizer):
    """Decides by who asks, the method and the path alone. Before its first `reload` it allows nothing."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._take(Policy.model_validate({}))

    async def reload(self) -> None:
        self._take(await run_sync(read_policy, self._file))

    async def authorize_request(self, request: ApiRequest) -> None:
        rule = next((rule.rule for rule in self._rules if rule.fits(request)), None)
        if (rule.effect if rule else self._default) is Effect.ALLOW:
            return
        asked = f"{request.method} {quote(request.path, safe='/:@*')}"
        said = f"the rule {rule.name!r} denies" if rule and rule.name else "a rule denies" if rule else "no rule allows"
        raise PermissionDenied(f"{said} {asked} to {_words(request.subject)}")

    def _take(self, policy: Policy) -> None:
        self._rules = tuple(map(CompiledRule, policy.rules))
        self._default = policy.default


def _words(subject: Subject) -> str:
    """Return who asks, as an administrator would call it."""
    if subject.transport is Transport.UNIX:
        return f"the user with the ID {subject.uid}"
    if subject.common_name:
        return f"the client with the certificate {subject.common_name!r}"
    return "a client without a certificate"
