import json

import pytest

from core.images.documents import parse_config, parse_index, parse_manifest
from sdk.errors import DataLoss


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
