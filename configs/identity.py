"""Identity by content: the same fact always has the same id, wherever and however often it arrives.

An id is the first 128 bits of SHA-256 over a kind and its parts, each part length-prefixed so that no two
different lists of parts can run together.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

Part = str | int | bool | None | object


def canonical(part: Part) -> bytes:
    """One part as bytes: absent is not the same as empty, dates and instants are ISO 8601."""
    if type(part) is str:  # by far the most common kinds first
        return part.encode()
    if type(part) is int:
        return str(part).encode()
    if part is None or type(part).__name__ in ("NAType", "NaTType") or part != part:
        return b"\x00"  # None, NA, NaT and NaN are all 'absent'
    if isinstance(part, bool) or type(part).__name__ == "bool":
        return b"\x01" if part else b"\x02"
    isoformat = getattr(part, "isoformat", None)
    text: str = isoformat() if isoformat else str(part)
    return text.removesuffix("T00:00:00").encode()  # a day is a day, as a date or as a timestamp


def digest(kind: str, *parts: Part) -> str:
    """The identity of a fact of `kind` made of `parts`: 32 hexadecimal digits."""
    data = [canonical(part) for part in parts]
    framed = b"".join([len(each).to_bytes(4, "big") + each for each in data])
    return hashlib.sha256(kind.encode() + b"\n" + framed).hexdigest()[:32]


def digests(kind: str, rows: Iterable[tuple[Part, ...]]) -> list[str]:
    """`digest` for many rows."""
    return [digest(kind, *row) for row in rows]


def opaque(key: str, prefix: str, *parts: Part, length: int = 20) -> str:
    """An id that outsiders may see (CLM01, REF*6R): a keyed digest in base 32, `length` characters.

    Without the key nothing about the parts can be found out by trying.
    """
    state = hmac.new(key.encode(), digest(prefix, *parts).encode(), hashlib.sha256).digest()
    return (prefix + base64.b32encode(state).decode())[:length]
