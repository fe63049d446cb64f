"""Who has read a container's output to its end finds its exit code: tools inspect at once, as `docker run` waits for both."""

import pytest

from tests.asking import Client

pytestmark = pytest.mark.privileged

NETWORKS = [f"end-{number}" for number in range(4)]


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_there_when_the_output_ends(client: Client, code: int) -> None:
    for name in NETWORKS:  # what a container leaves at its end takes time
        assert client.ask("POST", "/networks/create", {"Name": name})[0] == 201
    networking = {"EndpointsConfig": {name: {} for name in NETWORKS}}
    for number in range(3):
        name = f"ends-{number}"
        client.run(name, "sh", "-c", f"echo said; sleep 0.3; exit {code}", NetworkingConfig=networking)
        status, output = client.daemon.request("POST", f"/containers/{name}/attach?stream=1&stdout=1&logs=1")
        state = client.inspect(name)["State"]
        assert (status, state["Status"], state["ExitCode"]) == (200, "exited", code)
        assert b"said" in output
    assert client.ask("POST", "/containers/prune")[0] == 200
    assert client.ask("POST", "/networks/prune")[0] == 200
