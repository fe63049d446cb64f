import pytest

from core.images.platforms import choose
from sdk.errors import InvalidArgument, NotFound
from sdk.oci.descriptor import OCI_INDEX, OCI_MANIFEST, Descriptor, Platform, host, matches, parse_platform
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


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/amd64", Platform("amd64")),
        ("Linux/X86_64", Platform("amd64")),
        ("x86-64", Platform("amd64")),
        ("linux/amd64/v1", Platform("amd64")),
        ("linux/amd64/v2", Platform("amd64", variant="v2")),
        ("aarch64", Platform("arm64")),
        ("linux/arm64/8", Platform("arm64", variant="v8")),
        ("armhf", Platform("arm", variant="v7")),
        ("linux/armel", Platform("arm", variant="v6")),
        ("linux/arm/6", Platform("arm", variant="v6")),
        ("windows", Platform(host().architecture, os="windows")),
        ("macos/arm64", Platform("arm64", os="darwin")),
        ("foo/bar", Platform("bar", os="foo")),
    ],
)
def test_platforms_are_read_in_all_their_names(text: str, platform: Platform) -> None:
    assert parse_platform(text) == platform


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("foobar", '"foobar": unknown operating system or architecture: invalid argument'),
        ("a/b/c/d", '"a/b/c/d": cannot parse platform specifier: invalid argument'),
        ("linux/", '"" is an invalid component of "linux/"'),
        ("linux/*", '"*" is an invalid component of "linux/*"'),
        ("linux/am d64", '"am d64" is an invalid component'),
    ],
)
def test_what_is_no_platform_is_said(text: str, sentence: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_platform(text)
    assert caught.value.message.startswith(sentence)


@pytest.mark.parametrize(
    ("wanted", "offered", "match"),
    [
        (Platform("x86_64"), Platform("amd64"), True),
        (Platform("amd64"), Platform("x86_64"), True),
        (Platform("aarch64"), Platform("arm64", variant="v8"), True),
        (Platform("amd64", variant="v1"), Platform("amd64"), True),
        (Platform("amd64", variant="v2"), Platform("amd64"), False),
        (Platform("arm", variant="v6"), Platform("armhf"), False),
        (Platform("amd64", os="windows"), Platform("amd64"), False),
    ],
)
def test_names_of_one_architecture_match(wanted: Platform, offered: Platform, match: bool) -> None:
    assert matches(wanted, offered) is match
