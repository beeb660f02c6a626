"""A real SFTP server (asyncssh, loopback, any free port) in a thread, with places to make things go wrong.

``server.before["posix_rename"] = hook`` runs `hook()` in the server before it does that operation, ``after`` once it
is done and before the client hears of it; ``server.cut`` is a hook that drops every connection at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh
from asyncssh.sftp import SFTPAttrs, SFTPName

USER = "practice"
PASSWORD = "a loopback password"


class SftpServer:
    """Serves the folder `root` as '/'. Use as a context manager; all state may be changed while it runs."""

    def __init__(self, root: Path, *, key: asyncssh.SSHKey | None = None) -> None:
        self.root = root
        self.key = key or asyncssh.generate_private_key("ssh-ed25519")
        self.authorized: list[asyncssh.SSHKey] = []
        self.password: str | None = PASSWORD
        self.before: dict[str, Callable[[], None]] = {}
        self.after: dict[str, Callable[[], None]] = {}
        self.odd_entries: list[SFTPName] = []
        self.hide_attributes = False
        self.operations: list[str] = []
        self.logins: list[str] = []
        self.password_tries = 0
        self.open_connections: set[asyncssh.SSHServerConnection] = set()
        self.begin: Callable[[], None] | None = None
        self.port = 0

    @property
    def host_key(self) -> str:
        """The line to pin."""
        return " ".join(self.key.export_public_key().decode().split()[:2])

    def cut(self) -> None:
        """Drop every connection without a goodbye. Runs in the server's thread, as a hook does."""
        for connection in list(self.open_connections):
            connection.abort()

    def once(self, hook: Callable[[], None]) -> Callable[[], None]:
        """`hook` the first time, nothing after."""
        left = [hook]
        return lambda: left.pop()() if left else None

    def __enter__(self) -> SftpServer:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._acceptor = self._run(self._listen())
        self.port = self._acceptor.get_port()
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def close_door(self) -> None:
        """Stop listening and drop everybody: the partner is down."""
        self._run(self._stop())

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[self.key],
            server_factory=partial(_Door, self),
            sftp_factory=partial(_Files, self),
            login_timeout=5,
        )

    async def _stop(self) -> None:
        self.cut()
        self._acceptor.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._acceptor.wait_closed(), 2)


class _Door(asyncssh.SSHServer):
    def __init__(self, server: SftpServer) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._server.open_connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.open_connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        self._server.logins.append(username)
        if self._server.begin:
            self._server.begin()
        return True

    def password_auth_supported(self) -> bool:
        return self._server.password is not None

    def validate_password(self, username: str, password: str) -> bool:
        self._server.password_tries += 1
        return username == USER and password == self._server.password

    def public_key_auth_supported(self) -> bool:
        return bool(self._server.authorized)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key in self._server.authorized


class _Files(asyncssh.SFTPServer):
    def __init__(self, server: SftpServer, chan: asyncssh.SSHServerChannel) -> None:
        super().__init__(chan, chroot=str(server.root).encode())
        self._server = server
        self._hook(server.before, "session")

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        self._hook(self._server.before, "scandir")
        async for entry in super().scandir(path):
            if self._server.hide_attributes:
                yield SFTPName(entry.filename, attrs=SFTPAttrs())
            else:
                yield entry
        for entry in self._server.odd_entries:
            yield entry

    def _hook(self, hooks: dict[str, Callable[[], None]], operation: str) -> None:
        if operation in hooks:
            hooks[operation]()


def _observed(operation: str) -> Callable[..., Any]:
    def method(self: _Files, *arguments: Any) -> Any:
        self._server.operations.append(operation)
        self._hook(self._server.before, operation)
        result = getattr(asyncssh.SFTPServer, operation)(self, *arguments)
        self._hook(self._server.after, operation)
        return result

    return method


for _name in ("open", "read", "write", "close", "stat", "rename", "posix_rename", "remove"):
    setattr(_Files, _name, _observed(_name))


def odd_entry(name: bytes, size: int = 3) -> SFTPName:
    """An entry of a listing that no real folder would hold."""
    return SFTPName(name, attrs=SFTPAttrs(size=size, permissions=0o100644, atime=1, mtime=1))
