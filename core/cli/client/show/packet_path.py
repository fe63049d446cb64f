"""A packet's way to a published port, as people read it."""

from core.cli.client.models import PacketPath
from core.cli.table import lines


def show_path(path: PacketPath, *, everything: bool) -> None:
    """Print the rules a packet meets, one a line; without `everything` only those that match or may match."""
    host = f"[{path.host_ip}]" if ":" in path.host_ip else path.host_ip
    published = f"{host}:{path.host_port}" if path.host_port else str(path.container_port)
    print(f"{published}/{path.protocol}, from {path.origin}")
    rows = [(f"  {rule.chain}", rule.rule, rule.effect or "-") for rule in path.rules if everything or rule.effect]
    if rows:
        print("\n".join(lines(rows)))
    print(f"  {path.result}\n")
