"""`--help`: the options with their forms, as dockerd prints them."""

from collections.abc import Iterator

from core.dockerd.options import OPTIONS, Form, Option


def usage(program: str) -> str:
    """Return the help text."""
    lines = [f"Usage:  {program} [OPTIONS]", "", "Run the container engine's daemon.", "", "Options:"]
    return "\n".join([*lines, *_rows()]) + "\n"


def _rows() -> Iterator[str]:
    for option in sorted(OPTIONS, key=lambda option: option.flag):
        if not option.hidden:
            yield f"  {_name(option):<45} {option.help}{_effect(option)}"


def _name(option: Option) -> str:
    short = f"-{option.short}, " if option.short else "    "
    form = "" if option.form is Form.SWITCH else f" {'list' if option.form is Form.ADDRESSES else option.form}"
    return f"{short}--{option.flag}{form}"


def _effect(option: Option) -> str:
    if option.refused:
        return f" ({option.refused})"
    known = option.setting or not option.key or option.flag in ("debug", "log-level")
    return "" if known else " (accepted, without effect)"
