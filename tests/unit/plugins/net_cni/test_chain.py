"""Lists of plugins that are shell scripts: each writes down what it was called with."""

import json
import os
from pathlib import Path

import pytest
from msgspec import Raw

from plugins.net_cni.attachments import Attachment, Attachments
from plugins.net_cni.chain import Chain
from plugins.net_cni.programs import Programs
from sdk.errors import DeadlineExceeded, DriverError, EngineError, InvalidArgument, Unavailable

_SCRIPT = """\
#!/bin/sh
config=$(tr -d "\n")
echo "$CNI_COMMAND $(basename $0) $CNI_CONTAINERID $CNI_NETNS $CNI_IFNAME $config" >> {calls}
{body}
"""
_ANSWER = 'test $CNI_COMMAND = ADD && echo \'{"ips": [{"address": "10.1.0.%d/24"}]}\'; true'


class Room:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.calls_file = directory / "calls"
        self.calls_file.touch()
        self.attachments = Attachments(directory / "attachments")
        self.chain = Chain(Programs((directory,), timeout=2), self.attachments)

    def program(self, name: str, body: str) -> str:
        path = self.directory / name
        path.write_text(_SCRIPT.format(calls=self.calls_file, body=body))
        path.chmod(0o755)
        return name

    def attachment(self, *plugins: dict[str, object], version: str = "1.0.0", **fields: object) -> Attachment:
        document = {"cniVersion": version, "name": "web", "plugins": plugins, **fields}
        runtime = {"portMappings": Raw(b'[{"hostPort": 80}]'), "mac": Raw(b'"02:00:00:00:00:01"')}
        return Attachment(endpoint_id="e", container_id="c1", interface="eth0", conflist=json.dumps(document), runtime=runtime)

    def calls(self) -> list[tuple[str, str, dict[str, object]]]:
        calls = []
        for line in self.calls_file.read_text().splitlines():
            command, name, container, namespace, interface, config = line.split(" ", 5)
            assert (container, namespace, interface) == ("c1", "/run/ns", "eth0")
            calls.append((command, name, json.loads(config)))
        return calls


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_each_plugin_gets_the_last_ones_result_and_what_it_can_take(room: Room) -> None:
    one = {"type": room.program("one", _ANSWER % 1), "capabilities": {"mac": True}, "mtu": 1400}
    two = {"type": room.program("two", _ANSWER % 2), "capabilities": {"portMappings": True}}
    result = room.chain.add(room.attachment(one, two), "/run/ns")
    assert [str(address) for address in result.addresses("eth0")] == ["10.1.0.2/24"]
    common = {"cniVersion": "1.0.0", "name": "web"}
    assert room.calls() == [
        ("ADD", "one", {**one, **common, "runtimeConfig": {"mac": "02:00:00:00:00:01"}}),
        (
            "ADD",
            "two",
            {
                **two,
                **common,
                "runtimeConfig": {"portMappings": [{"hostPort": 80}]},
                "prevResult": {"ips": [{"address": "10.1.0.1/24"}]},
            },
        ),
    ]
    assert len(room.attachments.all()) == 1


def test_del_goes_backwards_with_the_result_and_forgets(room: Room) -> None:
    room.chain.add(room.attachment(*({"type": room.program(name, _ANSWER % 7)} for name in ("one", "two"))), "/run/ns")
    (attachment,) = room.attachments.all()
    room.calls_file.write_text("")
    room.chain.delete(attachment, "/run/ns")
    assert [(command, name) for command, name, _ in room.calls()] == [("DEL", "two"), ("DEL", "one")]
    assert all(config["prevResult"] == {"ips": [{"address": "10.1.0.7/24"}]} for _, _, config in room.calls())
    assert os.listdir(room.directory / "attachments") == []


def test_check_is_left_out_where_the_list_says_so(room: Room) -> None:
    plugin = {"type": room.program("one", _ANSWER % 1)}
    for fields, calls in (({}, 1), ({"disableCheck": True}, 0), ({"disableCheck": "true"}, 0)):
        room.calls_file.write_text("")
        room.chain.check(room.attachment(plugin, **fields), "/run/ns")
        assert len(room.calls()) == calls


def test_a_failing_add_is_undone_by_all_plugins(room: Room) -> None:
    one = {"type": room.program("one", _ANSWER % 1)}
    bad = {
        "type": room.program("bad", 'test $CNI_COMMAND = DEL || { echo \'{"code": 999, "msg": "no", "details": "way"}\'; exit 1; }')
    }
    with pytest.raises(DriverError, match="cni: bad ADD: no: way"):
        room.chain.add(room.attachment(one, bad, {"type": "absent"}), "/run/ns")
    assert [(command, name) for command, name, _ in room.calls()] == [
        ("ADD", "one"),
        ("ADD", "bad"),
        ("DEL", "bad"),
        ("DEL", "one"),
    ]
    assert len(room.attachments.all()) == 1, "one plugin could not run DEL: it is tried again"


def test_what_cannot_be_deleted_stays_on_record_while_the_others_go(room: Room) -> None:
    one = {"type": room.program("one", _ANSWER % 1)}
    bad = {"type": room.program("bad", "test $CNI_COMMAND = ADD && cat <<. || exit 3\n{}\n.")}
    room.chain.add(room.attachment(one, bad), "/run/ns")
    (attachment,) = room.attachments.all()
    with pytest.raises(DriverError, match="bad DEL: exit status 3"):
        room.chain.delete(attachment, "/run/ns")
    assert ("DEL", "one") in [(command, name) for command, name, _ in room.calls()]
    assert room.attachments.all() == [attachment]


def test_the_answer_of_a_plugin_that_outlived_us_counts(room: Room) -> None:
    attachment = room.attachment({"type": "one"})
    room.attachments.save(attachment)
    answer = room.attachments.answer(attachment)
    answer.write_bytes(b'{"ips": [{"address": "10.1.0.9/24"}]}')
    assert bytes(room.attachments.all()[0].result) == answer.read_bytes()
    answer.write_bytes(b'{"ips": [{"addr')
    assert not room.attachments.all()[0].has_result


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ('echo \'{"code": 7, "msg": "bad config"}\'; exit 1', InvalidArgument, "CNI plugin one ADD: bad config"),
        ('echo \'{"code": 11, "msg": "later"}\'; exit 1', Unavailable, "CNI plugin one ADD: later"),
        ("echo panic >&2; exit 2", DriverError, "cni: one ADD: panic"),
        ("exit 2", DriverError, "exit status 2"),
        ("echo nonsense", DriverError, "the result of the last plugin makes no sense"),
        ("test $CNI_COMMAND = DEL || exec sleep 9", DeadlineExceeded, "CNI plugin one did not finish ADD in 2 s"),
    ],
)
def test_errors(room: Room, body: str, kind: type[EngineError], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        room.chain.add(room.attachment({"type": room.program("one", body)}), "/run/ns")
    assert type(caught.value) is kind
