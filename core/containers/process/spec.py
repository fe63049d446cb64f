"""The process of a container, and further ones in it, as the runtime specification describes them."""

from msgspec.structs import replace

from core.containers.process.capabilities import available_capabilities, granted_capabilities, process_capabilities
from sdk.oci import runtime as oci


def console_size(rows: int, columns: int) -> oci.ConsoleSize | None:
    """Return a terminal's size; None when it is not known yet."""
    return oci.ConsoleSize(height=rows, width=columns) if rows and columns else None


def exec_process(
    container: oci.Process,
    *,
    args: tuple[str, ...],
    env: tuple[str, ...],
    cwd: str,
    user: oci.User,
    terminal: bool = False,
    privileged: bool = False,
) -> oci.Process:
    """Return one more process for the container whose first one is given: same limits and rights, unless privileged."""
    inherited = container.capabilities.bounding if container.capabilities else ()
    names = granted_capabilities(privileged=True, available=available_capabilities()) if privileged else inherited
    return replace(
        container,
        args=args,
        env=env,
        cwd=cwd,
        user=user,
        terminal=terminal,
        console_size=None,
        capabilities=process_capabilities(names, user.uid),
    )
