"""Running the plugins of a list one after the other (CNI 1.0, section 3)."""

from collections.abc import Sequence

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from plugins.net_cni.attachments import Attachment, Attachments
from plugins.net_cni.conflists import Conflist, PluginConfig
from plugins.net_cni.programs import Programs
from plugins.net_cni.results import Result, decode
from sdk.errors import EngineError


class Chain:
    """ADD, CHECK and DEL of attachments, which are written down as they come and go. For worker threads."""

    def __init__(self, programs: Programs, attachments: Attachments) -> None:
        self._programs = programs
        self._attachments = attachments

    def add(self, attachment: Attachment, namespace: str) -> Result:
        """Run ADD. Raises what a plugin says; then what the others made is taken away again."""
        self._attachments.save(attachment)
        plan = attachment.plan
        try:
            for plugin in plan.plugins:
                attachment = replace(attachment, result=self._run("ADD", plan, plugin, attachment, namespace))
                self._attachments.save(attachment)
            result = decode(bytes(attachment.result))
        except BaseException as error:
            self._undo(attachment, namespace, error)
            raise
        self._attachments.answer(attachment).unlink(missing_ok=True)
        return result

    def check(self, attachment: Attachment, namespace: str) -> None:
        """Run CHECK, where it is wanted. Raises what a plugin says."""
        plan = attachment.plan
        if plan.checkable:
            self._run_all("CHECK", plan, plan.plugins, attachment, namespace)
        self._attachments.answer(attachment).unlink(missing_ok=True)

    def delete(self, attachment: Attachment, namespace: str) -> None:
        """Run DEL of every plugin. Raises the first error; then the attachment stays on record, so that it is tried again."""
        plan = attachment.plan
        failures = self._run_all("DEL", plan, plan.plugins[::-1], attachment, namespace, all_of_them=True)
        if failures:
            raise failures[0]
        self._attachments.forget(attachment)

    def _run_all(
        self,
        command: str,
        plan: Conflist,
        plugins: Sequence[PluginConfig],
        attachment: Attachment,
        namespace: str,
        *,
        all_of_them: bool = False,
    ) -> list[EngineError]:
        failures: list[EngineError] = []
        for plugin in plugins:
            try:
                self._run(command, plan, plugin, attachment, namespace)
            except EngineError as error:
                if not all_of_them:
                    raise
                failures.append(error)
        return failures

    def _run(self, command: str, plan: Conflist, plugin: PluginConfig, attachment: Attachment, namespace: str) -> Raw:
        answer = self._attachments.answer(attachment)
        config = configuration(plan, plugin, attachment)
        self._programs.run(plugin.type, command, attachment.target(namespace), config, answer)
        return Raw(answer.read_bytes())

    def _undo(self, attachment: Attachment, namespace: str, error: BaseException) -> None:
        try:
            self.delete(attachment, namespace)
        except EngineError as further:
            error.add_note(f"and what was made could not be taken away: {further}")


def configuration(plan: Conflist, plugin: PluginConfig, attachment: Attachment) -> bytes:
    """Return a plugin's configuration: its part of the list, what it can take of the runtime's, and the previous result."""
    fields = dict(plugin.fields)
    fields["name"] = Raw(msgspec.json.encode(plan.name))
    fields["cniVersion"] = Raw(msgspec.json.encode(plan.version))
    taken = {name: value for name, value in attachment.runtime.items() if name in plugin.capabilities}
    if taken:
        fields["runtimeConfig"] = Raw(msgspec.json.encode(taken))
    if attachment.has_result:
        fields["prevResult"] = attachment.result
    return msgspec.json.encode(fields)
