import subprocess
import sys
from ipaddress import ip_address, ip_interface

from plugins.net_bridge.kernel import messages


def test_the_template_encodes_what_pyroute2_would():
    address, interface, gateway = "02:42:ac:11:00:07", ip_interface("172.17.0.7/16"), ip_address("172.17.0.1")
    for gateways in ([gateway], []):
        (templated,) = messages.configure(2, address, [interface], gateways)
        link = messages._link(messages._SET, [("IFLA_ADDRESS", address)], index=2, flags=1, change=1)
        routes = b"".join(messages.default_route(2, gateway) for gateway in gateways)
        assert templated == link + messages.add_address(2, interface) + routes


def test_several_addresses_are_encoded_one_by_one():
    interfaces = [ip_interface("172.17.0.7/16"), ip_interface("fd00::7/64")]
    batch = messages.configure(2, "02:42:ac:11:00:07", interfaces, [ip_address("fd00::1")])
    assert batch[2:] == [
        *(messages.add_address(2, interface) for interface in interfaces),
        messages.default_route(2, ip_address("fd00::1")),
    ]


def test_the_driver_takes_little_of_pyroute2_and_leaves_it_usable():
    program = """
import sys
import plugins.net_bridge.driver
assert 'pyroute2' not in sys.modules
assert len([name for name in sys.modules if name.startswith('pyroute2')]) < 40
import pyroute2
assert pyroute2.IPRoute
"""
    subprocess.run([sys.executable, "-c", program], check=True)
