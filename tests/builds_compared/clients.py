"""The three ways to have our daemon build: buildx, Compose, and the classic client."""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.builds_compared.cases import Case
from tests.builds_compared.flatten import FlatImage, flatten_layout
from tests.daemon import Daemon

BUILDX, COMPOSE, CLASSIC = "buildx", "compose", "classic"
CLIENTS = (BUILDX, COMPOSE, CLASSIC)
_COMMANDS = {BUILDX: ("docker", "buildx", "build", "--progress=plain"), CLASSIC: ("docker", "build")}


@dataclass(frozen=True, slots=True)
class Client:
    """One client of a daemon. `secret` is the file that secrets come from, `environment` may name an agent."""

    daemon: Daemon
    name: str
    config: Path
    secret: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def build(
        self, context: Path, tag: str, case: Case, dockerfile: str = "Dockerfile", *flags: str
    ) -> subprocess.CompletedProcess[str]:
        """Build and tag an image; the caller looks at the status."""
        if self.name == COMPOSE:
            return self._run(
                "docker", "compose", "--progress=plain", "-f", str(self._compose(context, tag, case, dockerfile)), "build"
            )
        words = [*_COMMANDS[self.name], f"--file={context / dockerfile}", f"--tag={tag}", *flags]
        words += [f"--build-arg={key}={value}" for key, value in case.arguments.items()]
        words += [f"--secret=id={case.secret},src={self.secret}"] if case.secret else []
        words += ["--ssh=default"] if case.ssh else []
        return self._run(*words, str(context))

    def flat(self, tag: str) -> FlatImage:
        """Return what is in an image."""
        archive, layout = self.config / "image.tar", self.config / "layout"
        self._run("docker", "save", "-o", str(archive), tag).check_returncode()
        with tarfile.open(archive) as opened:
            opened.extractall(layout)
        archive.unlink()
        try:
            return flatten_layout(layout)
        finally:
            shutil.rmtree(layout)

    def _compose(self, context: Path, tag: str, case: Case, dockerfile: str) -> Path:
        build: dict[str, object] = {"context": str(context), "dockerfile": dockerfile, "args": dict(case.arguments)}
        build |= {"secrets": [case.secret]} if case.secret else {}
        build |= {"ssh": ["default"]} if case.ssh else {}
        secrets = {case.secret: {"file": str(self.secret)}} if case.secret else {}
        project = {"name": "compared", "services": {"built": {"image": tag, "build": build}}, "secrets": secrets}
        file = self.config / "compose.yaml"
        file.write_text(json.dumps(project))  # JSON is YAML
        return file

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "DOCKER_HOST": self.daemon.host,
            "DOCKER_CONFIG": str(self.config),
            "DOCKER_BUILDKIT": str(int(self.name != CLASSIC)),
            **self.environment,
        }
        command = self.daemon.network.command(words)
        return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, stdin=subprocess.DEVNULL)
