"""Writing into a layout while others sweep it."""

import threading
from pathlib import Path

from plugins.registry_layout.writing import NewBlob, make_layout
from sdk.oci.descriptor import OCI_LAYER, Descriptor
from sdk.oci.digest import digest_of


def test_a_file_just_begun_is_not_swept_away(tmp_path: Path):
    make_layout(tmp_path)
    done = threading.Event()

    def sweep() -> None:
        while not done.is_set():
            make_layout(tmp_path)

    sweepers = [threading.Thread(target=sweep) for _ in range(2)]
    for sweeper in sweepers:
        sweeper.start()
    try:
        for number in range(200):
            content = str(number).encode()
            blob = NewBlob(tmp_path, Descriptor(OCI_LAYER, digest_of(content), len(content)))
            blob.write(content)
            blob.commit()
            blob.close()
    finally:
        done.set()
        for sweeper in sweepers:
            sweeper.join()
    assert len(list((tmp_path / "blobs" / "sha256").iterdir())) == 200
