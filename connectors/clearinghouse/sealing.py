"""Sealed files: what lies in the archive is unreadable without a key of the settings.

A sealed file is a run of Fernet tokens (AES-128 in CBC mode and HMAC-SHA-256, of the library ``cryptography``), each of
at most a mebibyte of content and with its length before it, so that a file of any size is sealed and opened in little
memory. The order of the tokens is not sealed: the archive compares the SHA-256 of what was opened with the name, as it
does for plain files.

Several keys may be given, blanks between: the first seals, any of them opens. A key is made by
``cleanclaim archive key`` and lost with everything it sealed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import BinaryIO

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from configs.settings import ConfigurationError

CHUNK = 1 << 20
LENGTH = 4  # bytes before each token


class Locked(ConfigurationError):
    """A sealed file that no key opens; where the key is right, the file is damaged."""


def new_key() -> str:
    """A key to put into the settings."""
    return Fernet.generate_key().decode()


@cache
def ring(keys: str) -> MultiFernet:
    """The keys of the setting. Raises ConfigurationError where one of them is none."""
    try:
        return MultiFernet([Fernet(key) for key in keys.split()])
    except ValueError:
        raise ConfigurationError("archive_key: not a key, or no key between the blanks") from None


def sealed(chunks: Iterable[bytes], keys: str) -> Iterator[bytes]:
    """Content as sealed bytes; chunks may be of any size."""
    for chunk in chunks:
        for start in range(0, len(chunk), CHUNK):
            token = ring(keys).encrypt(chunk[start : start + CHUNK])
            yield len(token).to_bytes(LENGTH, "big") + token


def opened(file: BinaryIO, keys: str) -> Iterator[bytes]:
    """The content of a sealed file, in pieces. Raises Locked where no key opens it, or where it is damaged."""
    if not keys:
        raise Locked("archive_key: the archive is sealed and no key is set")
    while length := file.read(LENGTH):
        token = file.read(int.from_bytes(length, "big"))
        try:
            yield ring(keys).decrypt(token)
        except InvalidToken:
            raise Locked(
                "archive_key: a file in the archive opens with none of the keys, or is damaged"
            ) from None
