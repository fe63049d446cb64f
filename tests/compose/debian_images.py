"""Images of PostgreSQL, Redis, nginx, Python and a C compiler, made of Debian packages and kept in the storage of a registry.

`python -m tests.compose.debian_images` makes them once, a minute's work; they bear the names that public images have.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sdk.oci.image import ExecutionConfig
from sdk.testing.distribution import serve_registry
from sdk.testing.images import MadeImage, make_image
from tests.busybox import push
from tests.compose.clients import CACHE
from tests.network import NetworkNamespace

_SUITE = "bookworm"
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CLUSTER = "/var/lib/postgresql/data"

# The server listens to others only when the cluster is whole, so that a health check over TCP tells the truth.
_POSTGRES_ENTRYPOINT = """\
#!/bin/sh
set -eu
PATH=/usr/lib/postgresql/15/bin:$PATH
if [ "$(id -u)" = 0 ]; then
    install -d -o postgres -g postgres -m 700 "$PGDATA"
    install -d -o postgres -g postgres /run/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    [ -z "${POSTGRES_PASSWORD:-}" ] || { printf %s "$POSTGRES_PASSWORD" > /tmp/password; POSTGRES_PASSWORD_FILE=/tmp/password; }
    initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-local=trust --auth-host=scram-sha-256 --no-sync
    rm -f /tmp/password
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    pg_ctl --wait --options="-c listen_addresses=''" start
    createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
    for script in /docker-entrypoint-initdb.d/*.sql; do
        [ ! -e "$script" ] || psql --set ON_ERROR_STOP=1 --username="$POSTGRES_USER" --file="$script" "$POSTGRES_DB"
    done
    pg_ctl --wait --mode=fast stop
    echo "the cluster is ready"
fi
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Debian packages, files beside them, directories (path, owner), and what runs by default."""

    name: str
    tag: str
    packages: Sequence[str]
    config: ExecutionConfig
    files: Mapping[str, str] = field(default_factory=dict)
    directories: Mapping[str, str] = field(default_factory=dict)


RECIPES = (
    Recipe(
        "postgres",
        "15",
        ["postgresql-15"],
        ExecutionConfig(
            entrypoint=("docker-entrypoint",),
            cmd=("postgres", "-c", "listen_addresses=*"),
            env=(_PATH, f"PGDATA={_CLUSTER}", "POSTGRES_USER=postgres", "POSTGRES_DB=app", "LANG=C.UTF-8"),
            volumes={_CLUSTER: {}},
            exposed_ports={"5432/tcp": {}},
            stop_signal="SIGINT",
        ),
        {"usr/local/bin/docker-entrypoint": _POSTGRES_ENTRYPOINT},
        {_CLUSTER: "postgres"},
    ),
    Recipe(
        "redis",
        "7",
        ["redis-server"],
        ExecutionConfig(
            cmd=("redis-server", "--protected-mode", "no", "--dir", "/data"),
            env=(_PATH,),
            user="redis",
            working_dir="/data",
            volumes={"/data": {}},
            exposed_ports={"6379/tcp": {}},
        ),
        directories={"/data": "redis"},
    ),
    Recipe(
        "nginx",
        "1.22",
        ["nginx-light"],
        ExecutionConfig(cmd=("nginx", "-g", "daemon off;"), env=(_PATH,), exposed_ports={"80/tcp": {}}, stop_signal="SIGQUIT"),
    ),
    Recipe(
        "python",
        "3.11",
        ["python3", "python3-psycopg2", "python3-redis"],
        ExecutionConfig(cmd=("python3",), env=(_PATH, "LANG=C.UTF-8", "PYTHONUNBUFFERED=1")),
    ),
    Recipe("gcc", "12", ["gcc", "libc6-dev", "make"], ExecutionConfig(cmd=("bash",), env=(_PATH,))),
)


def storage() -> Path:
    """Return the storage of a registry that has all images, made or not."""
    return CACHE / "debian-images" / hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]


def make() -> None:
    """Make the images unless they are there. Raises subprocess.CalledProcessError where debootstrap or apt fails."""
    if storage().is_dir():
        return
    storage().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir="/run", prefix="core-debian-images-") as name:
        work = Path(name)
        subprocess.run(["mount", "-t", "tmpfs", "core-debian-images", work], check=True)
        try:
            _make_base(work)
            _fill(work / "registry", _images(work))
            _move(work / "registry/storage", storage())
        finally:
            subprocess.run(["umount", work], check=True)


def _move(source: Path, target: Path) -> None:
    unfinished = target.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(source, unfinished)
    unfinished.rename(target)


def _make_base(work: Path) -> None:
    _run("debootstrap", "--variant=minbase", _SUITE, work / "base")
    _run("chroot", work / "base", "apt-get", "clean")


def _images(work: Path) -> dict[tuple[str, str], MadeImage]:
    base = _tar(work / "base")
    made = {("debian", _SUITE): make_image([base], ExecutionConfig(cmd=("bash",), env=(_PATH,)))}
    for recipe in RECIPES:
        made[(recipe.name, recipe.tag)] = make_image([base, _layer(work, recipe)], recipe.config)
    return made


def _layer(work: Path, recipe: Recipe) -> bytes:
    """Install packages over the base, as an overlay, so that the upper directory is the layer. All mounts end with the namespace."""
    directory = work / recipe.name
    for name in ("upper", "work", "root"):
        (directory / name).mkdir(parents=True)
    script = """
        set -e
        mount -t overlay overlay -o lowerdir=../base,upperdir=upper,workdir=work root
        mount -t proc proc root/proc
        printf '#!/bin/sh\\nexit 101\\n' > root/usr/sbin/policy-rc.d
        chmod 755 root/usr/sbin/policy-rc.d
        DEBIAN_FRONTEND=noninteractive chroot root apt-get install -y -qq --no-install-recommends "$@"
        rm -f root/var/cache/apt/archives/*.deb root/var/cache/apt/*.bin root/usr/sbin/policy-rc.d
    """
    _run("unshare", "--mount", "--pid", "--fork", "sh", "-c", script, "sh", *recipe.packages, directory=directory)
    return _with_files(_tar(directory / "upper"), recipe, directory / "upper")


def _with_files(archive: bytes, recipe: Recipe, upper: Path) -> bytes:
    owners = (
        {line.split(":")[0]: line.split(":")[2:4] for line in (upper / "etc/passwd").read_text().splitlines()}
        if recipe.directories
        else {}
    )
    buffer = io.BytesIO(archive)
    with tarfile.open(fileobj=buffer, mode="a") as layer:
        for path, owner in recipe.directories.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o700
            entry.uid, entry.gid = map(int, owners[owner])
            layer.addfile(entry)
        for path, content in recipe.files.items():
            entry = tarfile.TarInfo(path)
            entry.mode, entry.size = 0o755, len(content)
            layer.addfile(entry, io.BytesIO(content.encode()))
    return buffer.getvalue()


def _fill(directory: Path, images: Mapping[tuple[str, str], MadeImage]) -> None:
    network = NetworkNamespace()
    try:
        with network.entered(), serve_registry(directory) as registry:
            for (name, tag), image in images.items():
                push(image, registry.address, f"library/{name}", tag)
    finally:
        network.delete()


def _tar(directory: Path) -> bytes:
    words = ["tar", "--xattrs-include=security.capability", "--one-file-system", "-C", directory, "-c", "."]
    return subprocess.run(words, check=True, capture_output=True).stdout


def _run(*words: str | Path, directory: Path | None = None) -> None:
    subprocess.run(words, check=True, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def main() -> None:
    """Make the images; say why where that is not possible."""
    try:
        make()
    except subprocess.CalledProcessError as error:
        sys.exit(f"the images are not made: {error}\n{(error.stderr or b'').decode(errors='replace')[-500:]}")


if __name__ == "__main__":
    main()
