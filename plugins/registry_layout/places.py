"""Where the repositories of a host are: below its directory, or in the one layout or archive that it is.

ROOT/app/        a layout: the repository `app`; its names are tags
ROOT/team/app.tar    an archive of a layout: the repository `team/app`
ROOT             is a layout or an archive itself: its names are `repository:tag`; bare ones are tags of the repository called as it is
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plugins.registry_layout.index import Named, entries
from plugins.registry_layout.layouts import INDEX_FILE, Layout, open_layout, read
from sdk.errors import NotFound, Unsupported
from sdk.oci.reference import Reference

_SUFFIX = ".tar"


@dataclass(frozen=True, slots=True)
class Place:
    """A layout in which a repository may be; bare names in it are tags of `repository`."""

    layout: Layout
    repository: str

    def named(self, repository: str) -> Iterator[Named]:
        """Yield what a repository has in here. A manifest without a name is `latest`, if it is all there is."""
        found = list(entries(read(self.layout, INDEX_FILE)))
        for entry in found:
            if (entry.repository or self.repository) == repository:
                yield Named(entry.descriptor, repository, entry.tag or ("latest" if len(found) == 1 else ""))


@dataclass(frozen=True, slots=True)
class Target:
    """Where a push goes: a layout's directory, which may have to be made, and what its index calls the manifest."""

    directory: Path
    prefix: str

    def name(self, tag: str) -> str:
        return f"{self.prefix}{tag}"


def places(root: Path, reference: Reference) -> list[Place]:
    """Return the layouts in which a reference's repository may be. Raises NotFound if there is none, DataLoss, Unavailable."""
    repository = repository_of(reference)
    candidates = [
        (root, root.name.removesuffix(_SUFFIX)),
        (root / repository, repository),
        (root / f"{repository}{_SUFFIX}", repository),
    ]
    if repository != reference.path:
        candidates.append((root / reference.path, repository))
    found = [Place(layout, name) for path, name in candidates if (layout := open_layout(path))]
    if not found:
        raise NotFound(
            f"repository {reference.familiar_name} not found: name unknown: there is no OCI image layout at {root / repository}"
        )
    return found


def target(root: Path, reference: Reference) -> Target:
    """Return where to push a repository. Raises NotFound without the host's directory (a medium may not be plugged in), Unsupported for
    archives, which are read only."""
    repository = repository_of(reference)
    if not root.exists():
        raise NotFound(f"{reference.familiar_name}: there is no directory {root}")
    for path in (root, root / f"{repository}{_SUFFIX}"):
        if path.is_file() and not (root / repository).is_dir():
            raise Unsupported(f"{path} is an archive, which cannot be pushed to: unpack it into a directory")
    return Target(root, f"{repository}:") if root.is_dir() and open_layout(root) else Target(root / repository, "")


def repository_of(reference: Reference) -> str:
    """Return the path of a repository as people type it: that of an official image of Docker Hub is its name."""
    return reference.path.removeprefix("library/")
