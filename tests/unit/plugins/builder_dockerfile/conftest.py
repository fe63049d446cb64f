"""Builds on an engine of paper: real files, pretended processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from plugins.builder_dockerfile.driver import DockerfileBuilder
from sdk.builder import Output, StepProcess
from sdk.engine.build_events import BuildEvent, BuildResult, Vertex
from sdk.engine.builds import BuildRequest
from sdk.errors import EngineError
from sdk.testing.build_host import PaperBuildHost, PaperWorkspace


@dataclass
class Paper:
    """One context and one engine, whose image `base` has a few files. `events` are those of the last build, `processes` what was run
    in all."""

    engine: PaperBuildHost
    context: Path
    events: list[BuildEvent] = field(default_factory=list)
    processes: list[StepProcess] = field(default_factory=list)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Put files into the context."""
        for name, content in files.items():
            path = self.context / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def build(self, dockerfile: str | bytes, **request: object) -> BuildResult:
        """Build a Dockerfile and return the result."""
        self.write({"Dockerfile": dockerfile})
        anyio.run(self._build, BuildRequest(**{"context": self.context, **request}))
        result = self.events[-1]
        assert isinstance(result, BuildResult)
        assert self.engine.open_places == self.engine.running == 0
        return result

    def failure(self, dockerfile: str | bytes, **request: object) -> str:
        """Build a Dockerfile that fails and return what is told."""
        with pytest.raises(EngineError) as refused:
            self.build(dockerfile, **request)
        assert self.engine.open_places == self.engine.running == 0
        return refused.value.message

    def tree(self, dockerfile: str | bytes, **request: object) -> Path:
        """Build a Dockerfile and return the root of the image."""
        return self.engine.tree(self.engine.stored[self.build(dockerfile, **request).image_id].stack)

    def files(self, dockerfile: str | bytes, **request: object) -> dict[str, str]:
        """Build a Dockerfile on nothing and return the files of the image with their contents."""
        root = self.tree(dockerfile, **request)
        found = {str(path.relative_to(root)): path for path in sorted(root.rglob("*")) if not path.is_dir() or path.is_symlink()}
        return {name: f"-> {path.readlink()}" if path.is_symlink() else path.read_text() for name, path in found.items()}

    def cached(self) -> list[str]:
        """Return the instructions of the last build that were taken from the cache."""
        last = {event.digest: event for event in self.events if isinstance(event, Vertex)}
        return [event.instruction for event in last.values() if event.cached and not event.instruction.startswith("FROM")]

    def history(self, result: BuildResult) -> list[str]:
        """Return what an image tells of its steps."""
        return [entry.created_by for entry in result.config.history]

    async def _build(self, request: BuildRequest) -> None:
        self.events = []
        with anyio.fail_after(60):
            async for event in DockerfileBuilder().build(request, self.engine):
                self.events.append(event)


@pytest.fixture
def paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paper:
    (tmp_path / "engine").mkdir()
    (tmp_path / "context").mkdir()
    engine = PaperBuildHost(tmp_path / "engine")
    engine.add_image("base", {"etc/passwd": "root:x:0:0::/:/bin/sh\n"})
    made = Paper(engine, tmp_path / "context")
    run = PaperWorkspace.run

    async def noted(workspace: PaperWorkspace, process: StepProcess, output: Output) -> int:
        made.processes.append(process)
        return await run(workspace, process, output)

    monkeypatch.setattr(PaperWorkspace, "run", noted)
    return made
