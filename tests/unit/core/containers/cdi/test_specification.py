"""Files about devices: read whole, and refused in one sentence."""

import json
import re

import pytest

from core.containers.cdi.specification import ContainerEdits, DeviceNode, Hook, Mount, parse_specification

NODE = {"deviceNodes": [{"path": "/dev/null"}]}


def specification(**changes: object) -> dict[str, object]:
    return {"cdiVersion": "1.0.0", "kind": "example.com/lamp", "devices": [{"name": "one", "containerEdits": NODE}], **changes}


def device(edits: object, name: object = "one") -> dict[str, object]:
    return specification(devices=[{"name": name, "containerEdits": edits}])


def test_all_there_is_in_yaml():
    parsed = parse_specification(
        b"""
cdiVersion: 0.7.0
kind: example.com/lamp
annotations: {colour: red}
containerEdits:
  env: [LAMP=1]
  additionalGids: [44]
devices:
- name: 0
  containerEdits:
    deviceNodes:
    - {path: /dev/lamp, hostPath: /dev/null, type: c, major: 1, minor: 3, fileMode: 0640, permissions: rw, uid: 7, gid: 8}
    mounts:
    - {hostPath: /usr/lib/lamp, containerPath: /lib/lamp, options: [ro, bind], type: bind}
    hooks:
    - {hookName: createContainer, path: /usr/bin/lamp, args: [lamp, "on"], env: [A=1], timeout: 5}
""",
        "/etc/cdi/lamp.yaml",
    )
    assert parsed.container_edits == ContainerEdits(env=("LAMP=1",), additional_gids=(44,))
    (lamp,) = parsed.devices
    assert lamp.called == "0"
    assert lamp.container_edits == ContainerEdits(
        device_nodes=(DeviceNode("/dev/lamp", "/dev/null", "c", 1, 3, 0o640, "rw", 7, 8),),
        mounts=(Mount("/usr/lib/lamp", "/lib/lamp", ("ro", "bind"), "bind"),),
        hooks=(Hook("createContainer", "/usr/bin/lamp", ("lamp", "on"), ("A=1",), 5),),
    )


def test_json_with_tabs():
    assert parse_specification(json.dumps(specification(), indent="\t").encode(), "lamp.json").kind == "example.com/lamp"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (specification(cdiVersion="0.9.9"), 'invalid CDI Spec: invalid version "0.9.9"'),
        (specification(kind="lamp"), "invalid CDI Spec: invalid vendor. empty name"),
        (specification(devices=[]), "invalid CDI Spec: invalid spec, no devices"),
        (
            specification(cdiVersion="0.5.0", kind="example.com/lamp.big"),
            "invalid CDI Spec: the spec version must be at least v0.6.0",
        ),
        (specification(cdiVersion="0.5.0", annotations={"a": "b"}), "invalid CDI Spec: the spec version must be at least v0.6.0"),
        (
            specification(cdiVersion="0.6.0", containerEdits={"additionalGids": [1]}),
            "invalid CDI Spec: the spec version must be at least v0.7.0",
        ),
        (
            specification(containerEdits={"env": ["=1"]}),
            'invalid CDI Spec: invalid container edits: invalid environment variable "=1"',
        ),
        (device({}), 'invalid CDI Spec: failed add device "one": invalid device, empty device edits'),
        (device(NODE, "a/b"), 'invalid CDI Spec: failed add device "a/b": invalid device name "a/b"'),
        (device({"deviceNodes": [{"path": ""}]}), 'invalid CDI Spec: failed add device "one": invalid (empty) device path'),
        (
            device({"deviceNodes": [{"path": "/dev/a", "type": "x"}]}),
            'invalid CDI Spec: failed add device "one": device "/dev/a": invalid type "x"',
        ),
        (
            device({"deviceNodes": [{"path": "/dev/a", "permissions": "rx"}]}),
            'invalid CDI Spec: failed add device "one": device "/dev/a": invalid permissions "rx"',
        ),
        (
            device({"mounts": [{"hostPath": "", "containerPath": "/a"}]}),
            'invalid CDI Spec: failed add device "one": invalid mount, empty host path',
        ),
        (
            device({"mounts": [{"hostPath": "/a", "containerPath": ""}]}),
            'invalid CDI Spec: failed add device "one": invalid mount, empty container path',
        ),
        (
            device({"hooks": [{"hookName": "later", "path": "/a"}]}),
            'invalid CDI Spec: failed add device "one": invalid hook name "later"',
        ),
        (
            device({"hooks": [{"hookName": "prestart", "path": ""}]}),
            'invalid CDI Spec: failed add device "one": invalid hook "prestart" with empty path',
        ),
        (
            specification(devices=[{"name": "one", "containerEdits": NODE}] * 2),
            'invalid CDI Spec: invalid spec, multiple device "one"',
        ),
    ],
)
def test_what_is_no_specification(changed: dict[str, object], sentence: str):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_specification(json.dumps(changed).encode(), "lamp.json")


@pytest.mark.parametrize(
    ("needed", "edits", "name"),
    [
        ("0.4.0", {"mounts": [{"hostPath": "/a", "containerPath": "/a", "type": "bind"}]}, "one"),
        ("0.5.0", {"deviceNodes": [{"path": "/dev/a", "hostPath": "/dev/b"}]}, "one"),
        ("0.5.0", NODE, "1one"),
        ("0.7.0", {"intelRdt": {"closID": "x"}}, "one"),
        ("1.1.0", {"netDevices": [{"hostInterfaceName": "eth1", "name": "eth0"}]}, "one"),
    ],
)
def test_a_file_must_be_of_the_version_that_has_what_it_uses(needed: str, edits: object, name: str):
    parse_specification(json.dumps(device(edits, name) | {"cdiVersion": needed}).encode(), "lamp.json")
    with pytest.raises(ValueError, match=f"at least v{needed}$"):
        parse_specification(json.dumps(device(edits, name) | {"cdiVersion": "0.3.0"}).encode(), "lamp.json")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"kind: [",
        b"- \t- a",
        b"\xff\xfe",
        b'{"kind": "\xff"}',
        b"[" * 100_000,
        b"&a [*a]",
        json.dumps(specification(more=1)).encode(),
    ],
)
@pytest.mark.parametrize("path", ["lamp.json", "lamp.yaml"])
def test_what_cannot_be_read_is_refused_in_one_line(content: bytes, path: str):
    with pytest.raises(ValueError, match=f'^failed to parse CDI Spec "{path}": [^\n]+$'):
        parse_specification(content, path)
