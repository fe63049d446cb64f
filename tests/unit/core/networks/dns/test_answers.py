from ipaddress import ip_address

from dnslib import DNSRecord

from core.networks.dns import codec
from core.networks.dns.answers import Answers
from core.networks.dns.directory import Directory, Entry
from core.networks.dns.scope import Neighbourhood, Scope


def entry(network: str, container: str, *names: str, addresses: tuple[str, ...] = ()) -> Entry:
    return Entry(f"{network}-id", network, container, (container, *names), tuple(map(ip_address, addresses)))


def found(answers: Answers, name: str, kind: str = "A") -> list[str] | None:
    query = codec.parse(DNSRecord.question(name, kind).pack())
    assert query is not None
    result = answers.find(query)
    return None if result is None else [str(value) for value in result]


def world() -> tuple[Directory, Answers]:
    directory = Directory()
    directory.put(
        "1", [entry("web", "one", "DB", addresses=("10.0.0.1", "fd00::1")), entry("back", "one", addresses=("10.1.0.1",))]
    )
    directory.put("2", [entry("web", "two", "db", addresses=("10.0.0.2",))])
    directory.put("3", [entry("other", "three", addresses=("10.2.0.3",))])
    scope = Scope((Neighbourhood("web-id", "web", {"store": "two"}), Neighbourhood("back-id", "back")), ndots=5)
    return directory, Answers(directory, scope)


def test_names_aliases_links_and_reverse():
    _, answers = world()
    assert found(answers, "one") == ["10.0.0.1"], "the first network that knows it"
    assert found(answers, "ONE.Back") == ["10.1.0.1"], "or the one that is named"
    assert found(answers, "db") == ["10.0.0.1", "10.0.0.2"], "an alias of several"
    assert found(answers, "store") == ["10.0.0.2"], "a link"
    assert found(answers, "one", "AAAA") == ["fd00::1"]
    assert found(answers, "two", "AAAA") == [], "ours, without such an address"
    assert found(answers, "2.0.0.10.in-addr.arpa", "PTR") == ["two.web"]
    assert found(answers, "three") is None, "on a network it is not on"
    assert found(answers, "3.0.2.10.in-addr.arpa", "PTR") is None


def test_who_leaves_is_forgotten():
    directory, answers = world()
    version = directory.version
    directory.put("2", ())
    assert directory.version != version
    assert found(answers, "db") == ["10.0.0.1"]
    assert found(answers, "two") is None


def test_short_names_wait_for_the_search_domain_where_ndots_says_so():
    _, answers = world()
    asked = (("here", "A"), ("here", "AAAA"), ("here", "TXT"), ("example.org", "A"))
    forwards = [answers.may_forward(codec.parse(DNSRecord.question(*question).pack())) for question in asked]
    assert forwards == [False, False, True, True], "also a name of fewer dots than that, as nothing else would ever find it"
    assert Answers(Directory(), Scope()).may_forward(codec.parse(DNSRecord.question("here").pack()))
