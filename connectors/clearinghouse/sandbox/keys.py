"""Ed25519 keys in OpenSSH's format, made once and kept: the sandbox's host key and its clients' login keys."""

from __future__ import annotations

import os
from pathlib import Path

import asyncssh


def make_key(path: Path) -> str:
    """The public key ('ssh-ed25519 AAAA…') of the private key at `path`, which is made, mode 0600, when absent."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.unlink(missing_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
        try:
            os.link(temporary, path)  # unlike a rename it never replaces a key made in the meantime
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    public: bytes = asyncssh.read_private_key(path).export_public_key()
    return " ".join(public.decode("ascii").split()[:2])
