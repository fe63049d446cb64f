"""The policy: repositories by pattern, digests by name."""

from collections import defaultdict
from collections.abc import Iterator

from plugins.trust_allowlist.patterns import compiled
from plugins.trust_allowlist.settings import NAME, AllowlistSettings
from sdk.drivers.verifier import ImageClaim, ImageVerifier, Occasion
from sdk.errors import ImageRefused
from sdk.oci.reference import Reference, parse_reference


class AllowlistVerifier(ImageVerifier):
    """Decides by names and digests alone, and asks no server."""

    def __init__(self, settings: AllowlistSettings) -> None:
        self._patterns = tuple(map(compiled, settings.repositories))
        self._images = frozenset(settings.images)
        self._occasions = frozenset(Occasion) if settings.verify_use else frozenset({Occasion.PULL})
        self._pins: dict[tuple[str, str | None], set[str]] = defaultdict(set)
        for name, digests in settings.pins.items():
            reference = parse_reference(name, default_tag=False)
            self._pins[reference.name, reference.tag] |= set(digests)

    @property
    def occasions(self) -> frozenset[Occasion]:
        return self._occasions

    async def verify_image(self, image: ImageClaim) -> None:
        reasons = [*self._reasons(image)]
        if reasons and not image.digests & self._images:
            raise ImageRefused(image.name, NAME, reasons[0])

    def _reasons(self, image: ImageClaim) -> Iterator[str]:
        """Yield why an image is refused, origin by origin; nothing if one of them is allowed."""
        reasons = [self._reason(origin, image.digests) for origin in image.origins]
        if not image.origins and (self._patterns or self._pins or self._images):
            reasons = ["it was pulled from no repository"]
        if all(reasons):
            yield from reasons

    def _reason(self, origin: Reference, digests: frozenset[str]) -> str:
        for tag in (origin.tag, None):
            pinned = self._pins.get((origin.name, tag))
            if pinned:
                called = f"{origin.name}:{tag}" if tag else origin.name
                return "" if pinned & digests else f"{called} is pinned to {', '.join(sorted(pinned))} and is {origin.digest}"
        if not self._patterns or any(pattern.fullmatch(origin.name) for pattern in self._patterns):
            return ""
        return f"{origin.name} is not among the allowed repositories"
