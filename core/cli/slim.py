"""What the daemon's libraries bring along and it never uses, kept out of its memory: seven MiB."""

import sys
from importlib import import_module
from types import ModuleType

_DISPENSABLE = (
    "httpx._main",  # httpx's own command line, with rich and pygments
    "pydantic.v1",  # asked for by FastAPI to refuse its models
)
_ABSENT = object()


def keep_small() -> None:
    """To be called before the libraries are imported."""
    for name in _DISPENSABLE:
        # Their importers can do without; None is how the import system spells that.
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    _postpone("uvicorn", "uvicorn.main")  # its command line, with click and multiprocessing


def _postpone(package: str, module: str) -> None:
    """Import a package without a module that it takes names from; code that asks the package for one of them gets it (PEP 562)."""
    if package in sys.modules:
        return
    stand_in = ModuleType(module)
    vars(stand_in)["__getattr__"] = lambda _name: _ABSENT
    sys.modules[module] = stand_in
    names = vars(import_module(package))
    del sys.modules[module]
    postponed = [name for name, value in names.items() if value is _ABSENT]
    for name in postponed:
        del names[name]

    def find(name: str) -> object:
        if name not in postponed:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return vars(import_module(module))[name]

    names["__getattr__"] = find
