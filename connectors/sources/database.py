"""Encounters from a site's own database, a step at a time.

The query has a ``:watermark`` parameter and decides itself whether it means ``>`` or ``>=``: rows that come twice
are the same version and change nothing. The watermark is the highest value of the watermark column as text;
it covers rows that were kept out too, for a row that is put right in the source gets a higher one there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from configs.settings import Source
from connectors.sources.cells import Cell
from connectors.sources.checks import Cells, check, header_problems, is_notes, kind_of, nothing

KIND = "encounters"
HEADER_ROW = 0


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
    columns = dict(zip(names, zip(*records, strict=True) if records else [()] * len(names), strict=True))
    problems, usable = header_problems(kind, names, HEADER_ROW, extra=[marker])
    if not usable:  # nothing was taken: the next pull asks for the same again
        none = nothing(kind, problems)
        return Pulled(none.rows, none.problems, watermark)
    loaded = check(kind, Cells(columns, range(1, len(records) + 1)), problems)
    return Pulled(loaded.rows, loaded.problems, _highest(columns[marker], watermark))


def _fetch(source: Source, watermark: str) -> tuple[list[str], list[tuple[Cell, ...]]]:
    """Column names in lower case and all rows; the driver's own error, which may hold values, ends here.

    Where a column says it is clinical notes no row is fetched: `header_problems` refuses them all.
    """
    try:
        url = sa.make_url(source.url.get_secret_value())
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool)
        with engine.connect() as connection:  # never committed: a source is only read
            result = connection.execute(sa.text(source.query), {"watermark": watermark})
            names = [str(name).lower() for name in result.keys()]  # noqa: SIM118
            refused = any(map(is_notes, names))
            return names, [] if refused else [tuple(row) for row in result]
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
        failure = SourceError("SOURCE_FAILED", state or type(error.orig).__name__)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
        failure = SourceError("BAD_SOURCE_URL")
    except SQLAlchemyError as error:
        failure = SourceError("SOURCE_FAILED", type(error).__name__)
    raise failure


def _highest(values: Sequence[Cell], watermark: str) -> str:
    """The highest value as the text that the next query is asked with; blanks do not count."""
    present = [value for value in values if value is not None]
    if not present:
        return watermark
    try:
        highest = max(present)
    except TypeError:
        raise SourceError("WATERMARK_OF_MIXED_TYPES") from None
    if isinstance(highest, str):
        return max(highest, watermark)
    return highest.isoformat(sep=" ") if isinstance(highest, dt.datetime) else str(highest)
