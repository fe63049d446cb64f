"""Which containers are linked to which: a link's name, `web/db`, is one more name of the container it leads to."""

from core.containers.life.record import ContainerRecord


class LinkIndex:
    """The links of all containers, found by the one they lead to: container ID to the linking containers' IDs and their aliases."""

    def __init__(self) -> None:
        self._leading_to: dict[str, dict[str, tuple[str, ...]]] = {}

    def put(self, record: ContainerRecord) -> None:
        """Note a container's links in place of those it had."""
        self.remove(record.id)
        for alias, child in (record.links or {}).items():
            parents = self._leading_to.setdefault(child, {})
            parents[record.id] = (*parents.get(record.id, ()), alias)

    def remove(self, container_id: str) -> None:
        """Forget a container's links; idempotent."""
        for child in [child for child, parents in self._leading_to.items() if container_id in parents]:
            del self._leading_to[child][container_id]
            if not self._leading_to[child]:
                del self._leading_to[child]

    def leading_to(self, container_id: str) -> dict[str, tuple[str, ...]]:
        """Return the aliases of links that lead to a container, by the ID of the container that has them."""
        return self._leading_to.get(container_id, {})
