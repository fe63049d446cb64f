"""What a container with CAP_SYS_PTRACE does to processes that appear beside it. Runs in that container, by an interpreter mounted there.

It looks at every process it has not seen, writes a word into whatever of the plan is mapped there, and tells what it found: a line of JSON
for each process that was still being set up.
"""

import json
import os
import sys

PLACES = {0x20000000: "plan", 0x1FFF0000: "state"}
RESERVED = 36
WORD = b"CNRY"


def looked_at(pid: int) -> dict[str, object] | None:
    """Attack one process; None if there was nothing of a plan in it any more."""
    try:
        with open(f"/proc/{pid}/maps") as lines:
            maps = [line.split() for line in lines]
        found = {place: row for row in maps for place in PLACES if row[0].startswith(f"{place:x}-")}
        if not found:
            return None
        written = []
        with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
            for place in found:
                memory.seek(place + RESERVED)
                written.append(memory.write(WORD))
        host = any(os.path.exists(f"/proc/{pid}/root{path}") for path in sys.argv[1:])
        links = {link: os.readlink(f"/proc/{pid}/ns/{link}") for link in ("mnt", "net", "ipc", "uts", "cgroup")}
        own = {link: os.readlink(f"/proc/self/ns/{link}") for link in links}
        files = {name: os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")}
    except OSError:
        return None
    modes = {PLACES[place]: row[1] for place, row in found.items()}
    return {
        "modes": modes,
        "written": written,
        "host": host,
        "outside": [name for name in links if links[name] != own[name]],
        "files": files,
    }


def main() -> None:
    """Watch for ever."""
    seen = {int(name) for name in os.listdir("/proc") if name.isdigit()}
    print("watching", flush=True)
    while True:
        for name in os.listdir("/proc"):
            if name.isdigit() and (pid := int(name)) not in seen:
                seen.add(pid)
                if found := looked_at(pid):
                    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
