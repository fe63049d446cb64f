"""What a process is told of the driver that it is to open."""

import sys

from sdk.isolation.asking import Wanted, open_request
from sdk.providers import PluginContext


def test_it_names_the_hook_and_gives_what_the_driver_is_opened_with(plugin_context: PluginContext) -> None:
    hook = ("tests.odd_volumes", "provide_volume_driver")
    request = open_request(Wanted("volume", hook, "{}", ("CAP_SYS_ADMIN", "CAP_FOWNER")), plugin_context, 20)
    assert (request.module, request.hook) == ("tests.odd_volumes", "provide_volume_driver")
    assert (request.kind, request.plugin, request.instance) == ("volume", "test", plugin_context.instance)
    assert (request.data_root, request.exec_root) == (str(plugin_context.data_root), str(plugin_context.exec_root))
    assert set(request.path) == {place for place in sys.path if place}
    assert request.capabilities == ("CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SYS_ADMIN")
