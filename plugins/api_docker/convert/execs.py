"""Execs."""

from plugins.api_docker.models.execs import ExecConfig, ExecInspect, ProcessConfig
from sdk.engine.containers import ExecInfo, ExecRequest


def exec_request(body: ExecConfig) -> ExecRequest:
    """Return what the engine is asked to prepare."""
    rows, columns = body.console_size
    return ExecRequest(
        cmd=body.cmd,
        attach_stdin=body.attach_stdin,
        attach_stdout=body.attach_stdout,
        attach_stderr=body.attach_stderr,
        tty=body.tty,
        privileged=body.privileged,
        user=body.user,
        working_dir=body.working_dir,
        env=body.env,
        detach_keys=body.detach_keys,
        rows=rows,
        columns=columns,
    )


def exec_inspect(info: ExecInfo) -> ExecInspect:
    """Return the inspect object."""
    request = info.request
    return ExecInspect(
        id=info.id,
        running=info.running,
        exit_code=info.exit_code,
        process_config=ProcessConfig(request.tty, request.cmd[0], request.cmd[1:], request.privileged, request.user),
        open_stdin=request.attach_stdin,
        open_stderr=request.attach_stderr,
        open_stdout=request.attach_stdout,
        can_remove=info.can_remove,
        container_id=info.container_id,
        detach_keys=request.detach_keys,
        pid=info.pid,
    )
