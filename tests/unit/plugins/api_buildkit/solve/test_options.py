import pytest

from plugins.api_buildkit.proto.control_pb2 import CacheOptions, CacheOptionsEntry
from plugins.api_buildkit.solve.definitions import built_image, definition_of
from plugins.api_buildkit.solve.inputs import ignore_patterns
from plugins.api_buildkit.solve.options import LocalCache, Options, cache_exports, local_caches
from sdk.engine.builds import CacheExport, CacheImport
from sdk.errors import InvalidArgument, Unsupported


def test_no_cache_is_for_all_stages_or_for_some() -> None:
    assert Options({"no-cache": ""}).no_cache
    assert not Options({}).no_cache
    assert Options({"no-cache": "a,b"}).no_cache_stages == ("a", "b")
    assert not Options({"no-cache": "a,b"}).no_cache


def test_caches_come_by_three_roads_and_count_once() -> None:
    cache = CacheOptions(imports=[CacheOptionsEntry(type="registry", attrs={"ref": "r/a"}), CacheOptionsEntry(type="gha")])
    options = Options({"cache-imports": '[{"Type":"registry","Attrs":{"ref":"r/b"}}]', "cache-from": "r/a,r/c"})
    assert options.cache_imports(cache) == tuple(CacheImport("registry", each) for each in ("r/a", "r/b", "r/c"))


def test_caches_go_where_there_is_a_way() -> None:
    cache = CacheOptions(
        exports=[CacheOptionsEntry(type="inline"), CacheOptionsEntry(type="registry", attrs={"ref": "r/a", "mode": "max"})]
    )
    assert cache_exports(cache) == (CacheExport("inline"), CacheExport("registry", "r/a", mode="max"))
    with pytest.raises(Unsupported, match="cache export type s3 is not supported"):
        cache_exports(CacheOptions(exports=[CacheOptionsEntry(type="s3")]))
    local = CacheOptions(exports=[CacheOptionsEntry(type="local", attrs={"dest": "/d"})])
    assert cache_exports(local) == (CacheExport("local", "/d"),)
    with pytest.raises(InvalidArgument, match="local cache exporter requires dest"):
        cache_exports(CacheOptions(exports=[CacheOptionsEntry(type="local")]))


def test_caches_in_directories_need_a_digest() -> None:
    whole, half = {"src": "/s", "digest": "sha256:1"}, {"src": "/s"}
    cache = CacheOptions(imports=[CacheOptionsEntry(type="local", attrs=attrs) for attrs in (whole, half)])
    assert local_caches(cache) == (LocalCache("/s", "sha256:1"),)


@pytest.mark.parametrize(
    "attrs",
    [
        {"shm-size": "much"},
        {"ulimit": "nofile=many"},
        {"ulimit": "nofile=1:many"},
        {"ulimit": "nofile"},
        {"memory": "1_000"},
        {"memory": " 5"},
        {"cpushares": "\u0663"},
        {"cpuquota": "9223372036854775808"},
        {"cpuperiod": "9" * 5000},
    ],
)
def test_numbers_are_numbers(attrs: dict[str, str]) -> None:
    """Python reads more texts as numbers than Docker does."""
    with pytest.raises(InvalidArgument, match="invalid"):
        _ = Options(attrs).limits


@pytest.mark.parametrize("attrs", [{"requestid": "frontend.outline"}, {"platform": "linux/amd64,linux/arm64"}])
def test_what_there_is_no_answer_to_is_refused(attrs: dict[str, str]) -> None:
    with pytest.raises(Unsupported):
        Options(attrs).check()


def test_patterns_are_cleaned_as_clients_do() -> None:
    text = b"\xef\xbb\xbf# comment\n\n  /a/../b/ \n!keep\n! /c\n**/*.o\n"
    assert ignore_patterns(text) == ("b", "!keep", "!c", "**/*.o")


def test_a_result_is_handed_on_by_its_definition() -> None:
    assert built_image({"base": definition_of("sha256:ab")}, "base") == "sha256:ab"
    with pytest.raises(InvalidArgument, match="invalid input other"):
        built_image({"base": definition_of("sha256:ab")}, "other")


@pytest.mark.parametrize("text", ["{", "5", '[{"Attrs": 5}]', '[{"x": ' + "[" * 100_000])
def test_caches_that_cannot_be_read_are_told(text: str) -> None:
    with pytest.raises(InvalidArgument, match="failed to unmarshal cache-imports"):
        Options({"cache-imports": text}).cache_imports(CacheOptions())


@pytest.mark.parametrize("name", ["add-hosts", "ulimit"])
def test_a_list_is_one_line(name: str) -> None:
    options = Options({name: "a:1.2.3.4\nb:1.2.3.4"})
    with pytest.raises(InvalidArgument, match="no list of fields divided by commas: a"):
        _ = options.extra_hosts if name == "add-hosts" else options.limits
