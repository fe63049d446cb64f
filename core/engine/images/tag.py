"""`docker tag`."""

from core.engine.images.context import ImageContext
from core.images.references import check_name
from sdk.errors import InvalidArgument
from sdk.oci.reference import Reference, parse_reference


def tag(context: ImageContext, ref: str, repository: str, tag: str) -> None:
    """Give an image another name. Raises NoSuchImage, InvalidArgument."""
    name = tag_reference(repository, tag)
    image = context.store.find(ref)
    context.store.tag(image.id, name)
    context.announce("tag", image.id, name.familiar)


def tag_reference(repository: str, tag: str) -> Reference:
    """Return the reference of a repository and a tag. Raises InvalidArgument, also where a digest is given."""
    name = parse_reference(f"{repository}:{tag}" if tag else repository)
    if name.digest:
        raise InvalidArgument("refusing to create a tag with a digest reference")
    check_name(name)
    return name
