"""What a container's name server answers under load: 10,000 questions by 50 clients at once, while others wait for a dead server.

    python -m tests.bench.dns [ROUNDS]

Clients are one process in the container's network, which asks with as many sockets as there are clients.
"""

import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles

from dnslib import DNSRecord

from tests.bench.__main__ import Client, our_daemon
from tests.daemon import Daemon

QUESTIONS, AT_ONCE, WAITING = 10_000, 50, 20
DEAD = "192.0.2.53"
_SERVER = ("127.0.0.11", 53)
_PATIENCE = 5.0


def main() -> None:
    """Print what each round took."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with our_daemon() as daemon:
        client = Client(daemon.socket)
        client.call("POST", "/networks/create", {"Name": "bench"})
        for name in ("one", "two"):
            client.call("POST", f"/containers/create?name={name}", _container("all"))
            client.call("POST", f"/containers/{name}/start")
        for _ in range(rounds):
            print(_round(daemon, "one"))


def _container(alias: str) -> dict[str, object]:
    return {
        "Image": "busybox",
        "Cmd": ["sleep", "600"],
        "HostConfig": {"NetworkMode": "bench", "Dns": [DEAD]},
        "NetworkingConfig": {"EndpointsConfig": {"bench": {"Aliases": [alias]}}},
    }


def _round(daemon: Daemon, container: str) -> str:
    pid = daemon.docker("inspect", "--format", "{{.State.Pid}}", container).stdout.strip()
    before = _cpu(daemon.pid)
    asked = subprocess.run(
        ["nsenter", f"--net=/proc/{pid}/ns/net", sys.executable, "-m", "tests.bench.dns", "ask"],
        check=True,
        capture_output=True,
        text=True,
    )
    return f"{asked.stdout.strip()}, {(_cpu(daemon.pid) - before) / QUESTIONS * 1e6:.0f} us of the daemon's CPU each"


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask() -> None:
    """Be the clients; print what they saw."""
    waiting = [_client() for _ in range(WAITING)]
    for number, opened in enumerate(waiting):
        opened.send(DNSRecord.question(f"dead{number}.example.org").pack())
    questions = [
        DNSRecord.question(name, kind).pack() for name, kind in (("one", "A"), ("two", "A"), ("all", "A"), ("two", "AAAA"))
    ]
    poll = select.epoll()
    clients = {opened.fileno(): opened for opened in (_client() for _ in range(AT_ONCE))}
    sent: dict[int, float] = {}
    latencies: list[float] = []
    begun = time.perf_counter()
    for number, (fd, opened) in enumerate(clients.items()):
        poll.register(fd, select.EPOLLIN)
        sent[fd] = time.perf_counter()
        opened.send(questions[number % len(questions)])
    asked = AT_ONCE
    while len(latencies) < QUESTIONS:
        ready = poll.poll(_PATIENCE)
        if not ready:
            break
        for fd, _ in ready:
            clients[fd].recv(512)
            now = time.perf_counter()
            latencies.append(now - sent[fd])
            if asked < QUESTIONS:
                clients[fd].send(questions[asked % len(questions)])
                sent[fd] = now
                asked += 1
    taken = time.perf_counter() - begun
    cuts = quantiles(latencies, n=1000)
    print(
        f"{len(latencies) / taken:,.0f} answers/s, median {median(latencies) * 1000:.2f} ms, 99 % {cuts[989] * 1000:.2f} ms, "
        f"99.9 % {cuts[998] * 1000:.2f} ms, lost {QUESTIONS - len(latencies)}"
    )


def _client() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.connect(_SERVER)
    return opened


if __name__ == "__main__":
    ask() if sys.argv[1:] == ["ask"] else main()
