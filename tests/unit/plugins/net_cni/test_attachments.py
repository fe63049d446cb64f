"""What is on record of a container's interface."""

from pathlib import Path

import pytest
from msgspec import Raw
from msgspec.structs import replace

from plugins.net_cni.attachments import Attachment, Attachments

LIST = '{"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "bridge"}]}'
ID = "0123456789abcdef" * 4
FOUND = Attachment(endpoint_id="e", container_id=ID, interface="eth0", conflist=LIST, runtime={"mac": Raw(b'"02:00:00:00:00:01"')})


@pytest.fixture
def attachments(tmp_path: Path) -> Attachments:
    return Attachments(tmp_path / "attachments")


def test_an_attachment_is_found_by_container_and_interface(attachments: Attachments) -> None:
    attachments.save(FOUND)
    attachments.save(replace(FOUND, interface="eth1"))
    assert attachments.find(ID, "eth0") == FOUND
    assert attachments.find(ID, "eth2") is attachments.find("f" * 64, "eth0") is None
    assert sorted(each.interface for each in attachments.all()) == ["eth0", "eth1"]
    attachments.forget(FOUND)
    attachments.forget(FOUND)
    assert [each.interface for each in attachments.all()] == ["eth1"]


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (b'{"ips": []}', b'{"ips": []}'),
        (b'{"code": 7, "msg": "no"}', b'{"old": 1}'),
        (b"", b'{"old": 1}'),
        (b'{"ips": [', b'{"old": 1}'),
        (b'{"ips": "\xff', b'{"old": 1}'),
        (b"[" * 20_000, b'{"old": 1}'),
    ],
)
def test_an_answer_that_the_daemon_did_not_hear_counts_if_it_is_a_result(
    attachments: Attachments, answer: bytes, result: bytes
) -> None:
    attachments.save(replace(FOUND, result=Raw(b'{"old": 1}')))
    attachments.answer(FOUND).write_bytes(answer)
    found = attachments.find(ID, "eth0")
    assert found is not None
    assert bytes(found.result) == result


@pytest.mark.parametrize("content", [b"", b"{}", b'{"endpoint_id": "\xff"}', b'{"x": ' + b"[" * 20_000])
def test_a_record_that_cannot_be_read_hides_no_other(attachments: Attachments, tmp_path: Path, content: bytes) -> None:
    attachments.save(FOUND)
    (tmp_path / "attachments/fff:eth0.json").write_bytes(content)
    assert attachments.all() == [FOUND]


def test_a_plugins_answer_is_there_or_not() -> None:
    assert not FOUND.has_result
    assert replace(FOUND, result=Raw(b"{}")).has_result
    assert [plugin.type for plugin in FOUND.plan.plugins] == ["bridge"]
    assert FOUND.target("/n").interface == "eth0"
