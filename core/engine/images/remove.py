"""`docker rmi`: drop names, then the image, then what nothing holds any more, with Docker's rules about what is in use."""

from core.engine.images.context import ImageContext
from core.images.garbage import collect
from core.images.receiving.fetcher import short
from core.images.store import StoredImage
from sdk.engine.images import Removal
from sdk.errors import Conflict
from sdk.oci.digest import ALGORITHMS
from sdk.oci.reference import Reference, parse_reference


async def remove(context: ImageContext, ref: str, *, force: bool = False, prune: bool = True) -> list[Removal]:
    """Remove an image or one of its names, and what nothing holds any more. Raises NoSuchImage, Conflict."""
    removals = forget(context, ref, force=force, prune=prune)
    if all(removal.untagged for removal in removals):
        return removals
    collected = await collect(context.store, context.storage)
    return removals + [Removal(deleted=chain) for chain in collected.layers]


def forget(context: ImageContext, ref: str, *, force: bool = False, prune: bool = True) -> list[Removal]:
    """Forget an image or one of its names, and leave content and layers for the next collection. Raises NoSuchImage, Conflict."""
    image = context.store.find(ref)
    others = context.store.siblings(image.id)[1:]
    by_id = _names_by_id(image.id, ref)
    removals = _remove_names_for_id(context, image, force=force) if by_id else _remove_one_name(context, image, ref, force=force)
    if not by_id and context.store.names(image.id):
        return removals
    removals += _remove_image(context, image, force=force, prune=prune, quiet=bool(removals))
    return removals + [removal for other in others for removal in _remove_beside(context, other)]


def _remove_beside(context: ImageContext, image_id: str) -> list[Removal]:
    """Forget an image of another platform for which no name stands any more, unless it is in use."""
    if image_id not in context.store or context.store.all_names(image_id) or context.users(image_id):
        return []
    return _remove_image(context, context.store.get(image_id), force=False, prune=True, quiet=True)


def _names_by_id(image_id: str, ref: str) -> bool:
    return image_id.startswith((ref, *(f"{algorithm}:{ref}" for algorithm in ALGORITHMS)))


def _remove_one_name(context: ImageContext, image: StoredImage, ref: str, *, force: bool) -> list[Removal]:
    names = context.store.names(image.id)
    users = [user for each in context.store.siblings(image.id) for user in context.users(each)]
    if users and not force and _is_one_repository(names):
        raise Conflict(
            f'conflict: unable to remove repository reference "{ref}" (must force) - '
            f"container {users[0][0][:12]} is using its referenced image {short(image.id)}"
        )
    name = parse_reference(ref)
    if name.digest:
        return [_untag(context, image, Reference(name.domain, name.path, None, name.digest))]
    removals = [_untag(context, image, name)]
    rest = [other for other in context.store.names(image.id) if other.name == name.name]
    if all(other.digest for other in rest):
        removals += [_untag(context, image, other) for other in rest]
    return removals


def _remove_names_for_id(context: ImageContext, image: StoredImage, *, force: bool) -> list[Removal]:
    names = context.store.names(image.id)
    if not names or not _is_one_repository(names):
        return []
    if conflict := conflict_of(context, image, force=force, names_count=False):
        raise conflict
    return [_untag(context, image, name) for name in names]


def _remove_image(context: ImageContext, image: StoredImage, *, force: bool, prune: bool, quiet: bool) -> list[Removal]:
    """Forget an image and, on request, the nameless ones it was built from. `quiet` leaves alone what is in use without a word."""
    if conflict := conflict_of(context, image, force=force, names_count=True):
        needed = context.store.names(image.id) or context.users(image.id) or context.store.children(image.id)
        if quiet and (needed or context.store.all_names(image.id)):
            return []
        raise conflict
    removals = [_untag(context, image, name) for name in context.store.names(image.id)]
    context.announce("delete", image.id, image.id)
    context.store.forget(image.id)
    removals.append(Removal(deleted=image.id))
    parent = image.record.parent
    if prune and parent in context.store and not context.store.names(parent) and not context.store.children(parent):
        removals += _remove_image(context, context.store.get(parent), force=False, prune=True, quiet=True)
    return removals


def _untag(context: ImageContext, image: StoredImage, name: Reference) -> Removal:
    context.store.untag(name)
    context.announce("untag", image.id, image.id)
    return Removal(untagged=name.familiar)


def _is_one_repository(names: tuple[Reference, ...]) -> bool:
    """Tell whether at most one tag, and digests of its repository alone, name the image."""
    tags = [name for name in names if name.tag]
    return len(names) <= 1 or (len(tags) <= 1 and len({name.name for name in names}) == 1)


def conflict_of(context: ImageContext, image: StoredImage, *, force: bool, names_count: bool) -> Conflict | None:
    """Return why an image cannot be removed; None if it can."""
    users = context.users(image.id)
    running = [container for container, runs in users if runs]
    if context.store.children(image.id):
        return _unable(image, "cannot be forced", "image has dependent child images")
    if running:
        return _unable(image, "cannot be forced", f"image is being used by running container {running[0][:12]}")
    if names_count and not force and context.store.names(image.id):
        return _unable(image, "must be forced", "image is referenced in multiple repositories")
    if users and not force:
        return _unable(image, "must be forced", f"image is being used by stopped container {users[0][0][:12]}")
    return None


def _unable(image: StoredImage, how: str, reason: str) -> Conflict:
    return Conflict(f"conflict: unable to delete {short(image.id)} ({how}) - {reason}")
