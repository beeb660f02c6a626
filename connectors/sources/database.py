"""Encounters from a site's own database, a step at a time.

The query has a ``:watermark`` parameter and decides itself whether it means ``>`` or ``>=``: rows that come twice
are the same version and change nothing. The watermark is the highest value of the watermark column as text;
it covers rows that were kept out too, for a row that is put right in the source gets a higher one there.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from configs.settings import Source
from connectors.sources.cells import MESSAGES, Cell
from connectors.sources.checks import (
    HEADER_ROW,
    Cells,
    Problem,
    check,
    header_problems,
    kind_of,
    nothing,
)

KIND = "encounters"


class SourceError(Exception):
    """A source cannot be read; the message is a code and never a URL, a query or a value."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


@dataclass(frozen=True)
class Pulled:
    """Rows and problems as for a file (a row is its 1-based place in the result), and the next watermark."""

    rows: pd.DataFrame
    problems: pd.DataFrame
    watermark: str


def pull(source: Source, watermark: str) -> Pulled:
    """What the source has beyond `watermark`; nothing new gives no rows and the same watermark.

    Raises SourceError where the source cannot be reached, refuses the query, or its result lacks the watermark
    column.
    """
    kind = kind_of(KIND)
    names, records = _fetch(source, watermark)
    marker = source.watermark_column.lower()
    if marker not in names:
        raise SourceError("NO_WATERMARK_COLUMN")
    columns = dict(zip(names, zip(*records, strict=True), strict=True)) if records else {n: () for n in names}
    highest, unmarked = _highest(columns[marker], watermark)
    problems, usable = header_problems(kind, names, extra=[marker])
    if not usable:
        loaded = nothing(kind, problems)
        return Pulled(loaded.rows, loaded.problems, watermark)  # nothing was taken: ask for the same again
    loaded = check(kind, Cells(columns, range(1, len(records) + 1)), problems + unmarked)
    return Pulled(loaded.rows, loaded.problems, highest)
