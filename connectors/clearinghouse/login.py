"""Logging in: with what the settings name and nothing else, at most one try, one connection per login."""

from __future__ import annotations

import fcntl
import hashlib
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from paramiko.sftp import SFTPError

from configs.settings import Partner
from connectors.clearinghouse.errors import LoginRefused, PartnerBusy, PartnerUnreachable
from connectors.clearinghouse.wire import Client


@contextmanager
def only_connection(partner: Partner, home: Path) -> Iterator[None]:
    """Hold the partner's one connection; waits `timeout_seconds` for it, then raises PartnerBusy.

    A file lock in the home, so that a pickup and an upload in two processes take turns, and a killed process
    lets go.
    """
    folder = Path(home) / "locks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    login = f"{partner.host}\n{partner.port}\n{partner.username}"
    name = hashlib.sha256(login.encode()).hexdigest()[:16]
    give_up = time.monotonic() + partner.timeout_seconds
    with open(folder / f"partner-{name}.lock", "w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= give_up:
                    raise PartnerBusy(
                        f"{partner.host}:{partner.port}: another connection of ours is open"
                    ) from None
                time.sleep(0.05)
        yield  # closing the file lets the lock go


def log_in(transport: paramiko.Transport, partner: Partner, home: Path, where: str) -> None:
    """One try with the key file if there is one, else with the password; both where the partner asks for both.

    Raises LoginRefused, also where the connection ends during the try: the partner may have counted it, and a
    locked account is worse than a late file.
    """
    key = _key(partner, home, where)
    password = partner.password.get_secret_value() if partner.password else None
    try:
        if key is not None:
            still_wanted = transport.auth_publickey(partner.username, key)
            if still_wanted and password is not None:
                still_wanted = transport.auth_password(partner.username, password)
        elif password is not None:
            still_wanted = transport.auth_password(partner.username, password)
        else:
            raise LoginRefused(f"{where}: neither key_file nor password is set")
    except paramiko.AuthenticationException:
        raise LoginRefused(f"{where}: the partner did not accept the login") from None
    except (paramiko.SSHException, EOFError, OSError):
        raise LoginRefused(f"{where}: the connection ended during the login") from None
    if still_wanted:
        raise LoginRefused(f"{where}: the partner asks for more than the settings hold")


def open_client(transport: paramiko.Transport, timeout_seconds: float, where: str) -> Client:
    """The SFTP subsystem of a logged-in connection, every answer limited to `timeout_seconds`."""
    try:
        channel = transport.open_session(timeout=timeout_seconds)
        channel.settimeout(timeout_seconds)
        channel.invoke_subsystem("sftp")
        return Client(channel)
    except (paramiko.SSHException, SFTPError, EOFError, OSError):
        raise PartnerUnreachable(f"{where}: logged in, but SFTP does not answer") from None


@contextmanager
def deadline(transport: paramiko.Transport, seconds: float) -> Iterator[None]:
    """End the connection unless the block is left in time; some of paramiko's waits have no limit of their own."""
    timer = threading.Timer(seconds, transport.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _key(partner: Partner, home: Path, where: str) -> paramiko.PKey | None:
    """The private key (ed25519, RSA or ECDSA); the password unlocks it where it is encrypted."""
    if partner.key_file is None:
        return None
    secret = partner.password.get_secret_value().encode() if partner.password else None
    try:
        return _read_key((Path(home) / partner.key_file.expanduser()).read_bytes(), secret)
    except OSError:
        raise LoginRefused(f"{where}: key_file cannot be read") from None
    except (TypeError, ValueError, UnsupportedAlgorithm, paramiko.SSHException):
        raise LoginRefused(f"{where}: key_file is not a private key we can use") from None


def _read_key(data: bytes, secret: bytes | None) -> paramiko.PKey:
    """OpenSSH, PKCS #8 or older PEM, encrypted or not; raises what the reader raises.

    Paramiko's own reader stumbles over some keys without a comment (it takes the end of the key for padding), so
    the reading is left to cryptography.
    """
    load = (
        serialization.load_ssh_private_key if b"BEGIN OPENSSH" in data else serialization.load_pem_private_key
    )
    try:
        key = load(data, None)
    except TypeError:  # encrypted
        key = load(data, secret)
    if isinstance(key, rsa.RSAPrivateKey):
        return paramiko.RSAKey(key=key)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return paramiko.ECDSAKey(vals=(key, key.public_key()))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        text = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        return paramiko.Ed25519Key.from_private_key(io.StringIO(text.decode()))
    raise ValueError("neither ed25519 nor RSA nor ECDSA")
