"""A container's runtime specification with what the devices it asked for need (CDI specification: SPEC.md "OCI Edits")."""

import os
import stat
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from core.containers.cdi.specification import ContainerEdits, DeviceNode, Hook
from sdk.oci import runtime as oci

_TYPES = {stat.S_IFBLK: "b", stat.S_IFCHR: "c", stat.S_IFIFO: "p"}


def with_edits(spec: oci.Spec, all_edits: Sequence[ContainerEdits]) -> oci.Spec:
    """Return a specification with edits, in their order; a later one replaces what an earlier one put in the same place.

    Raises ValueError for a device that is not on this host, and for edits that no runtime here can do.
    """
    nodes = {device.path: device for device in spec.linux.devices}
    rules: list[oci.DeviceRule] = []
    for node in (node for edits in all_edits for node in edits.device_nodes):
        device = _device(node, spec.process.user)
        nodes.pop(device.path, None)
        nodes[device.path] = device
        if device.type in ("b", "c"):
            access = node.permissions or "rwm"
            rules.append(oci.DeviceRule(allow=True, type=device.type, major=device.major, minor=device.minor, access=access))
    for edits in all_edits:
        _refuse_what_is_not_done(edits)
    resources = spec.linux.resources or oci.Resources()
    return replace(
        spec,
        process=_process(spec.process, all_edits),
        mounts=_mounts(spec.mounts, all_edits),
        hooks=_hooks(spec.hooks, [hook for edits in all_edits for hook in edits.hooks]),
        linux=replace(
            spec.linux, devices=tuple(nodes.values()), resources=replace(resources, devices=(*resources.devices, *rules))
        ),
    )


def _refuse_what_is_not_done(edits: ContainerEdits) -> None:
    if edits.intel_rdt:
        raise ValueError("intelRdt is not supported")
    if edits.net_devices:
        raise ValueError("netDevices are not supported")


def _device(node: DeviceNode, user: oci.User) -> oci.Device:
    kind, major, minor, mode = _completed(node)
    return oci.Device(
        path=node.path,
        type=kind,
        major=major,
        minor=minor,
        file_mode=0o666 if mode is None else mode,
        uid=user.uid if node.uid is None else node.uid,
        gid=user.gid if node.gid is None else node.gid,
    )


def _completed(node: DeviceNode) -> tuple[str, int, int, int | None]:
    """Return type, numbers and mode of a node, from the host where the file does not say. The host need not have one that is described
    in full."""
    described = bool(node.type) and (node.major != 0 or node.type == "p")
    source = node.host_path or node.path
    try:
        status = os.lstat(source)
        found = _TYPES.get(stat.S_IFMT(status.st_mode), "")
        fault = "" if found else "not a device node"
    except OSError as error:
        fault = (error.strerror or "").lower()
    if fault:
        if described:
            return node.type, node.major, node.minor, node.file_mode
        raise ValueError(f'failed to stat CDI host device "{source}": {fault}')
    mode = stat.S_IMODE(status.st_mode) if node.file_mode is None else node.file_mode
    if described:
        return node.type, node.major, node.minor, mode
    if node.type and node.type != found:
        raise ValueError(f'CDI device ("{node.path}", "{source}"), host type mismatch ({node.type}, {found})')
    if found == "p" or node.major:
        return found, node.major, node.minor, mode
    return found, os.major(status.st_rdev), os.minor(status.st_rdev), mode


def _process(process: oci.Process, all_edits: Iterable[ContainerEdits]) -> oci.Process:
    variables = {variable.partition("=")[0]: variable for variable in process.env}
    groups = dict.fromkeys(process.user.additional_gids)
    for edits in all_edits:
        variables.update((variable.partition("=")[0], variable) for variable in edits.env)
        groups.update(dict.fromkeys(group for group in edits.additional_gids if group))
    return replace(process, env=tuple(variables.values()), user=replace(process.user, additional_gids=tuple(groups)))


def _mounts(mounts: Sequence[oci.Mount], all_edits: Iterable[ContainerEdits]) -> tuple[oci.Mount, ...]:
    """Return the mounts, parents before children; those of a device replace others at the same place."""
    added = {
        mount.container_path: oci.Mount(mount.container_path, mount.type, mount.host_path, mount.options)
        for edits in all_edits
        for mount in edits.mounts
    }
    if not added:
        return tuple(mounts)
    kept = (mount for mount in mounts if mount.destination not in added)
    return tuple(sorted((*kept, *added.values()), key=lambda mount: os.path.normpath(mount.destination).count("/")))


def _hooks(hooks: oci.Hooks | None, added: Sequence[Hook]) -> oci.Hooks | None:
    if not added:
        return hooks
    hooks = hooks or oci.Hooks()

    def stage(name: str, before: tuple[oci.Hook, ...]) -> tuple[oci.Hook, ...]:
        return (*before, *(oci.Hook(hook.path, hook.args, hook.env, hook.timeout) for hook in added if hook.hook_name == name))

    return oci.Hooks(
        prestart=stage("prestart", hooks.prestart),
        create_runtime=stage("createRuntime", hooks.create_runtime),
        create_container=stage("createContainer", hooks.create_container),
        start_container=stage("startContainer", hooks.start_container),
        poststart=stage("poststart", hooks.poststart),
        poststop=stage("poststop", hooks.poststop),
    )
