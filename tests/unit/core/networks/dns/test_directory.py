"""Names and addresses of containers, as they come and go."""

from ipaddress import ip_address

from core.networks.dns.directory import Directory, Entry

FIRST, SECOND = ip_address("10.0.0.2"), ip_address("fd00::3")


def entry(container: str, *names: str, network: str = "n", addresses: tuple[str, ...] = ()) -> Entry:
    return Entry(network, f"{network}-name", container, names, tuple(map(ip_address, addresses)))


def test_names_are_found_in_lower_case_on_their_network_alone() -> None:
    directory = Directory()
    web = entry("1", "Web", "WWW", addresses=("10.0.0.2", "fd00::3"))
    directory.put("1", [web])
    assert directory.named("n", "web") == directory.named("n", "www") == (web,)
    assert directory.named("n", "Web") == directory.named("other", "web") == ()
    assert directory.addressed("n", FIRST) is directory.addressed("n", SECOND) is web
    assert directory.addressed("other", FIRST) is None


def test_containers_share_an_alias_and_each_takes_only_its_own_away() -> None:
    directory, one, two = Directory(), entry("1", "one", "db"), entry("2", "two", "db", "DB")
    directory.put("1", [one])
    directory.put("2", [two])
    assert directory.named("n", "db") == (one, two), "and each is there once"
    directory.put("1", [])
    assert (directory.named("n", "db"), directory.named("n", "one")) == ((two,), ())
    directory.put("2", iter(()))
    directory.put("2", ())
    assert directory.named("n", "db") == ()


def test_new_entries_replace_those_a_container_had() -> None:
    directory = Directory()
    directory.put("1", [entry("1", "old", addresses=("10.0.0.2",)), entry("1", "old", network="m")])
    new = entry("1", "new", addresses=("10.0.0.9",))
    directory.put("1", [new])
    assert directory.named("n", "old") == directory.named("m", "old") == ()
    assert directory.addressed("n", FIRST) is None
    assert directory.named("n", "new") == (new,)


def test_an_address_that_another_has_by_now_stays_the_others() -> None:
    """The engine gives an address away before it has forgotten the container that ended."""
    directory, new = Directory(), entry("2", "new", addresses=("10.0.0.2",))
    directory.put("1", [entry("1", "old", addresses=("10.0.0.2",))])
    directory.put("2", [new])
    directory.put("1", ())
    assert directory.addressed("n", FIRST) is new


def test_every_change_has_a_version_of_its_own() -> None:
    directory = Directory()
    versions = [directory.version]
    for entries in ([entry("1", "a")], [entry("1", "a")], []):
        directory.put("1", entries)
        versions.append(directory.version)
    assert len(set(versions)) == 4
