"""What of a driver is still as the scaffold wrote it."""

from sdk.testing.unwritten import unwritten


class Driver:
    name = "is not implemented yet"

    def written(self) -> str:
        return "is implemented"

    def first(self) -> None:
        raise NotImplementedError("driver: first is not implemented yet")

    async def second(self) -> None:
        raise NotImplementedError("driver: second is not implemented yet")

    @property
    def third(self) -> str:
        raise NotImplementedError("driver: third is not implemented yet")


class Below(Driver):
    def first(self) -> None: ...


def test_methods_and_properties_are_named_in_their_order() -> None:
    assert unwritten(Driver) == ["first", "second", "third"]


def test_what_a_class_inherits_is_not_its_own() -> None:
    assert unwritten(Below) == []
