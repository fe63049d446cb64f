"""Which registry backend serves which host."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from core.config import ConfigurationError
from core.kernel.registries import by_host
from plugins.registry_layout.backend import LayoutBackend
from plugins.registry_layout.settings import LayoutSettings
from sdk.drivers.registry import Credentials
from sdk.errors import NotFound
from sdk.oci.reference import parse_reference

ANONYMOUS = Credentials()


def backend(**hosts: Path) -> LayoutBackend:
    return LayoutBackend(LayoutSettings(hosts={name.replace("_", "."): path for name, path in hosts.items()}))


@pytest.mark.anyio
async def test_a_host_is_served_by_who_claims_it_and_others_by_the_chosen(tmp_path: Path) -> None:
    one, two = backend(one_local=tmp_path / "one"), backend(two_local=tmp_path / "two")
    both = by_host("one", {"one": one, "two": two})
    for host, where in (("one.local", tmp_path / "one"), ("two.local", tmp_path / "two")):
        with pytest.raises(NotFound, match=f"no OCI image layout at {where}/app"):
            await both.resolve(parse_reference(f"{host}/app"), ANONYMOUS)
    with pytest.raises(NotFound, match=r"no directory is configured for three\.local"):
        await both.tags(parse_reference("three.local/app"), ANONYMOUS)


def test_the_chosen_backend_serves_alone_where_nobody_claims_anything(tmp_path: Path) -> None:
    chosen = backend(one_local=tmp_path)
    assert by_host("chosen", {"chosen": chosen, "idle": backend()}) is chosen


def test_two_that_claim_one_host_are_an_error_that_names_both(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"registry a\.local is claimed by both one and two"):
        by_host("one", {"one": backend(a_local=tmp_path), "two": backend(a_local=tmp_path)})


@pytest.mark.parametrize(
    ("hosts", "sentence"),
    [
        ({"layout": "/srv"}, "cannot begin the name of an image"),
        ({"a.local/b": "/srv"}, "cannot begin the name of an image"),
        ({"a b.local": "/srv"}, "cannot begin the name of an image"),
        ({"a.local": "srv"}, "is not an absolute path"),
    ],
)
def test_settings_that_could_never_work_are_refused(hosts: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        LayoutSettings.model_validate({"hosts": hosts})
