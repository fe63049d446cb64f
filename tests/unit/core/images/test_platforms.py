import pytest

from core.images.platforms import choose
from sdk.errors import NotFound
from sdk.oci.descriptor import OCI_INDEX, OCI_MANIFEST, Descriptor, Platform, host
from sdk.oci.image import Index


def entry(name: str, platform: Platform | None, media_type: str = OCI_MANIFEST, **annotations: str) -> Descriptor:
    return Descriptor(media_type, name, 1, platform, {key.replace("_", "."): value for key, value in annotations.items()})


HERE = host()
INDEX = Index(
    manifests=(
        entry("attestation", HERE, vnd_docker_reference_type="attestation-manifest"),
        entry("unknown", Platform("unknown", os="unknown")),
        entry("nested", HERE, OCI_INDEX),
        entry("arm", Platform("arm", variant="v7")),
        entry("arm64", Platform("arm64", variant="v8")),
        entry("here", HERE),
    )
)


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [(None, "here"), (Platform("arm64"), "arm64"), (Platform("arm"), "arm"), (Platform("arm", variant="v7"), "arm")],
)
def test_the_platform_decides(wanted: Platform | None, chosen: str) -> None:
    assert choose(INDEX, wanted).digest.startswith(chosen)


def test_docker_words_for_none() -> None:
    with pytest.raises(NotFound, match=r"^no matching manifest for linux/arm64/v8 in the manifest list entries$"):
        choose(Index(manifests=()), Platform("arm64"))
    with pytest.raises(NotFound, match=r"linux/arm/v6 in"):
        choose(INDEX, Platform("arm", variant="v6"))


def test_an_entry_that_does_not_say_is_taken_when_nobody_asks() -> None:
    index = Index(manifests=(entry("silent", None),))
    assert choose(index, None).digest == "silent"
    with pytest.raises(NotFound):
        choose(index, Platform("s390x"))
