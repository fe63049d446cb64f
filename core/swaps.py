"""Another driver on a data root in use: what the one before keeps is looked for before anything starts, and no container loses anything."""

from pathlib import Path

from core.config import StartupError
from core.containers.life.processes import is_process_of
from core.containers.life.record import ContainerRecord
from core.images.layers.store import LayerRecord
from core.networks.record import ContainerEndpoints, NetworkRecord
from core.store.database import Database
from sdk.engine.modes import BRIDGE

_KEY = "storage"


def check_storage(database: Database, data_root: Path, chosen: str) -> None:
    """Raise StartupError with the ways out where another storage driver than the chosen has the data root's layers and containers: a
    driver knows nothing of another's snapshots."""
    kept = database.table("engine", str).get(_KEY)
    if kept not in (None, chosen) and (
        database.table("layers", LayerRecord).items() or database.table("containers", ContainerRecord).items()
    ):
        raise StartupError(
            f'the images and containers of {data_root} are kept by the storage driver "{kept}", and "{chosen}" is chosen: '
            f'choose "{kept}" again, or another data root, or remove them with "{kept}" first'
        )


def keep_storage(database: Database, chosen: str) -> None:
    """Remember the storage driver that has the data root's layers and containers from now on; the caller has checked that it may."""
    engine = database.table("engine", str)
    if engine.get(_KEY) != chosen:
        engine.put(_KEY, chosen)


def check_default_network(database: Database, chosen: str) -> None:
    """Raise StartupError with the way out where containers run on the network `bridge` of another driver than the chosen: the new one
    would take their interfaces away."""
    networks = database.table("networks", NetworkRecord).items()
    bridge = next((record for _, record in networks if record.name == BRIDGE and record.config.driver != chosen), None)
    if bridge is None:
        return
    containers = database.table("containers", ContainerRecord)
    members = (
        (endpoints.name, containers.get(key))
        for key, endpoints in database.table("endpoints", ContainerEndpoints).items()
        if any(endpoint.network_id == bridge.id for endpoint in endpoints.endpoints)
    )
    running = sorted(name for name, record in members if record is not None and is_process_of(record.pid, record.id))
    if running:
        raise StartupError(
            f'containers run on the network bridge of the network driver "{bridge.config.driver}", and "{chosen}" is chosen: '
            f'choose "{bridge.config.driver}" again and stop them first ({", ".join(running)})'
        )
