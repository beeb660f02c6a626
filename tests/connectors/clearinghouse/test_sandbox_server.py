"""The SFTP server: whose key opens which folder, and the stand-alone sandbox from upload to last check."""

from __future__ import annotations

import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import paramiko
import pytest
from sandbox_kit import upload

from connectors.clearinghouse.sandbox import SandboxServer, answer, make_key, serve


@contextmanager
def sftp(server: SandboxServer, user: str, key: Path) -> Iterator[paramiko.SFTPClient]:
    with closing(paramiko.Transport(("127.0.0.1", server.port))) as transport:
        transport.connect(username=user, pkey=paramiko.Ed25519Key.from_private_key_file(str(key)))
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        yield client


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    return {user: make_key(tmp_path / f"{user}_key") for user in ("north", "south")}


@pytest.fixture
def server(tmp_path: Path, keys: dict[str, str]) -> Iterator[SandboxServer]:
    with SandboxServer(tmp_path / "root", keys) as running:
        yield running


def test_key_is_made_once_and_private(tmp_path: Path):
    path = tmp_path / "deep" / "key"
    public = make_key(path)
    assert public.startswith("ssh-ed25519 AAAA")
    assert len(public.split()) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_bytes()
    assert make_key(path) == public
    assert path.read_bytes() == content
    assert [p.name for p in path.parent.iterdir()] == ["key"]


def test_an_upload_is_lost_at_its_rename_where_that_is_asked_for(server: SandboxServer, tmp_path: Path):
    """The sender never hears of it, the file is gone, and the next connection is as always."""
    folder = tmp_path / "root" / "north" / "SendFiles"
    with server.losing_uploads(), sftp(server, "north", tmp_path / "north_key") as client:
        with client.open("/SendFiles/a.tmp", "wb") as stream:
            stream.write(b"ISA")
        with pytest.raises((EOFError, OSError, paramiko.SSHException)):
            client.posix_rename("/SendFiles/a.tmp", "/SendFiles/a.837")
    assert list(folder.iterdir()) == []
    assert (tmp_path / "root" / ".sandbox" / "lost" / "a.837").read_bytes() == b"ISA"
    with sftp(server, "north", tmp_path / "north_key") as client:
        with client.open("/SendFiles/b.tmp", "wb") as stream:
            stream.write(b"ISA")
        client.posix_rename("/SendFiles/b.tmp", "/SendFiles/b.837")
    assert [path.name for path in folder.iterdir()] == ["b.837"]


def test_upload_rename_and_list(server: SandboxServer, tmp_path: Path):
    with sftp(server, "north", tmp_path / "north_key") as client:
        assert sorted(client.listdir("/")) == ["ReceiveFiles", "SendFiles"]
        with client.open("/SendFiles/a.tmp", "wb") as stream:
            stream.write(b"ISA")
        client.posix_rename("/SendFiles/a.tmp", "/SendFiles/a.837")
        assert client.listdir("/SendFiles") == ["a.837"]
    assert (tmp_path / "root" / "north" / "SendFiles" / "a.837").read_bytes() == b"ISA"


def test_nobody_leaves_their_folder(server: SandboxServer, tmp_path: Path):
    secret = tmp_path / "root" / "south" / "ReceiveFiles" / "south.835"
    secret.write_bytes(b"not for north")
    (tmp_path / "root" / "north" / "way_out").symlink_to(tmp_path)
    (tmp_path / "root" / "north" / "one_file").symlink_to(secret)
    with sftp(server, "north", tmp_path / "north_key") as client:
        for path in (
            "../south/ReceiveFiles/south.835",
            "/../../south/ReceiveFiles/south.835",
            str(secret),
            "/way_out/root/south/ReceiveFiles/south.835",
            "/one_file",
        ):
            with pytest.raises(OSError):  # noqa: PT011 - paramiko raises OSError itself for 'permission denied'
                client.open(path, "rb").read()
        for folder in ("/../..", "/way_out"):
            with suppress(OSError):  # refused, or its own folder: both are fine
                assert sorted(client.listdir(folder)) == ["ReceiveFiles", "SendFiles", "one_file", "way_out"]
        with pytest.raises(OSError):  # noqa: PT011
            client.symlink("/../south", "/SendFiles/link")
        with pytest.raises(OSError):  # noqa: PT011
            client.open("/../south/SendFiles/x", "wb")
        assert client.normalize("../../..") == "/"
    assert not (tmp_path / "root" / "south" / "SendFiles" / "x").exists()
    assert not (tmp_path / "root" / "north" / "SendFiles" / "link").is_symlink()


def test_wrong_key_unknown_user_and_password_are_refused(server: SandboxServer, tmp_path: Path):
    make_key(tmp_path / "stranger_key")
    for user, key in (("north", "south_key"), ("north", "stranger_key"), ("east", "north_key")):
        with pytest.raises(paramiko.AuthenticationException), sftp(server, user, tmp_path / key):
            pass
    transport = paramiko.Transport(("127.0.0.1", server.port))
    with closing(transport), pytest.raises(paramiko.SSHException):
        transport.connect(username="north", password="guess")
    with sftp(server, "north", tmp_path / "north_key") as client:  # still open for its own
        assert client.listdir("/SendFiles") == []


def test_no_shell_and_no_forwarding(server: SandboxServer, tmp_path: Path):
    with closing(paramiko.Transport(("127.0.0.1", server.port))) as transport:
        key = paramiko.Ed25519Key.from_private_key_file(str(tmp_path / "north_key"))
        transport.connect(username="north", pkey=key)
        with pytest.raises(paramiko.SSHException):
            transport.open_session().exec_command("id")
        with pytest.raises(paramiko.ChannelException):
            transport.open_channel("direct-tcpip", ("127.0.0.1", 1), ("127.0.0.1", 1))


def test_host_key_outlives_the_server(tmp_path: Path, keys: dict[str, str]):
    seen = []
    for _ in range(2):
        with (
            SandboxServer(tmp_path / "root", keys) as server,
            closing(paramiko.Transport(("127.0.0.1", server.port))) as transport,
        ):
            transport.start_client(timeout=10)
            key = transport.get_remote_server_key()
            seen.append(f"{key.get_name()} {key.get_base64()}")
        assert seen[-1] == server.host_key
    assert seen[0] == seen[1]


def test_taken_port_is_an_error(server: SandboxServer, tmp_path: Path, keys: dict[str, str]):
    with pytest.raises(OSError, match="in use"), SandboxServer(tmp_path / "other", keys, server.port):
        pass


def test_user_that_is_no_folder_name(tmp_path: Path, keys: dict[str, str]):
    for user in ("..", "a/b", "", ".sandbox"):
        with pytest.raises(ValueError, match="sandbox user"):
            SandboxServer(tmp_path, {user: keys["north"]})


def wait_for(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


def test_serve_publishes_stage_after_stage(tmp_path: Path, keys: dict[str, str]):
    started: list[SandboxServer] = []
    stop = threading.Event()
    data = upload(36)
    expected, _ = answer(data, seed=1)
    arguments = (tmp_path / "root", keys, 0, 1, {"acknowledge": 0.0, "pay": 2.0, "late": 2.5})
    options = {"poll_seconds": 0.1, "started": started.append, "stop": stop}
    thread = threading.Thread(target=serve, args=arguments, kwargs=options)
    thread.start()
    try:
        wait_for(lambda: bool(started))
        out = tmp_path / "root" / "north" / "ReceiveFiles"
        with sftp(started[0], "north", tmp_path / "north_key") as client:
            with client.open("/SendFiles/a.837", "wb") as stream:
                stream.write(data)
            wait_for(lambda: len(client.listdir("/ReceiveFiles")) == 4)  # TA1, 999, two 277CA
            assert not list(out.glob("*.835"))
            wait_for(lambda: len(list(out.iterdir())) == len(expected))
            assert {p.name: p.read_bytes() for p in out.iterdir()} == expected
            with client.open("/ReceiveFiles/" + next(out.glob("*_999.x12")).name) as stream:
                assert stream.read().startswith(b"ISA*")
        assert not list((tmp_path / "root" / "south" / "ReceiveFiles").iterdir())
    finally:
        stop.set()
        thread.join(15)
    assert not thread.is_alive()
    with pytest.raises(ConnectionRefusedError):  # the door is closed
        socket.create_connection(("127.0.0.1", started[0].port), timeout=5)


def test_serve_refuses_unknown_names_before_it_starts(tmp_path: Path, keys: dict[str, str]):
    for options in ({"delays": {"paid": 1.0}}, {"delays": {}, "faults": ["late_835"]}):
        with pytest.raises(ValueError, match="stage or fault"):
            serve(tmp_path, keys, 0, 1, **options, stop=threading.Event())
