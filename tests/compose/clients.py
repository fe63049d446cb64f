"""The Docker CLI, buildx and Compose (version 2 and the older 1.29 in Python) as Debian ships them, unpacked beside the system, which stays as it is.

`python -m tests.compose.clients` fetches them; without it the tests look for what is installed, and else skip.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CACHE = Path(os.environ.get("CORE_TESTS_CACHE", "/var/cache/core-tests"))
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

BUILDX, COMPOSE = "docker-buildx", "docker-compose"
_PLUGINS = "usr/libexec/docker/cli-plugins"
_INSTALLED = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    f"/{_PLUGINS}",
)
_V1_PYTHON = "/usr/bin/python3"
_V1_PACKAGES = (
    "docker-compose python3-attr python3-certifi python3-chardet python3-distro python3-distutils python3-docker python3-dockerpty python3-docopt "
    "python3-dotenv python3-idna python3-jsonschema python3-packaging python3-pkg-resources python3-pyrsistent python3-requests "
    "python3-six python3-texttable python3-urllib3 python3-websocket python3-yaml"
).split()


@dataclass(frozen=True, slots=True)
class Compose:
    """A client: the words it is called by, and what its environment must hold."""

    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Release:
    """A release of Debian, the packages wanted of it, and the directory they are unpacked to."""

    name: str
    packages: Sequence[str]

    @property
    def root(self) -> Path:
        return CACHE / "compose" / self.name


TRIXIE = Release("trixie", ["docker-buildx", "docker-cli", "docker-compose"])
BOOKWORM = Release("bookworm", _V1_PACKAGES)


def prefer_fetched_docker() -> None:
    """Put the fetched Docker CLI on the path of everything that is started from here, where the machine has none of its own."""
    fetched = TRIXIE.root / "usr/bin"
    if shutil.which("docker") is None and (fetched / "docker").is_file():
        os.environ["PATH"] += f":{fetched}"


def find_plugin(name: str) -> Path | None:
    """Return a plugin of the CLI (BUILDX, COMPOSE), the fetched one or one that is installed."""
    found = (Path(directory, name) for directory in (TRIXIE.root / _PLUGINS, *_INSTALLED))
    return next(filter(Path.is_file, found), None)


def find_v1() -> Compose | None:
    """Return Compose 1.29, which needs the Python of its own release."""
    library = BOOKWORM.root / "usr/lib/python3/dist-packages"
    if not library.is_dir() or not _is_python_of_bookworm():
        return None
    # From Docker 25 on (API 1.45) images lack what this client reads when it makes a container anew.
    return Compose((_V1_PYTHON, "-m", "compose"), {"PYTHONPATH": str(library), "COMPOSE_API_VERSION": "1.41"})


def _is_python_of_bookworm() -> bool:
    command = [_V1_PYTHON, "-c", "import sys; sys.exit(sys.version_info[:2] != (3, 11))"]
    return os.path.exists(_V1_PYTHON) and subprocess.run(command).returncode == 0


# ---------------------------------------------------------------------------------------------------------------------
# Fetching
# ---------------------------------------------------------------------------------------------------------------------


def fetch(release: Release) -> None:
    """Download a release's packages with apt, which verifies them, and unpack them; apt's own lists and sources are not touched.

    Does nothing if just these are here. Raises subprocess.CalledProcessError, OSError, LookupError (this machine knows no mirror of Debian).
    """
    listing = release.root / "packages"
    if listing.is_file() and listing.read_text().split() == list(release.packages):
        return
    work = CACHE / "apt" / release.name
    for name in ("lists/partial", "archives/partial", "packages"):
        (work / name).mkdir(parents=True, exist_ok=True)
    (work / "debian.sources").write_text(
        f"Types: deb\nURIs: {_mirror()}\nSuites: {release.name}\nComponents: main\nSigned-By: {KEYRING}\n"
    )
    _apt(work, "update")
    _apt(work, "download", *release.packages)
    unpacked = work / "unpacked"
    for package in (work / "packages").glob("*.deb"):
        subprocess.run(["dpkg-deb", "--extract", package, unpacked], check=True)
    (unpacked / listing.name).write_text("\n".join(release.packages))
    release.root.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(release.root, ignore_errors=True)
    unpacked.rename(release.root)
    shutil.rmtree(work)


def _mirror() -> str:
    """Return the mirror this machine installs Debian from."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Created-By: Packages"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    mirrors = [line for line in lines if "security" not in line]
    if not mirrors:
        raise LookupError("its apt knows no mirror of Debian")
    return mirrors[0]


def _apt(work: Path, *words: str) -> None:
    options = {
        "Dir::Etc::SourceList": work / "debian.sources",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": work / "lists",
        "Dir::Cache": work,
        "APT::Sandbox::User": "root",
    }
    flags = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    subprocess.run(["apt-get", "-qq", *flags, *words], check=True, cwd=work / "packages")


def main() -> None:
    """Fetch what is missing; a machine that cannot is told so in one line, and its tests skip."""
    wanted = [] if find_plugin(COMPOSE) and find_plugin(BUILDX) and shutil.which("docker") else [TRIXIE]
    if _is_python_of_bookworm():
        wanted.append(BOOKWORM)
    for release in wanted:
        try:
            fetch(release)
        except (subprocess.CalledProcessError, OSError, LookupError) as error:
            print(f"Compose of {release.name} is not fetched, its tests will skip: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
