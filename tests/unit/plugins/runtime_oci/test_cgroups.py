"""Where containers' cgroups are, and what is told from their files."""

from plugins.runtime_oci import cgroups
from plugins.runtime_oci.cgroups import Cgroups


def test_paths():
    made = Cgroups(2, (), "/core-x")
    assert made.path("id", "") == "/core-x/id"
    assert made.path("id", "/parent/id") == made.path("id", "parent/id") == "/parent/id"
    assert made.path("id", "/../../a/../b/id") == made.path("id", "../../b/id") == "/b/id"


def test_this_host_has_hierarchies():
    assert Cgroups.of_this_host("x").hierarchies


def test_memory_that_ran_out(tmp_path, monkeypatch):
    monkeypatch.setattr(cgroups, "MOUNT", tmp_path)
    (tmp_path / "c").mkdir()
    (tmp_path / "c/memory.events").write_text("low 0\noom 1\noom_kill 2\n")
    (tmp_path / "memory/c").mkdir(parents=True)
    (tmp_path / "memory/c/memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 0\n")
    assert Cgroups(2, (tmp_path,), "/p").ran_out_of_memory("/c")
    assert not Cgroups(1, (tmp_path,), "/p").ran_out_of_memory("/c")
    assert not Cgroups(1, (tmp_path,), "/p").ran_out_of_memory("/gone")


def test_empty_directories_are_removed_and_a_parent_in_use_stays(tmp_path):
    made = Cgroups(1, (tmp_path / "a", tmp_path / "b"), "/p")
    for place in ("a/p/one/deeper", "b/p/one", "b/p/two"):
        (tmp_path / place).mkdir(parents=True)
    made.destroy("/p/one")
    assert made.directories("/p/one") == []
    assert [child.name for child in made.children()] == ["two"]
    made.remove_parent()
    assert made.directories("/p") == [tmp_path / "b/p"]
