"""Generate the classes from the .proto files: `python -m plugins.api_buildkit.proto.generate [--check]`.

With `--check` nothing is written; the exit status says whether the committed classes are those the files make.
"""

import sys
import tempfile
from pathlib import Path

from google.rpc import status_pb2
from grpc_tools import protoc

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[2]
_SERVICES = ("content", "control", "filesync", "gateway", "secrets", "ssh", "trace", "upload")


def generate(target: Path) -> None:
    """Write the classes below a directory, as the project's tree has them. Raises RuntimeError with the compiler's exit status."""
    include = [f"-I{path}" for path in (_ROOT, Path(status_pb2.__file__).parents[2], Path(protoc.__file__).parent / "_proto")]
    messages = sorted(str(path.relative_to(_ROOT)) for path in _HERE.glob("*.proto"))
    services = [str((_HERE / f"{name}.proto").relative_to(_ROOT)) for name in _SERVICES]
    for arguments in (
        [f"--python_out={target}", f"--pyi_out={target}", *messages],
        [f"--grpclib_python_out={target}", *services],
    ):
        status = protoc.main(["protoc", *include, *arguments])
        if status:
            raise RuntimeError(f"protoc failed with {status}")
    for path in (target / _HERE.relative_to(_ROOT)).glob("*_grpc.py"):
        path.write_text(f'"""Generated services of {path.stem.removesuffix("_grpc")}.proto."""\n{path.read_text()}')


def stale() -> list[str]:
    """Return the files that are not what the .proto files make."""
    with tempfile.TemporaryDirectory() as directory:
        generate(Path(directory))
        fresh = {path.name: path.read_bytes() for path in Path(directory).rglob("*_*.py*")}
    kept = {path.name: path.read_bytes() for pattern in ("*_pb2.py*", "*_grpc.py") for path in _HERE.glob(pattern)}
    return sorted(name for name in fresh.keys() | kept.keys() if fresh.get(name) != kept.get(name))


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(", ".join(stale()) or None)
    generate(_ROOT)
