"""Host keys: who we are talking to, settled before anything is said.

A partner's key is read once by a person (``scan``), compared with the fingerprint on the partner's own
trading-partner sheet, and pinned in the settings. From then on a different key ends the conversation.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import socket

import paramiko

from connectors.clearinghouse.errors import HostKeyRefused, PartnerUnreachable

# Paramiko logs remote paths at DEBUG and tracebacks at ERROR; our exceptions say all of it without the paths.
if logging.getLogger("paramiko").level == logging.NOTSET:
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)

# A pinned ssh-rsa key is proved with SHA-2 signatures; the older SHA-1 signature is not asked for.
_SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


def parse(host_key_text: str) -> tuple[str, bytes]:
    """Type and bytes of 'ssh-ed25519 AAAA… [comment]', with or without the host of a known_hosts line.

    Raises ValueError where the text is not one public key.
    """
    words = host_key_text.split()
    start = next(
        (at for at, word in enumerate(words[:2]) if word.startswith(("ssh-", "ecdsa-", "sk-"))), None
    )
    if start is None or len(words) < start + 2:
        raise ValueError("not a public host key: expected its type and its base64")
    try:
        blob = base64.b64decode(words[start + 1], validate=True)
    except binascii.Error:
        raise ValueError("not a public host key: the base64 is damaged") from None
    length = int.from_bytes(blob[:4], "big")
    if blob[4 : 4 + length] != words[start].encode():
        raise ValueError("not a public host key: the type does not match the content")
    return words[start], blob


def fingerprint(host_key_text: str) -> str:
    """The key's fingerprint as ``ssh-keygen -l`` prints it: 'SHA256:' and base64 without padding."""
    return _fingerprint(parse(host_key_text)[1])


def scan(host: str, port: int = 22, *, timeout_seconds: float = 30.0) -> str:
    """The key that `host` offers now, to compare and pin. Says nothing about whether it is the right one."""
    transport = handshake(host, port, timeout_seconds)
    try:
        key = transport.get_remote_server_key()
        return f"{key.get_name()} {key.get_base64()}"
    finally:
        transport.close()


def handshake(host: str, port: int, timeout_seconds: float, pinned_type: str = "") -> paramiko.Transport:
    """An encrypted, not yet authenticated connection; the caller closes it.

    `pinned_type` is asked for first, as servers hold several keys. Raises PartnerUnreachable.
    """
    where = f"{host}:{port}"
    try:
        sock = socket.create_connection((host, port), timeout=timeout_seconds)
    except OSError as error:
        raise PartnerUnreachable(f"{where}: no connection ({type(error).__name__})") from None
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # small requests must not wait for one another
    transport = paramiko.Transport(sock)
    transport.banner_timeout = transport.auth_timeout = transport.channel_timeout = timeout_seconds
    _prefer(transport, pinned_type)
    try:
        transport.start_client(timeout=timeout_seconds)
        transport.get_remote_server_key()  # start_client comes back from a timeout without a word; this does not
    except paramiko.ssh_exception.IncompatiblePeer:
        transport.close()
        raise PartnerUnreachable(f"{where}: no algorithm in common") from None
    except (paramiko.SSHException, EOFError, OSError) as error:
        transport.close()
        raise PartnerUnreachable(f"{where}: no SSH conversation ({type(error).__name__})") from None
    return transport


def pinned_type(host_key_text: str) -> str:
    """The type of the pinned key, empty where none is readable; `check` says what is wrong with it."""
    try:
        return parse(host_key_text)[0]
    except ValueError:
        return ""


def check(transport: paramiko.Transport, pinned_text: str, where: str) -> None:
    """Raises HostKeyRefused unless the partner proved the pinned key, PartnerUnreachable where it went away."""
    try:
        offered = transport.get_remote_server_key().asbytes()
    except paramiko.SSHException:
        raise PartnerUnreachable(f"{where}: the connection ended before the login") from None
    seen = _fingerprint(offered)
    if not pinned_text.strip():
        raise HostKeyRefused(
            f"{where}: no host key is pinned; expected none known, offered {seen}", expected="", offered=seen
        )
    try:
        _, pinned = parse(pinned_text)
    except ValueError as error:
        raise HostKeyRefused(
            f"{where}: host_key is {error}; expected none known, offered {seen}", expected="", offered=seen
        ) from None
    if pinned != offered:
        expected = _fingerprint(pinned)
        raise HostKeyRefused(
            f"{where}: the host key is not the pinned one; expected {expected}, offered {seen}",
            expected=expected,
            offered=seen,
        )


def _fingerprint(blob: bytes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _prefer(transport: paramiko.Transport, pinned_type: str) -> None:
    options = transport.get_security_options()
    wanted = [name for name in _SIGNATURES.get(pinned_type, (pinned_type,)) if name in options.key_types]
    options.key_types = (*wanted, *(name for name in options.key_types if name not in wanted))
