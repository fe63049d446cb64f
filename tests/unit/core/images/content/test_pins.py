import pytest

from core.images.content.pins import Pins


def test_a_name_is_held_until_its_last_holder_lets_go() -> None:
    pins = Pins()
    with pins.hold(["a", "b"]):
        with pins.hold(iter(["b", "c", "c"])):
            assert pins.held == {"a", "b", "c"}
        assert pins.held == {"a", "b"}
    assert pins.held == frozenset()


def test_an_error_lets_go_too() -> None:
    pins = Pins()
    with pytest.raises(KeyError), pins.hold(["a"]):
        raise KeyError
    assert pins.held == frozenset()
