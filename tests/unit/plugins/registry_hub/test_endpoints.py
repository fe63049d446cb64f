import pytest

from plugins.registry_hub.endpoints import Endpoint, Endpoints
from plugins.registry_hub.settings import HubSettings
from sdk.errors import InvalidArgument

pytestmark = pytest.mark.anyio


async def test_docker_hub_is_known_by_all_its_names() -> None:
    hub = Endpoint("registry-1.docker.io", ("https://registry-1.docker.io",), verify=True)
    assert await Endpoints(HubSettings()).of("docker.io") == (hub,)
    for address in ("https://index.docker.io/v1/", "docker.io", "registry-1.docker.io", ""):
        assert await Endpoints(HubSettings()).origin(address) == hub


async def test_mirrors_come_first_and_only_for_their_registry() -> None:
    settings = HubSettings(mirrors=("http://127.0.0.1:5000/", "https://mirror.test"), host_mirrors={"ghcr.io": ("127.0.0.1:6000",)})
    endpoints = Endpoints(settings)
    assert [(entry.bases, entry.verify, entry.mirror) for entry in await endpoints.of("docker.io")] == [
        (("http://127.0.0.1:5000",), False, True),
        (("https://mirror.test",), True, True),
        (("https://registry-1.docker.io",), True, False),
    ]
    assert [entry.bases[0] for entry in await endpoints.of("ghcr.io")] == ["https://127.0.0.1:6000", "https://ghcr.io"]
    assert len(await endpoints.of("quay.io")) == 1


@pytest.mark.parametrize(
    ("host", "insecure"),
    [
        ("localhost:5000", True),
        ("127.0.0.1:5000", True),
        ("127.8.9.10", True),
        ("[::1]:5000", True),
        ("10.1.2.3:5000", True),
        ("11.1.2.3:5000", False),
        ("plain.test:5000", True),
        ("plain.test:5001", False),
        ("any.test:5001", True),
        ("other.test", False),
    ],
)
async def test_who_may_speak_plain_http(host: str, insecure: bool) -> None:
    settings = HubSettings(insecure=("10.0.0.0/8", "plain.test:5000", "any.test"))
    endpoint = await Endpoints(settings).origin(host)
    assert endpoint.bases == ((f"https://{host}", f"http://{host}") if insecure else (f"https://{host}",))
    assert endpoint.verify is not insecure


@pytest.mark.parametrize(
    "address",
    [
        "registry.test:99999",
        "registry.test:x",
        "http://[::1",
        "a b.test",
        "a\x00b",
        "\x1b[2J",
        "ä" * 70 + ".test",
        "a" * 64 + ".test",
        "a..test",
        "xn--a.test",
    ],
)
async def test_an_address_that_cannot_be_one_is_refused(address: str) -> None:
    with pytest.raises(InvalidArgument, match="invalid registry address") as caught:
        await Endpoints(HubSettings(insecure=("10.0.0.0/8",))).origin(address)
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", ["docker.io", "registry-1.docker.io"])
def test_mirrors_of_docker_hub_have_a_place_of_their_own(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: mirrors of Docker Hub are set by registry_mirrors"):
        HubSettings(host_mirrors={name: ("mirror.test",)})
