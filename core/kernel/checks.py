"""The structural check of one plugin, step by step, as `core plugin check` prints it. Opens no driver."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from core.kernel.compat import incompatibility
from core.kernel.discovery import Candidate, discover
from core.kernel.health import Health
from core.kernel.hooks import PluginHooks, PluginRejected
from core.kernel.offers import Described, collect_offers
from core.sentences import sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """One step of the check; `why` says what was found, good or bad."""

    check: str
    passed: bool
    why: str = ""


def check(name: str, taken: Collection[str] = ()) -> list[Finding]:
    """Check the plugin of an entry point. Stops at the first step that fails and that the next ones stand on.

    `taken` are the names that none of its commands may have.
    """
    return list(_steps(name, taken))


def _steps(name: str, taken: Collection[str]) -> Iterator[Finding]:
    candidates = [candidate for candidate in discover() if candidate.name == name]
    holders = ", ".join(f"{candidate.distribution} {candidate.version}" for candidate in candidates)
    yield Finding("one distribution announces it", len(candidates) == 1, holders or "no entry point of this name is installed")
    if len(candidates) == 1:
        yield from _hook_steps(candidates[0], taken)


def _hook_steps(candidate: Candidate, taken: Collection[str]) -> Iterator[Finding]:
    health = Health()
    health.found(candidate)
    hooks = PluginHooks(health)
    try:
        module = candidate.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 importing a plugin may raise anything, even an exit
        yield Finding("it can be imported", passed=False, why=sentence(error))
        return
    yield Finding("it can be imported", passed=True, why=module.__name__)
    reason = incompatibility(module)
    yield Finding("its API_VERSION is offered", not reason, reason or str(getattr(module, "API_VERSION", "none declared")))
    try:
        hooks.register(candidate.name, module)
    except PluginRejected as error:
        yield Finding("its hooks are known and plain", passed=False, why=str(error))
        return
    yield Finding("its hooks are known and plain", passed=True)
    offers = list(collect_offers(hooks, health))
    broken = health.reason(candidate.name)
    yield Finding("its hooks return providers", not broken, broken or ", ".join(f"{offer.kind} {offer.name}" for offer in offers))
    for offer in offers:
        yield from _settings_steps(offer)
    yield from _command_steps(hooks, candidate.name, taken)


def _command_steps(hooks: PluginHooks, name: str, taken: Collection[str]) -> Iterator[Finding]:
    subject = "its commands have names of their own"
    try:
        names = hooks.names_of_commands(name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 a plugin may raise anything, even an exit
        yield Finding(subject, passed=False, why=f"provide_cli_commands: {sentence(error)}")
        return
    clashes = sorted({each for each in names if each in taken or names.count(each) > 1})
    if names:
        why = f"there is a command of this name already: {', '.join(clashes)}" if clashes else ", ".join(names)
        yield Finding(subject, not clashes, why)


def _settings_steps(offer: Described) -> Iterator[Finding]:
    subject = f"settings of {offer.kind} {offer.name}"
    strict = offer.settings.model_config.get("extra") == "forbid"
    yield Finding(
        f"{subject} refuse unknown keys", strict, f"{offer.settings.__name__}: extra={offer.settings.model_config.get('extra')}"
    )
    required = [name for name, field in offer.settings.model_fields.items() if field.is_required()]
    yield Finding(f"{subject} have defaults", not required, f"required: {', '.join(required)}" if required else "")
