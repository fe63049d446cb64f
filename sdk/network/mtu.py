"""The option of a network that says how large frames on it may be."""

from collections.abc import Mapping

from sdk.errors import InvalidArgument
from sdk.numbers import BadNumber, parse_digits

MTU_OPTION = "com.docker.network.driver.mtu"
_MOST = 10**9 - 1


def parse_mtu(options: Mapping[str, str]) -> int:
    """Return the MTU in bytes that a network's options ask for, 0 if they ask for none.

    Raises InvalidArgument for what is no such number. Which MTU a link of the driver can have is for the driver to say.
    """
    text = options.get(MTU_OPTION, "")
    try:
        return parse_digits(text, _MOST) if text else 0
    except BadNumber as error:
        raise InvalidArgument(f'invalid value for {MTU_OPTION}: strconv.Atoi: parsing "{text}": {error}') from None
