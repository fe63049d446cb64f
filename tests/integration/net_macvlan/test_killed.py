"""A daemon killed while it makes a parent leaves no link that is not known again."""

from pathlib import Path

import pytest

from core.host.traces import Territory, links
from plugins.net_macvlan.links import made_parents, make_parent, remove_parent
from plugins.net_macvlan.options import MADE, MacvlanOptions
from sdk.linux.links import link_names
from tests.killed import killed_at_every_call

pytestmark = [pytest.mark.privileged, pytest.mark.usefixtures("own_network")]

INSTANCE = "c0ffee12"
ALIAS, UNFINISHED = f"core:{INSTANCE}:macvlan", f"mv{INSTANCE}"


def test_a_parent_is_marked_whenever_its_maker_is_killed() -> None:
    options = MacvlanOptions(parent=f"{MADE}0123456789", made=True)
    before, seen = link_names(), set()
    for _ in killed_at_every_call(lambda: make_parent(options, ALIAS, UNFINISHED)):
        made = link_names() - before
        assert set(made_parents(ALIAS, UNFINISHED)) == made
        assert {trace.name for trace in links(Territory(Path("/data"), Path("/run"), INSTANCE))} == made
        seen |= made
        for name in made:
            remove_parent(name)
    assert seen == {UNFINISHED, options.parent}


def test_what_was_not_finished_is_made_anew() -> None:
    options = MacvlanOptions(parent=f"{MADE}0123456789", made=True)
    for _ in killed_at_every_call(lambda: make_parent(options, ALIAS, UNFINISHED)):
        make_parent(options, ALIAS, UNFINISHED)
        assert made_parents(ALIAS, UNFINISHED) == [options.parent]
        remove_parent(options.parent)
