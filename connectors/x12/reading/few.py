"""One element of a few segments, value by value: what ``columns`` does for many, without the cost of beginning.

A header is one row with thirty columns; NumPy would take longer to start thirty times than Python takes to look.
"""

from __future__ import annotations

import re
from datetime import date

import pyarrow as pa

from connectors.x12.guides.notation import Source
from connectors.x12.reading.numbers import decimal
from connectors.x12.reading.segments import Ints, Segments

FEW = 12


def read(
    segments: Segments, rows: Ints, at: Source, type_: pa.DataType, places: int
) -> tuple[pa.Array, list[int]]:
    """One source over rows (-1 for none), and the places in ``rows`` of those that could not be read."""
    texts = [_text(segments, row, at) for row in rows.tolist()]
    if pa.types.is_string(type_):
        return pa.array([text.rstrip(" ") or None for text in texts], type_), []
    values = [(_day(text) if pa.types.is_date32(type_) else decimal(text.encode(), places)) for text in texts]
    wrong = [place for place, text in enumerate(texts) if text and values[place] is None]
    return pa.array(values, type_), wrong


def _text(segments: Segments, row: int, at: Source) -> str:
    """What stands there, empty where nothing does."""
    if row < 0:
        return ""
    values = segments.values(row)
    text = values[at.element] if at.element < len(values) else ""
    if not at.low:
        return text
    separator = chr(segments.delimiters[int(segments.piece[row])].component)
    listed = " ".join(text.split(separator)[at.low - 1 : at.high])
    return re.sub(" +", " ", listed).strip(" ") if at.high > at.low else listed


def _day(text: str) -> date | None:
    """CCYYMMDD, None for anything else."""
    if not re.fullmatch("[0-9]{8}", text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
