"""`docker images` and its filters."""

import re
import time
from collections.abc import Callable
from dataclasses import replace

from core.engine.images.context import ImageContext
from core.engine.images.manifests import index_of, manifests_of
from core.engine.images.reference_patterns import reference_patterns
from core.engine.moments import parse_moment
from core.filters import check_keys, label_matches
from core.images.documents import parse_index
from core.images.store import StoredImage
from core.images.timestamps import nanoseconds
from sdk.engine.containers import Filters
from sdk.engine.images import ImageInfo, ImageListRequest
from sdk.errors import InvalidArgument
from sdk.oci.descriptor import Descriptor, Platform

_TRUE, _FALSE = frozenset({"1", "true", "True", "TRUE", "t"}), frozenset({"0", "false", "False", "FALSE", "f"})

Test = Callable[[ImageInfo], bool]


def list_images(context: ImageContext, request: ImageListRequest) -> list[ImageInfo]:
    """Return the images that pass every filter, newest first. Raises InvalidArgument for unknown filters."""
    infos = [context.store.info(image.id, _containers(context, image)) for image in context.store if not _is_beside(context, image)]
    tests = [_test(context, key, values) for key, values in request.filters.items()]
    shown = [info for info in infos if all(test(info) for test in tests) and (request.all or not _is_intermediate(context, info))]
    patterns = reference_patterns(request.filters.get("reference", ()))
    if patterns:
        shown = [_narrowed(info, patterns) for info in shown]
    if request.shared_size:
        shown = [replace(info, shared_size=_shared(context, info)) for info in shown]
    if request.manifests:
        shown = [_with_manifests(context, info) for info in shown]
    return sorted(shown, key=lambda info: info.created_ns, reverse=True)


def inspect(context: ImageContext, ref: str, platform: Platform | None = None, *, manifests: bool = False) -> ImageInfo:
    """Return one image. Raises NoSuchImage, NotFound if it is for another platform than the one asked for."""
    image = context.store.find_for(ref, platform)
    info = context.store.info(image.id, _containers(context, image))
    return _with_manifests(context, info) if manifests else info


def truth(key: str, values: tuple[str, ...]) -> bool:
    """Return a boolean filter's value. Raises InvalidArgument with Docker's sentence."""
    if len(values) != 1 or values[0] not in _TRUE | _FALSE:
        raise InvalidArgument(f"invalid filter '{key}=[{' '.join(values)}]'")
    return values[0] in _TRUE


def select(context: ImageContext, filters: Filters, allowed: frozenset[str]) -> Test:
    """Return the conjunction of some filters. Raises InvalidArgument for one that is not allowed."""
    check_keys(filters, allowed)
    tests = [_test(context, key, values) for key, values in filters.items()]
    return lambda info: all(test(info) for test in tests)


def _test(context: ImageContext, key: str, values: tuple[str, ...]) -> Test:
    try:
        return _TESTS[key](context, values)
    except KeyError:
        raise InvalidArgument(f"invalid filter '{key}'") from None


def _dangling(_context: ImageContext, values: tuple[str, ...]) -> Test:
    wanted = truth("dangling", values)
    return lambda info: wanted is not bool(info.tags)


def _label(_context: ImageContext, values: tuple[str, ...]) -> Test:
    return lambda info: all(label_matches(info.config.config.labels, value) for value in values)


def _without_label(_context: ImageContext, values: tuple[str, ...]) -> Test:
    return lambda info: not any(label_matches(info.config.config.labels, value) for value in values)


def _before(context: ImageContext, values: tuple[str, ...]) -> Test:
    moments = [nanoseconds(context.store.find(value).config.created) for value in values]
    return lambda info: all(info.created_ns < moment for moment in moments)


def _since(context: ImageContext, values: tuple[str, ...]) -> Test:
    moments = [nanoseconds(context.store.find(value).config.created) for value in values]
    return lambda info: all(info.created_ns > moment for moment in moments)


def _until(_context: ImageContext, values: tuple[str, ...]) -> Test:
    moments = [parse_moment(value, time.time_ns()) for value in values]
    return lambda info: all(info.created_ns < moment for moment in moments)


def _reference(_context: ImageContext, values: tuple[str, ...]) -> Test:
    patterns = reference_patterns(values)
    return lambda info: bool(_matching(info.tags, patterns) or _matching(info.digests, patterns))


_TESTS: dict[str, Callable[[ImageContext, tuple[str, ...]], Test]] = {
    "dangling": _dangling,
    "label": _label,
    "label!": _without_label,
    "before": _before,
    "since": _since,
    "until": _until,
    "reference": _reference,
}


def _narrowed(info: ImageInfo, patterns: tuple[re.Pattern[str], ...]) -> ImageInfo:
    """Return an image with the names that match, and the digests of the repositories whose tags do."""
    tags = _matching(info.tags, patterns)
    repositories = {_repository(tag) for tag in tags}
    matching = _matching(info.digests, patterns)
    digests = tuple(name for name in info.digests if name in matching or _repository(name) in repositories)
    return replace(info, tags=tags, digests=digests)


def _matching(names: tuple[str, ...], patterns: tuple[re.Pattern[str], ...]) -> tuple[str, ...]:
    """Return the names of which the whole, or the part before tag and digest, matches a pattern."""
    return tuple(name for name in names if any(glob.fullmatch(name) or glob.fullmatch(_repository(name)) for glob in patterns))


def _repository(name: str) -> str:
    name = name.partition("@")[0]
    head, colon, tail = name.rpartition(":")
    return head if colon and "/" not in tail else name


def _is_intermediate(context: ImageContext, info: ImageInfo) -> bool:
    return not info.tags and not info.digests and bool(context.store.children(info.id))


def _containers(context: ImageContext, image: StoredImage) -> int:
    """Count the containers of an image, of all platforms that its names stand for."""
    return sum(len(context.users(each)) for each in context.store.siblings(image.id))


def _is_beside(context: ImageContext, image: StoredImage) -> bool:
    """Tell whether an image is kept for the names of another platform's alone: these are listed once."""
    return not context.store.names(image.id) and bool(context.store.all_names(image.id))


def _with_manifests(context: ImageContext, info: ImageInfo) -> ImageInfo:
    image = context.store.get(info.id)
    index = index_of(context, image)
    descriptor = info.descriptor
    if index:
        size = context.store.content.size(index)
        descriptor = Descriptor(parse_index(context.store.content.read(index)).media_type, index, size)
    return replace(info, descriptor=descriptor, manifests=manifests_of(context, image))


def _shared(context: ImageContext, info: ImageInfo) -> int:
    """Return what this image's layers take that other images stand on as well."""
    others = {chain for image in context.store if image.id != info.id for chain in image.chains}
    return context.store.layers.size(others.intersection(context.store.get(info.id).chains))
