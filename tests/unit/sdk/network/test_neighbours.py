"""Announcements, byte by byte."""

from ipaddress import ip_address

from sdk.network.neighbours import announcement

MAC = "02:42:ac:16:16:16"


def test_an_arp_announcement_asks_for_its_own_address() -> None:
    """RFC 5227, section 3: a request whose sender and target address are the same."""
    frame = announcement(MAC, ip_address("172.22.22.22"))
    assert frame.hex(" ") == (
        "ff ff ff ff ff ff 02 42 ac 16 16 16 08 06 00 01 08 00 06 04 00 01 "
        "02 42 ac 16 16 16 ac 16 16 16 00 00 00 00 00 00 ac 16 16 16"
    )


def test_an_unsolicited_neighbour_advertisement_overrides() -> None:
    """RFC 4861, sections 4.4 and 7.2.6; the sum over pseudo header and message, the checksum among them, is all ones."""
    frame = announcement(MAC, ip_address("fd00:30::5"))
    assert frame[:14].hex(" ") == "33 33 00 00 00 01 02 42 ac 16 16 16 86 dd"
    address = "fd 00 00 30 00 00 00 00 00 00 00 00 00 00 00 05"
    nodes = "ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01"
    assert frame[14:54].hex(" ") == f"60 00 00 00 00 20 3a ff {address} {nodes}"
    message = frame[54:]
    assert message[:2].hex(" ") == "88 00"
    assert message[4:].hex(" ") == f"20 00 00 00 {address} 02 01 02 42 ac 16 16 16"
    summed = frame[22:54] + bytes((0, 0, 0, 32, 0, 0, 0, 58)) + message
    total = sum(int.from_bytes(summed[at : at + 2]) for at in range(0, len(summed), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    assert total == 0xFFFF
