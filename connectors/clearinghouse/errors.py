"""What can go wrong at a partner. Messages carry hosts, fingerprints and counts, never a login or a remote name."""

from __future__ import annotations


class PartnerError(Exception):
    """Anything a partner's door did not let us do."""


class PartnerUnreachable(PartnerError):
    """No answer, or the connection ended; trying again may help."""


class PartnerBusy(PartnerError):
    """Another process of ours holds the one connection to this partner."""


class HostKeyRefused(PartnerError):
    """The partner's host key is not the pinned one; nothing was sent. Never retried.

    `expected` and `offered` are SHA256 fingerprints as ssh-keygen prints them; `expected` is empty where no
    usable key is pinned.
    """

    def __init__(self, message: str, *, expected: str, offered: str) -> None:
        super().__init__(message)
        self.expected = expected
        self.offered = offered


class LoginRefused(PartnerError):
    """The login was not accepted. Never retried: partners lock accounts after a few failures."""


class RemoteRefused(PartnerError):
    """The partner answered and said no (permission, quota, unsupported operation)."""


class RemoteMissing(RemoteRefused):
    """The remote file or folder does not exist."""


class RemoteExists(RemoteRefused):
    """The name is already taken at the partner; nothing was overwritten."""


class TransferDamaged(PartnerError):
    """What arrived has another size than what was sent; trying again may help."""


class UploadConflict(PartnerError):
    """The final name holds something else than our bytes; a person must look."""


class UploadInterrupted(PartnerUnreachable):
    """The connection ended after the point of no return.

    A further try must say ``renaming_recorded=True``; a plain retry of the same call could send twice.
    """
