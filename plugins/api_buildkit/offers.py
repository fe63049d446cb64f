"""What a session offers to a build: secrets, SSH agents, registry logins and uploads."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import anyio
from anyio.abc import SocketStream
from grpclib.client import Stream
from grpclib.const import Status
from grpclib.exceptions import GRPCError, StreamTerminatedError

from plugins.api_buildkit.connections import CallingConnection
from plugins.api_buildkit.proto import filesync_pb2, secrets_pb2, ssh_pb2
from plugins.api_buildkit.proto.filesync_grpc import AuthStub
from plugins.api_buildkit.proto.secrets_grpc import SecretsStub
from plugins.api_buildkit.proto.ssh_grpc import SSHStub
from plugins.api_buildkit.proto.upload_grpc import UploadStub
from sdk.drivers.registry import Credentials
from sdk.errors import DataLoss, Unavailable

_HUB = "docker.io"
_HUB_LOGIN = "registry-1.docker.io"
_LACKS = (Status.NOT_FOUND, Status.UNIMPLEMENTED)
_CHUNK = 32 * 1024
_Bytes = Stream[ssh_pb2.BytesMessage, ssh_pb2.BytesMessage]


class SessionSecrets:
    """Secrets asked of the client when a step needs them (`sdk.engine.builds.SecretSource`)."""

    def __init__(self, connection: CallingConnection) -> None:
        self._stub = SecretsStub(connection)

    async def get(self, secret_id: str) -> bytes | None:
        """Return a secret's value; None if the client has none of that ID."""
        try:
            return (await self._stub.GetSecret(secrets_pb2.GetSecretRequest(id=secret_id))).data
        except GRPCError as error:
            if error.status in _LACKS:
                return None
            raise Unavailable(f"secret {secret_id}: {error.message}") from error


class SessionCredentials:
    """Logins asked of the client (`sdk.engine.builds.CredentialSource`)."""

    def __init__(self, connection: CallingConnection) -> None:
        self._stub = AuthStub(connection)

    async def get(self, registry: str) -> Credentials:
        """Return the login for a registry host; the empty one if the client has none."""
        host = _HUB_LOGIN if registry == _HUB else registry
        try:
            login = await self._stub.Credentials(filesync_pb2.CredentialsRequest(host=host))
        except (GRPCError, StreamTerminatedError, ConnectionError):
            return Credentials(server_address=registry)
        if login.secret and not login.username:
            return Credentials(identity_token=login.secret, server_address=registry)
        return Credentials(login.username, login.secret, server_address=registry)


class SessionSsh:
    """SSH agents of the client behind unix sockets (`sdk.engine.builds.SshSource`)."""

    def __init__(self, connection: CallingConnection) -> None:
        self._stub = SSHStub(connection)

    def socket(self, ssh_id: str) -> AbstractAsyncContextManager[Path | None]:
        """Give the path of a socket that forwards to an agent; None if the client forwards none of that ID."""
        return self._forwarding(ssh_id or "default")

    @asynccontextmanager
    async def _forwarding(self, ssh_id: str) -> AsyncIterator[Path | None]:
        if not await self._is_offered(ssh_id):
            yield None
            return
        failure: Exception | None = None
        with tempfile.TemporaryDirectory(prefix="core-ssh-") as directory:
            os.chmod(directory, 0o711)
            path = Path(directory) / "agent.sock"
            async with await anyio.create_unix_listener(path, mode=0o600) as listener, anyio.create_task_group() as tasks:
                tasks.start_soon(listener.serve, lambda client: self._forward(ssh_id, client))
                try:
                    yield path
                except Exception as error:  # noqa: BLE001 raised in here it would come out as a group
                    failure = error
                finally:
                    tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _is_offered(self, ssh_id: str) -> bool:
        try:
            await self._stub.CheckAgent(ssh_pb2.CheckAgentRequest(id=ssh_id))
        except GRPCError:
            return False
        return True

    async def _forward(self, ssh_id: str, client: SocketStream) -> None:
        """Carry one connection; a client of ours that closes it is the end of the call, which the other side calls an error."""
        with suppress(GRPCError, StreamTerminatedError):
            async with client, self._stub.ForwardAgent.open(metadata={"buildkit.ssh.id": ssh_id}) as stream:
                await stream.send_request()
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(_to_agent, client, stream)
                    await _from_agent(client, stream)
                    tasks.cancel_scope.cancel()


async def _to_agent(client: SocketStream, stream: _Bytes) -> None:
    try:
        while True:
            await stream.send_message(ssh_pb2.BytesMessage(data=await client.receive(_CHUNK)))
    except anyio.EndOfStream:
        await stream.end()
    except (anyio.BrokenResourceError, StreamTerminatedError):
        return


async def _from_agent(client: SocketStream, stream: _Bytes) -> None:
    try:
        async for message in stream:
            await client.send(message.data)
    except (anyio.BrokenResourceError, GRPCError, StreamTerminatedError):
        return


async def pull_upload(connection: CallingConnection, host: str, path: str) -> AsyncIterator[bytes]:
    """Yield a file the client hands over once. Raises DataLoss when it does not come whole."""
    try:
        async with UploadStub(connection).Pull.open(metadata={"urlhost": host, "urlpath": path}) as stream:
            await stream.send_request()
            await stream.end()  # nothing is to be said; an open stream would be reset when the client is done
            async for message in stream:
                yield message.data
    except (GRPCError, StreamTerminatedError) as error:
        raise DataLoss(f"failed to receive the uploaded context: {error}") from error
