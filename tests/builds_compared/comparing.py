"""How two images differ, in words."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatch

from tests.builds_compared.flatten import File, FlatImage

_MOUNT_POINTS = ("/", "/proc", "/sys", "/dev", "/run", "/run/*", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname")
"""Where buildah leaves what it mounted for a RUN; BuildKit and we leave nothing."""


def differences(ours: FlatImage, theirs: FlatImage, varying: Sequence[str], unlike: Sequence[str]) -> list[str]:
    """Return one line for each difference. `varying` are patterns of files whose content and size do not matter, `unlike` are patterns of
    files, or fields of the configuration, that buildah makes in its own way."""
    return [*_config(ours, theirs, unlike), *_files(ours.files, theirs.files, varying, unlike)]


def _config(ours: FlatImage, theirs: FlatImage, unlike: Sequence[str]) -> Iterator[str]:
    for key in sorted((ours.config.keys() | theirs.config.keys()) - set(unlike)):
        if ours.config.get(key) != theirs.config.get(key):
            yield f"{key}: {ours.config.get(key)} against {theirs.config.get(key)}"


def _files(ours: dict[str, File], theirs: dict[str, File], varying: Sequence[str], unlike: Sequence[str]) -> Iterator[str]:
    for path in sorted(ours.keys() | theirs.keys()):
        if _is_of(path, (*_MOUNT_POINTS, *unlike)):
            continue
        one, other = ours.get(path), theirs.get(path)
        if one and other and _is_of(path, varying):
            one, other = _without_content(one), _without_content(other)
        if one != other:
            yield f"{path}: {one} against {other}"


def _is_of(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def _without_content(file: File) -> File:
    return File(file.kind, file.mode, file.owner, target=file.target, xattrs=file.xattrs)
