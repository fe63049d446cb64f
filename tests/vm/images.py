"""The machine's two disks: a Debian that is made once, and the project with its tests, made for every run."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.vm.machine import BaseImage

CACHE = Path(os.environ.get("CORE_VM_CACHE", "/var/cache/core-vm"))
SUITE = os.environ.get("CORE_VM_SUITE", "bookworm")
"""Debian's release: bookworm has Linux 6.1, trixie 6.12."""

_GUEST = Path(__file__).parent / "guest"
_PACKAGES = (
    "busybox-static", "ca-certificates", "crun", "docker-registry", "initramfs-tools", "iproute2", "kmod", "libnftables1",
    "linux-image-cloud-amd64", "nftables", "procps", "python3", "runc", "tini",
)  # fmt: skip
_CLIENTS = {"bookworm": "docker.io"}
"""The package with the Docker CLI, where it is not `docker-cli`."""

_TEST_REQUIREMENTS = ("docker", "pytest", "pytest-timeout")


def base_image(project: Path) -> BaseImage:
    """Return the root file system with what the project needs, from the cache unless that has to be made first: some minutes."""
    requirements = _requirements(project)
    recipe = json.dumps([SUITE, _PACKAGES, requirements, (_GUEST / "run-tests").read_text()])
    directory = CACHE / f"{SUITE}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if not directory.exists():
        with _made_at(directory) as unfinished:
            _make_base(unfinished, requirements)
    return BaseImage(directory)


def project_image(project: Path, directory: Path, tests: Sequence[str]) -> Path:
    """Make the disk that the machine mounts at /project: the tests, a list of those to run, and the project installed as a wheel."""
    image = directory / "project.ext4"
    with tempfile.TemporaryDirectory(dir=directory) as name:
        root = Path(name)
        for part in ("tests", "pyproject.toml"):
            _copy(project / part, root / part)
        (root / "selected").write_text("\n".join(tests))
        _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", root / "wheel", project)
        _install(root / "site", map(str, (root / "wheel").iterdir()), "--no-deps", "--no-index")
        _make_file_system(image, root, "256M")
    return image


def _requirements(project: Path) -> list[str]:
    document = tomllib.loads((project / "pyproject.toml").read_text())
    wanted = [line for line in document["dependency-groups"]["dev"] if line.partition(">")[0] in _TEST_REQUIREMENTS]
    return [*document["project"]["dependencies"], *wanted]


@contextmanager
def _made_at(place: Path) -> Iterator[Path]:
    """Yield a directory that becomes `place` if all goes well, and is removed otherwise."""
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=CACHE, prefix="unfinished-"))
    try:
        yield unfinished
        unfinished.rename(place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _make_base(directory: Path, requirements: Sequence[str]) -> None:
    root = directory / "root"
    _run("debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", SUITE, root)
    _add_docker_client(root)
    version = _output("chroot", root, "python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    packages = root / f"usr/local/lib/python{version}/dist-packages"
    _install(packages, requirements, "--python-version", version, "--only-binary=:all:")
    _run("chroot", root, "python3", "-m", "compileall", "-q", f"/{packages.relative_to(root)}")
    shutil.copy(_GUEST / "run-tests", root / "sbin/run-tests")
    (root / "project").mkdir()
    for name in ("vmlinuz", "initrd.img"):
        shutil.copy(next((root / "boot").glob(f"{name}-*")), directory / name)
    _make_file_system(directory / "root.ext4", root, "3G")
    shutil.rmtree(root)


def _add_docker_client(root: Path) -> None:
    """Take the program alone out of its package, which in some releases brings a daemon along."""
    _run("chroot", root, "sh", "-c", f"cd /tmp && apt-get download {_CLIENTS.get(SUITE, 'docker-cli')}")
    (package,) = (root / "tmp").glob("*.deb")
    contents = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", root, "./usr/bin/docker"], input=contents, check=True)
    package.unlink()


def _install(target: Path, requirements: Iterator[str] | Sequence[str], *options: str) -> None:
    _run(sys.executable, "-m", "pip", "install", "--quiet", "--target", target, *options, *requirements)


def _copy(source: Path, destination: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, destination, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, destination)


def _make_file_system(image: Path, root: Path, size: str) -> None:
    image.unlink(missing_ok=True)
    _run("mkfs.ext4", "-q", "-d", root, image, size)


def _run(*words: str | Path) -> None:
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)


def _output(*words: str | Path) -> str:
    return subprocess.run(words, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout.strip()
