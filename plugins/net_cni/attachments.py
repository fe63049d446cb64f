"""What was asked of plugins and what they answered, on disk: DEL and CHECK need it, also after this process has died.

It is written before the first plugin runs. A reboot takes all interfaces along, but not what an IPAM plugin keeps on disk; so neither
does it take these files.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from plugins.net_cni.conflists import Conflist, parse
from plugins.net_cni.programs import Target
from sdk.linux.atomic import replace_file
from sdk.text import UNREADABLE

_SHORT = 12


class Attachment(Struct, frozen=True, kw_only=True):
    """One container's interface on one network, by the list it was (or is being) added with; later changes of the file do not matter."""

    endpoint_id: str
    container_id: str
    interface: str
    conflist: str
    runtime: Mapping[str, Raw] = {}
    result: Raw = Raw(b"null")

    @property
    def has_result(self) -> bool:
        """Whether a plugin has answered ADD."""
        return bytes(self.result) != b"null"

    @property
    def plan(self) -> Conflist:
        """The list, parsed."""
        return parse(self.conflist)

    def target(self, namespace: str) -> Target:
        """Return whom plugins work for when the container's namespace is at that path."""
        return Target(self.container_id, namespace, self.interface)


class Attachments:
    """The files, by the short form of a container's ID: `core gc`, which would take one with a whole ID for a leak, leaves them to us.

    For worker threads.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)

    def save(self, attachment: Attachment) -> None:
        """Write an attachment down, durably."""
        path = self._path(attachment.container_id, attachment.interface)
        replace_file(path, msgspec.json.encode(attachment), durable=True)

    def find(self, container_id: str, interface: str) -> Attachment | None:
        """Return what is known of an interface."""
        with suppress(FileNotFoundError, *UNREADABLE):
            attachment = msgspec.json.decode(self._path(container_id, interface).read_bytes(), type=Attachment)
            return msgspec.structs.replace(attachment, result=self._latest(attachment))
        return None

    def all(self) -> list[Attachment]:
        """Return what is known of all interfaces."""
        names = [file.stem.partition(":") for file in self._directory.glob("*.json")]
        return [found for container_id, _, interface in names if (found := self.find(container_id, interface))]

    def forget(self, attachment: Attachment) -> None:
        """Remove what is known of an interface; idempotent."""
        for path in (self._path(attachment.container_id, attachment.interface), self.answer(attachment)):
            path.unlink(missing_ok=True)

    def answer(self, attachment: Attachment) -> Path:
        """Return the file a plugin that works on an interface answers into."""
        return self._path(attachment.container_id, attachment.interface).with_suffix(".answer")

    def _latest(self, attachment: Attachment) -> Raw:
        """Return the result of the last plugin that answered, though the daemon may not have been there to hear it."""
        with suppress(FileNotFoundError, *UNREADABLE):
            answer = self.answer(attachment).read_bytes()
            if "ips" in msgspec.json.decode(answer, type=dict[str, Raw]):
                return Raw(answer)
        return attachment.result

    def _path(self, container_id: str, interface: str) -> Path:
        return self._directory / f"{container_id[:_SHORT]}:{interface}.json"
