"""A wrapper has the optional abilities of what it wraps, and keeps its own."""

import pytest

from core.kernel.slots.facade import slotted
from core.kernel.slots.slot import Slot
from sdk.drivers.runtime import BatchStats, PlanExplainer, Runtime
from sdk.drivers.storage import ActiveCommitter
from sdk.providers import Kind
from sdk.wrapping import with_abilities_of


class Bare(Runtime):
    """A runtime without abilities."""

    async def start(self, bundle, io):
        raise NotImplementedError

    async def adopt(self, container_id, path):
        return None

    async def discard(self, container_id, path):
        return None

    async def audit(self):
        return ("bare",)


class Able(Bare, PlanExplainer, BatchStats):
    """One with both."""

    def describe(self, bundle, io):
        return [("clone", f"{bundle} {io}")]

    async def stats_many(self, container_ids):
        return {}


class Wrapper(Bare):
    def __init__(self, inner):
        self.inner = inner

    async def audit(self):
        return ("wrapped",)


class Explaining(Wrapper, PlanExplainer):
    def describe(self, bundle, io):
        return [("mine", "")]


@pytest.mark.anyio
async def test_the_abilities_of_the_inner_driver_are_the_wrappers() -> None:
    wrapper = with_abilities_of(Able(), Wrapper(1))
    assert isinstance(wrapper, Wrapper)
    assert isinstance(wrapper, PlanExplainer)
    assert isinstance(wrapper, BatchStats)
    assert not isinstance(wrapper, ActiveCommitter)
    assert wrapper.describe("bundle", "io") == [("clone", "bundle io")]
    assert await wrapper.stats_many(["a"]) == {}
    assert (await wrapper.audit(), wrapper.inner) == (("wrapped",), 1)


def test_what_the_wrapper_does_itself_stays() -> None:
    wrapper = with_abilities_of(Able(), Explaining(1))
    assert wrapper.describe("bundle", "io") == [("mine", "")]
    assert isinstance(wrapper, BatchStats)


def test_other_wrappers_of_the_class_have_no_more_than_before() -> None:
    with_abilities_of(Able(), Wrapper(1))
    plain = Wrapper(2)
    assert with_abilities_of(Bare(), plain) is plain
    assert type(plain) is Wrapper


def test_wrappers_of_a_class_share_one_class_and_each_passes_on_to_its_own() -> None:
    class Telling(Able):
        def __init__(self, name):
            self.name = name

        def describe(self, bundle, io):
            return [(self.name, "")]

    one, other = (with_abilities_of(Telling(name), Wrapper(name)) for name in ("one", "other"))
    assert type(one) is type(other)
    assert (one.describe("", ""), other.describe("", "")) == ([("one", "")], [("other", "")])


@pytest.mark.anyio
async def test_a_wrapper_may_have_the_abilities_of_several() -> None:
    class Explained(Bare, PlanExplainer):
        def describe(self, bundle, io):
            return [("first", "")]

    wrapper = with_abilities_of(Able(), with_abilities_of(Explained(), Wrapper(1)))
    assert wrapper.describe("", "") == [("first", "")]
    assert await wrapper.stats_many(["a"]) == {}


@pytest.mark.anyio
async def test_the_engine_sees_them_through_its_view() -> None:
    view = slotted(Slot(Kind.RUNTIME, "wrapper", "plugin"), with_abilities_of(Able(), Wrapper(1)))
    assert isinstance(view, PlanExplainer)
    assert await view.stats_many(["a"]) == {}
