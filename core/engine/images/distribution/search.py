"""`docker search`."""

from collections.abc import Sequence

from core.engine.images.context import ImageContext
from core.engine.images.list import truth
from core.filters import check_keys
from sdk.drivers.registry import Credentials, SearchResult
from sdk.engine.containers import Filters
from sdk.errors import InvalidArgument


async def search(
    context: ImageContext, term: str, limit: int, filters: Filters, credentials: Credentials
) -> Sequence[SearchResult]:
    """Search the registry; filters `stars`, `is-official`, `is-automated`. Raises InvalidArgument for others."""
    check_keys(filters, ("stars", "is-official", "is-automated"))
    results = await context.registry.search(term, limit, credentials)
    return [result for result in results if _passes(result, filters)]


def _passes(result: SearchResult, filters: Filters) -> bool:
    stars = max((_number(value) for value in filters.get("stars", ())), default=0)
    return (
        result.star_count >= stars
        and ("is-official" not in filters or truth("is-official", filters["is-official"]) is result.is_official)
        and ("is-automated" not in filters or truth("is-automated", filters["is-automated"]) is result.is_automated)
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidArgument(f"invalid filter 'stars=[{text}]'")
    return int(text)
