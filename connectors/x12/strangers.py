"""What bytes that are no X12 may be, so that a person knows what arrived instead."""

from __future__ import annotations

import re

# First bytes, by their beginning, and what a person calls such a file.
_BEGINNINGS = (
    (rb"\s*\Z", "empty"),
    (rb"%PDF", "PDF"),
    (rb"PK\x03\x04|PK\x05\x06", "zip archive"),
    (rb"\x1f\x8b", "gzip archive"),
    (rb"\xd0\xcf\x11\xe0|\{\\rtf", "office document"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\x00|MM\x00\*", "picture"),
    (rb"\xff\xfe|\xfe\xff|I\x00S\x00A\x00|\x00I\x00S\x00A", "UTF-16 text"),
    (rb"\xc9\xe2\xc1", "EBCDIC text"),
    (rb"\s*<", "XML or HTML"),
    (rb"\s*[{\[]\s*[\"{\[]", "JSON"),
    (rb"\s*(?:GS|ST|TA1)[^A-Za-z0-9\s]", "X12 without its ISA"),
    (rb"\s*(?:UNA|UNB)[^A-Za-z0-9\s]", "EDIFACT"),
    (rb"[\t\r\n\x0c\x20-\x7e\x80-\xff]*\Z", "text"),
)
_LOOK = 4096


def looks_like(data: bytes) -> str:
    """What bytes that are no X12 may be, from how they begin."""
    head = data[:_LOOK].removeprefix(b"\xef\xbb\xbf")
    return next((name for pattern, name in _BEGINNINGS if re.match(pattern, head)), "binary")
