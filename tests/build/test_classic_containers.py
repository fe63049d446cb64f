"""Classic builds as others see them: their containers, their images, their events."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.build.conftest import Builder, Built

pytestmark = pytest.mark.privileged


def containers(builder: Builder) -> list[dict]:
    return builder.daemon.json("/containers/json?all=1")


@contextmanager
def events(builder: Builder) -> Iterator[list[tuple[str, str]]]:
    """Give a list that has the events of containers and images once the block is left."""
    found: list[tuple[str, str]] = []
    since = time.time()
    yield found
    told = builder.docker("events", "--since", f"{since:.9f}", "--until", f"{time.time():.9f}", "--format", "{{json .}}").stdout
    found += [
        (each["Type"], each["Action"]) for each in map(json.loads, told.splitlines()) if each["Type"] in ("container", "image")
    ]


@pytest.mark.parametrize(
    ("flags", "succeeds", "left"),
    [
        ((), True, 0),
        (("--rm=false",), True, 2),
        (("--rm=false", "--force-rm"), True, 0),
        ((), False, 1),
        (("--rm=false",), False, 2),
        (("--force-rm",), False, 0),
    ],
)
def test_containers_stay_as_the_client_wants(classic: Builder, flags: tuple[str, ...], succeeds: bool, left: int) -> None:
    classic.write({"Dockerfile": f"FROM busybox\nRUN echo first > /f\nRUN exit {int(not succeeds)}\n"})
    built = classic.build("--no-cache", *flags, check=False)
    assert bool(built.status) is not succeeds
    found = containers(classic)
    assert len(found) == left
    assert all(each["State"] == "exited" for each in found)
    assert built.output.count(" ---> Removed intermediate container ") == 2 - left


def test_a_container_that_stays_has_what_its_step_changed(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nLABEL a=b\nRUN echo kept > /f\n"})
    built = classic.build("--no-cache", "--rm=false", "--memory=64m", "--memory-swap=-1", "--cpu-shares=100", "--ulimit=nofile=42")
    made = {str(each["Command"]): classic.daemon.json(f"/containers/{each['Id']}/json") for each in containers(classic)}
    assert made.keys() == {"/bin/sh -c 'echo kept > /f'", "/bin/sh -c '#(nop)  LABEL a=b'"}
    run = made["/bin/sh -c 'echo kept > /f'"]
    assert (run["HostConfig"]["Memory"], run["HostConfig"]["MemorySwap"], run["HostConfig"]["CpuShares"]) == (64 << 20, -1, 100)
    assert run["HostConfig"]["Ulimits"] == [{"Name": "nofile", "Hard": 42, "Soft": 42}]
    assert (run["Config"]["Labels"], run["HostConfig"]["LogConfig"]["Type"]) == ({"a": "b"}, "none")
    assert classic.docker("diff", run["Id"]).stdout.split() == ["A", "/f"]
    assert classic.run(built, "cat", "/f") == "kept\n"


def test_a_build_tells_of_its_containers_and_of_one_image(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nENV A=1\nRUN true\nCOPY Dockerfile /\n"})
    with events(classic) as found:
        classic.build("--no-cache", "-t", "told:1")
    assert found == [
        ("container", "create"),
        ("container", "destroy"),
        *(("container", action) for action in ("create", "attach", "start", "die", "destroy")),
        ("image", "create"),
        ("image", "tag"),
    ]


def test_every_step_is_an_image_that_can_be_run(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nRUN echo 1 > /f\nENV A=1\nRUN echo 2 > /f; false\n"})
    built = classic.build("--no-cache", check=False)
    first, second = [line.split()[1] for line in built.output.splitlines() if line.startswith(" ---> ") and len(line.split()) == 2][
        1:
    ]
    assert classic.docker("run", "--rm", "--network=none", first, "cat", "/f").stdout == "1\n"
    assert classic.docker("run", "--rm", "--network=none", second, "sh", "-c", "echo $A").stdout == "1\n"
    classic.docker("rmi", "--force", second)


def test_a_history_names_the_images_of_its_steps(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nENV A=2\nRUN echo $A > /f\nCOPY Dockerfile /x/\nEXPOSE 80\n"})
    built = classic.build()
    history = classic.daemon.json(f"/images/{built.id}/history")
    ids = [each["Id"] for each in history[:5]]
    assert ids[0] == built.id
    assert all(each.startswith("sha256:") for each in ids)
    assert classic.daemon.json(f"/images/{built.id}/json")["Parent"] == ids[1]
    run, env = history[2]["CreatedBy"], history[3]["CreatedBy"]
    assert (run, env) == ("/bin/sh -c echo $A > /f", "/bin/sh -c #(nop)  ENV A=2")
    assert history[1]["CreatedBy"].startswith("/bin/sh -c #(nop) COPY file:")
    assert history[1]["CreatedBy"].endswith(" in /x/ ")
    shown = classic.daemon.json("/images/json")
    assert not {each["Id"] for each in shown} & set(ids[1:4])
    assert set(ids) <= {each["Id"] for each in classic.daemon.json("/images/json?all=1")}


def test_one_id_is_told_for_each_stage(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox AS one\nENV A=1\nONBUILD ENV B=2\nFROM one\nFROM one\nENV C=3\n"})
    status, told = classic.post("/build")
    ids = [line["aux"]["ID"] for line in told if "aux" in line]
    assert (status, len(ids)) == (200, 3)
    assert classic.daemon.json(f"/images/{ids[1]}/json")["Parent"] == ids[0]
    assert classic.daemon.json(f"/images/{ids[2]}/json")["Parent"] == ids[1]
    assert "B=2" in classic.daemon.json(f"/images/{ids[2]}/json")["Config"]["Env"]


def test_triggers_are_told_with_what_they_say(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nONBUILD RUN echo one said\nONBUILD RUN echo two said >&2; exit $V\n"})
    classic.build("-t", "loud:1")
    classic.write({"Dockerfile": "FROM loud:1\nENV A=1\n"})
    built = classic.build("--no-cache")
    assert "Step 1/2 : FROM loud:1\n# Executing 2 build triggers\n ---> Running in " in built.output
    assert "\none said\n ---> Removed intermediate container " in built.output
    assert "two said" in built.output + built.errors
    classic.write({"Dockerfile": "FROM busybox\nONBUILD RUN echo why it fails; false\n"})
    classic.build("-t", "loud:1")
    classic.write({"Dockerfile": "FROM loud:1\n"})
    failed = classic.build("--no-cache", check=False)
    assert "# Executing 1 build trigger\n" in failed.output
    assert "why it fails" in failed.output
    assert failed.status == 1


def test_a_label_from_outside_is_a_step(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nENV A=1\n"})
    built = classic.build("--label", "b=$A", "--label", 'a="x y"')
    assert 'Step 3/4 : LABEL a="x y"\n' in built.output
    assert "Step 4/4 : LABEL b=$A\n" in built.output
    assert classic.inspect(built)["Config"]["Labels"] == {"a": '"x y"', "b": "$A"}


def test_a_build_in_the_network_of_a_container(classic: Builder) -> None:
    name = classic.docker("run", "-d", "--name", "netowner", "--network=none", "busybox", "top").stdout.strip()
    classic.write({"Dockerfile": "FROM busybox\nRUN readlink /proc/self/ns/net > /ns\n"})
    built = classic.build("--no-cache", f"--network=container:{name}")
    own = classic.docker("exec", name, "readlink", "/proc/self/ns/net").stdout
    assert classic.run(built, "cat", "/ns") == own


def test_a_volume_over_a_file_is_refused(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nRUN touch /foo\nVOLUME /foo\n"})
    built = classic.build("--no-cache", check=False)
    assert built.status
    assert "file exists /foo" in built.errors
    status, body = classic.daemon.request("POST", "/containers/create", {"Image": "busybox", "Volumes": {"/etc/passwd": {}}})
    assert (status, b"cannot mount volume over existing file, file exists /etc/passwd" in body) == (400, True)
    assert classic.docker("volume", "ls", "-q").stdout == ""


def test_nothing_is_no_image(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM scratch\n"})
    assert "No image was generated. Is your Dockerfile empty?" in classic.build(check=False).errors
    classic.write({"Dockerfile": "FROM scratch\nENV A=1\n"})
    assert "A=1" in classic.inspect(classic.build())["Config"]["Env"]


@pytest.mark.parametrize(
    ("from_", "why"),
    [
        ("1", "invalid from flag value 1: refers to current build stage"),
        ("7", "invalid from flag value 7: index out of bounds"),
        ("127.0.0.1:5000/none", "invalid from flag value 127.0.0.1:5000/none: "),
    ],
)
def test_a_stage_that_is_none(classic: Builder, from_: str, why: str) -> None:
    classic.write({"Dockerfile": f"FROM busybox\nFROM busybox\nCOPY --from={from_} /a /b\n"})
    assert why in classic.build(check=False).errors


def cached(built: Built) -> int:
    return built.output.count(" ---> Using cache\n")


def test_the_cache_is_the_images(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nENV A=cache\nRUN echo said $A\n"})
    first = classic.build()
    assert cached(classic.build()) == 2
    classic.docker("rmi", first.id)
    again = classic.build()
    assert cached(again) == 0
    assert "said cache" in again.output


def test_a_step_on_another_image_is_another_step(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nARG foo\nENV foo=over\nRUN echo value $foo\n"})
    classic.build("--build-arg", "foo=bar")
    classic.write({"Dockerfile": "FROM busybox\nENV foo=over\nARG foo\nRUN echo value $foo\n"})
    assert cached(classic.build("--build-arg", "foo=bar")) == 0


def test_what_is_copied_counts_and_not_how_it_was_named(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nCOPY file1.txt /tmp/\nEXPOSE 2375 80\n", "file1.txt": "1"})
    first = classic.build()
    classic.write({"Dockerfile": "FROM busybox\nCOPY file*.txt /tmp/\nEXPOSE 80 2375\n"})
    second = classic.build()
    assert (second.id, cached(second)) == (first.id, 2)
    classic.write({"file1.txt": "2"})
    assert classic.build().id != first.id


def test_equal_stages_are_made_once(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nADD baz /once\nFROM busybox\nADD baz /once\n", "baz": "z"})
    built = classic.build()
    assert ("Step 4/4" in built.output, cached(built)) == (True, 1)


def test_a_volume_with_a_relative_path_is_below_the_root(classic: Builder) -> None:
    classic.write(
        {
            "Dockerfile": "FROM busybox\nENV V=vol\nVOLUME ${V} [/odd name:/foo\nRUN mount | grep -c -E ' on /(vol|name:/foo|\\[/odd) ' > /n\n"
        }
    )
    built = classic.build("--no-cache")
    assert classic.run(built, "cat", "/n") == "3\n"
    assert sorted(classic.inspect(built)["Config"]["Volumes"]) == ["[/odd", "name:/foo", "vol"]
