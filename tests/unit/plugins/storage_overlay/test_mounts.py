"""The one mount of a container, as data."""

from pathlib import Path

from plugins.storage_overlay.mounts import stacked
from sdk.drivers.storage import Mount

ROOT = Path("/data")
ACTIVE = ROOT / "a/c"


def layers(count: int) -> list[Path]:
    return [ROOT / f"l/{number:016x}/fs" for number in range(count)]


def test_layers_are_stacked_topmost_first():
    mount = stacked(ROOT, ACTIVE, layers(2), ("index=off",), readonly=False)
    lowers = "lowerdir=/data/l/0000000000000000/fs:/data/l/0000000000000001/fs"
    assert mount == Mount("overlay", "/data", (lowers, "upperdir=/data/a/c/fs", "workdir=/data/a/c/work", "index=off"))


def test_a_readonly_root_has_the_upper_as_its_topmost_layer():
    mount = stacked(ROOT, ACTIVE, layers(1), (), readonly=True)
    assert mount.options == ("ro", "lowerdir=/data/a/c/fs:/data/l/0000000000000000/fs")


def test_without_layers_there_is_nothing_to_stack():
    assert stacked(ROOT, ACTIVE, [], (), readonly=False) == Mount("bind", "/data/a/c/fs", ("rbind", "rw"))
    assert stacked(ROOT, ACTIVE, [], (), readonly=True) == Mount("bind", "/data/a/c/fs", ("rbind", "ro"))


def test_127_layers_fit_in_one_page_even_with_the_longest_key():
    root = Path("/var/lib/core/plugins/storage_overlay")
    lowers = [root / layer.relative_to(ROOT) for layer in layers(127)]
    mount = stacked(root, root / "a" / ("c" * 200), lowers, ("index=off", "metacopy=off", "redirect_dir=off"), readonly=False)
    assert len(",".join(mount.options)) < 4096
    assert mount.source == str(root)
    assert mount.options[0].startswith("lowerdir=l/0000000000000000/fs:l/")
