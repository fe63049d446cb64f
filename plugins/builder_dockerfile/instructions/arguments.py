"""ARG inside a stage."""

from dataclasses import replace

from plugins.builder_dockerfile.building import Building
from plugins.builder_dockerfile.instructions.metadata import Expander, add_history
from plugins.builder_dockerfile.language.instructions import Arg
from plugins.builder_dockerfile.state import StageState


def apply_arg(building: Building, body: Arg, state: StageState, expander: Expander) -> StageState:
    """Return the state with arguments declared. Their history shows defaults alone: a value from outside may be a secret."""
    arguments, outside, plan = dict(state.arguments), building.arguments, building.plan
    shown: list[str] = []
    for name, default in body.arguments:
        building.consumed.add(name)
        declared = None if default is None else expander.word(default)
        value = outside.get(name, plan.arguments.get(name) if declared is None else declared)
        if value is not None:
            arguments[name] = value
        shown.append(name if declared is None else f"{name}={declared}")
    return add_history(replace(state, arguments=arguments), f"ARG {' '.join(shown)}")
