"""How long the engine waits for a driver is said on the method of its interface."""

from sdk.drivers.deadlines import deadline, deadline_of, is_idempotent


class Interface:
    @deadline(5)
    def quick(self) -> None: ...

    def slow(self) -> None: ...

    @deadline(5, idempotent=True)
    def again(self) -> None: ...


class Driver(Interface):
    def quick(self) -> None: ...


def test_a_marked_method_has_its_seconds_and_another_none() -> None:
    assert deadline_of(Interface.quick) == 5.0
    assert deadline_of(Interface().quick) == 5.0
    assert deadline_of(Interface.slow) is None


def test_the_mark_is_the_interfaces_and_not_the_drivers() -> None:
    assert deadline_of(Driver.quick) is None


def test_an_attribute_of_another_kind_is_no_deadline() -> None:
    def method() -> None: ...

    method.__deadline__ = "5"
    assert deadline_of(method) is None


def test_only_a_method_that_says_so_may_be_called_again() -> None:
    assert is_idempotent(Interface.again)
    assert not is_idempotent(Interface.quick)
    assert not is_idempotent(Interface.slow)
