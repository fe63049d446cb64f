"""Discovery reads entry points of any path and imports nothing."""

from pathlib import Path

from core.kernel.discovery import discover


def _install(site: Path, distribution: str, *points: str) -> None:
    info = site / f"{distribution}.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text("[core.plugins]\n" + "\n".join(points) + "\n")


def test_candidates_carry_name_distribution_and_version(tmp_path: Path) -> None:
    _install(tmp_path, "core_storage_demo-1.2", "storage_demo = core_storage_demo.plugin")
    (candidate,) = discover([str(tmp_path)])
    assert (candidate.name, candidate.distribution, candidate.version) == ("storage_demo", "core-storage-demo", "1.2")


def test_candidates_are_sorted_and_not_imported(tmp_path: Path) -> None:
    _install(tmp_path, "b-1", "zeta = no.such.module", "alpha = neither.this")
    assert [candidate.name for candidate in discover([str(tmp_path)])] == ["alpha", "zeta"]


def test_two_distributions_may_announce_one_name(tmp_path: Path) -> None:
    _install(tmp_path, "one-1", "same = a")
    _install(tmp_path, "two-1", "same = b")
    assert [candidate.distribution for candidate in discover([str(tmp_path)])] == ["one", "two"]


def test_the_bundled_plugins_come_in_by_the_same_door() -> None:
    ours = {candidate.name for candidate in discover() if candidate.distribution == "core-engine"}
    assert {"storage_overlay", "net_bridge", "registry_hub", "runtime_ns", "api_docker"} <= ours
