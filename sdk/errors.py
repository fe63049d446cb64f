"""Every error the engine raises, by meaning.

A kind says what went wrong in terms a client acts on; only a frontend knows what status that is on its wire.
Concrete errors carry their fields and build the sentence Docker's users and tools already match on.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class EngineError(Exception):
    """Root of all errors that may reach a client. The fields of each class are annotated."""

    message: str

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Put what failed before the sentence of an error that says why; it stays the error it is."""
    try:
        yield
    except EngineError as error:
        error.message = f"{what}: {error.message}"
        error.args = (error.message,)
        raise


class InvalidArgument(EngineError):
    """The request can never succeed as it stands."""


class Unauthorized(EngineError):
    """Credentials are missing or were refused."""


class PermissionDenied(EngineError):
    """The caller may not do this."""


class ImageRefused(PermissionDenied):
    """A policy does not allow an image."""

    image: str
    verifier: str
    reason: str

    def __init__(self, image: str, verifier: str, reason: str) -> None:
        super().__init__(f"image {image} is refused by the policy {verifier}: {reason}")
        self.image = image
        self.verifier = verifier
        self.reason = reason


class NotFound(EngineError):
    """The object named does not exist."""


class Conflict(EngineError):
    """The object exists but its state forbids the request."""


class AlreadyExists(Conflict):
    """The name is taken."""


class Unsupported(EngineError):
    """Nothing here implements the request (yet)."""


class Unavailable(EngineError):
    """A dependency is missing or down; the same request may succeed later."""


class UploadLost(Unavailable):
    """A registry lost the upload of a blob that was under way; sent from its start the blob may arrive."""


class ResourceExhausted(EngineError):
    """Disk, addresses, ports or another finite thing ran out."""


class DataLoss(EngineError):
    """Stored data does not match its digest or record."""


class DeadlineExceeded(EngineError):
    """An operation did not finish in its time."""


class DriverError(EngineError):
    """A driver failed in a way its interface does not foresee; `reason` says how, without driver and operation."""

    plugin: str
    operation: str
    reason: str

    def __init__(self, plugin: str, operation: str, cause: BaseException | str) -> None:
        super().__init__(f"{plugin}: {operation}: {cause}")
        self.plugin = plugin
        self.operation = operation
        self.reason = str(cause)


class StartFailed(EngineError):
    """A container or exec process could not be started; `exit_code` is what Docker's CLI reports (126, 127 or 128)."""

    exit_code: int

    def __init__(self, message: str, exit_code: int = 128) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class BuildFailed(EngineError):
    """A build did not come to its end. `exit_code` is that of the process that failed, else 0. `line` (from 1; 0 is unknown) is where in
    the Dockerfile `file`, `vertex` the digest of the step."""

    exit_code: int
    file: str
    line: int
    vertex: str

    def __init__(self, message: str, *, exit_code: int = 0, file: str = "", line: int = 0, vertex: str = "") -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.file = file
        self.line = line
        self.vertex = vertex


class NoSuchContainer(NotFound):
    """No container has this name or ID."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"No such container: {reference}")


class NoSuchExec(NotFound):
    """No process of an exec has this ID."""

    def __init__(self, exec_id: str) -> None:
        super().__init__(f"No such exec instance: {exec_id}")


class NoSuchImage(NotFound):
    """No image has this name or ID."""

    reference: str

    def __init__(self, reference: str) -> None:
        super().__init__(f"No such image: {reference}")
        self.reference = reference


class NoSuchNetwork(NotFound):
    """No network has this name or ID."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"network {reference} not found")


class NoSuchVolume(NotFound):
    """No volume has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"get {name}: no such volume")


class NotRunning(Conflict):
    """The container does not run."""

    def __init__(self, container_id: str) -> None:
        super().__init__(f"container {container_id} is not running")


class NameInUse(AlreadyExists):
    """Another container has this name."""

    def __init__(self, name: str, holder: str) -> None:
        super().__init__(
            f'Conflict. The container name "/{name}" is already in use by container "{holder}". '
            "You have to remove (or rename) that container to be able to reuse that name."
        )


class SnapshotExists(AlreadyExists):
    """A snapshot has this key or name."""

    def __init__(self, key: str) -> None:
        super().__init__(f"snapshot {key}: already exists")


class NoSuchSnapshot(NotFound):
    """No snapshot has this key or name."""

    def __init__(self, key: str) -> None:
        super().__init__(f"snapshot {key}: not found")


class PortAllocated(EngineError):
    """A published port is taken; the sentence is the one tools match on."""

    def __init__(self, endpoint: str, host_ip: str, port: int) -> None:
        super().__init__(
            f"driver failed programming external connectivity on endpoint {endpoint}: "
            f"Bind for {host_ip}:{port} failed: port is already allocated"
        )


class SkipPlugin(Exception):
    """Raised by a provider that cannot work on this machine; the message says why."""
