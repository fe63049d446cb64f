import json
import re
import tracemalloc

import pytest

from core.images.documents import parse_config, parse_index, parse_manifest, require_short
from sdk.errors import DataLoss
from sdk.oci.descriptor import Descriptor


def test_nulls_mean_absent() -> None:
    config = parse_config(
        json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {"Env": None, "Cmd": ["sh"], "Entrypoint": None, "Labels": None, "Volumes": None, "OnBuild": None},
                "rootfs": {"type": "layers", "diff_ids": None},
                "history": [{"created": "x", "comment": None}],
                "unknown": {"field": [1, 2.5, True]},
            }
        ).encode()
    )
    assert (config.config.env, config.config.cmd, config.config.entrypoint) == ((), ("sh",), None)
    assert config.rootfs.diff_ids == ()
    assert config.history[0].comment == ""


def test_a_manifest_without_layers() -> None:
    descriptor = {"mediaType": "t", "digest": "d", "size": 1}
    assert parse_manifest(json.dumps({"config": descriptor, "layers": None}).encode()).layers == ()
    assert parse_index(b"{}").manifests == ()


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"config": 1, "layers": []}', b'{"layers": []}'])
def test_what_is_no_manifest_is_data_loss(content: bytes) -> None:
    with pytest.raises(DataLoss, match="manifest"):
        parse_manifest(content)


@pytest.mark.parametrize(
    "content",
    [
        b'{"layers":null,"x":' + b"[" * 100_000,
        b'{"layers":null,"x":[' + b"[]," * 1_000_000 + b"[]]}",
        b'{"layers":null,"x":"\xff"}',
        json.dumps({"config": {"mediaType": "t", "digest": "d", "size": -1}, "layers": []}).encode(),
        json.dumps({"config": {"mediaType": "t", "digest": "d", "size": 10**30}, "layers": []}).encode(),
    ],
)
def test_a_hostile_manifest_is_data_loss_in_one_sentence(content: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(DataLoss, match="manifest") as caught:
        parse_manifest(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not re.search("recursion|codec|Errno", caught.value.message)
    assert peak < 20 << 20


def test_a_configuration_of_a_gigabyte_is_not_read() -> None:
    with pytest.raises(DataLoss, match="is larger than 8388608 bytes"):
        require_short(Descriptor("t", "sha256:" + "0" * 64, 1 << 30))
