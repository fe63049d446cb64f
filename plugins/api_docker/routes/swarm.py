"""/swarm, /nodes, /services, /tasks, /secrets, /configs: a cluster this node is not part of."""

from fastapi import APIRouter
from starlette.responses import Response

from sdk.errors import Unavailable, Unsupported

router = APIRouter()

_METHODS = ["GET", "POST", "PUT", "DELETE"]
_NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
)


@router.post("/swarm/init")
@router.post("/swarm/join")
async def join_swarm() -> Response:
    """Refuse in words."""
    raise Unsupported("swarm mode is not supported by this engine")


async def not_a_manager() -> Response:
    """Answer as dockerd does outside a swarm."""
    raise Unavailable(_NOT_A_MANAGER)


for _noun in ("swarm", "nodes", "services", "tasks", "secrets", "configs"):
    router.add_api_route(f"/{_noun}", not_a_manager, methods=_METHODS)
    router.add_api_route(f"/{_noun}/{{rest:path}}", not_a_manager, methods=_METHODS)
