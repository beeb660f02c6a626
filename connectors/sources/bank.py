"""What the readers of bank files share: the rows they make, the trace in a text, and how a broken file is told.

A bank file carries its own proof (counts, totals, a hash). Where it does not hold, nothing of the file is taken:
the bank sends it again, and loading what was there before is a no-op. A single row that cannot be used is kept out
by itself. Problems name the line and a code; no amount, number or text of the file is repeated.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from configs.identity import digest
from connectors.sources.checks import Loaded, Problem, problem_frame

MESSAGES = {
    "TRUNCATED": "the file ends before its last trailer: nothing was taken, fetch it again",
    "RECORD_ORDER": "a record where it may not stand: nothing was taken",
    "UNKNOWN_RECORD": "not a record of this format: nothing was taken",
    "RECORD_LENGTH": "not 94 characters: nothing was taken",
    "BROKEN_RECORD": "the fields of the record cannot be told apart: nothing was taken",
    "RECORD_COUNT": "the trailer counts other records than there are: nothing was taken",
    "CONTROL_TOTAL": "the trailer's total is not the sum of the amounts: nothing was taken",
    "ENTRY_HASH": "the trailer's hash is not that of the entries: nothing was taken",
    "BATCH_NUMBER": "the batch ends under another number than it began with: nothing was taken",
    "NOT_CENTS": "an amount that is not digits: nothing was taken",
    "VERSION": "not version 2 of BAI: nothing was taken",
    "NOT_A_DATE": "not a date YYMMDD: what it dates is kept out",
    "TEST_ONLY": "a group of test data: kept out",
    "DELETION": "the bank takes an earlier report back: kept out, look at what was loaded",
    "CURRENCY": "not US dollars: kept out",
    "NOT_A_DETAIL": "a type code of totals in a detail record: kept out",
    "CLASS_NOT_READ": "an entry class (IAT) that is not read: kept out",
}


class Statement(NamedTuple):
    """One deposit as a bank file states it; `cents` are negative where the bank took money back."""

    deposit_id: str
    deposited_on: dt.date
    trace: str | None
    payer: str | None
    cents: int
    reference: str | None = None


class Segment(NamedTuple):
    """TRN02 and TRN03."""

    trace: str
    payer: str | None


TRN = re.compile(r"TRN\*[13]\* *([^*~\\\s]{1,50}) *(?:\* *([^*~\\\s]{0,30}) *)?(?:\*[^~\\]*)?[~\\]")
# A bank that drops the terminator: then a blank, or the end of the text, ends an element.
TRN_OPEN = re.compile(r"TRN\*[13]\*([^*~\\\s,/]{1,50})(?:\*([^*~\\\s,/]{1,30}))?")
ORIGINATOR = re.compile(
    r"\b(?:ORIG(?:INATOR)?|CO(?:MPANY)?|ORIG CO)\.? ?ID *[:=#]? *([0-9A-Z]{9,10})\b", re.IGNORECASE
)


def segment(pieces: Sequence[str]) -> Segment | None:
    """The one TRN segment in a text that came in pieces; None where there is none or several that differ.

    A segment that lies within a piece, or runs over the edge of two and is ended by its terminator, is sure. Only
    without such a one is a segment without terminator believed, up to the next blank.
    """
    for pattern, texts in ((TRN, pieces), (TRN, ["".join(pieces)]), (TRN_OPEN, pieces)):
        found = {Segment(t.strip(), (p or "").strip() or None) for x in texts for t, p in pattern.findall(x)}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def originator(text: str) -> str | None:
    """The originator's id where a bank spells it out beside its company."""
    found = ORIGINATOR.search(text)
    return found[1].upper() if found else None


def day(text: str) -> dt.date | None:
    """YYMMDD of this century, or YYYYMMDD."""
    try:
        return dt.datetime.strptime(text if len(text) == 8 else "20" + text, "%Y%m%d").date()
    except ValueError:
        return None


def problem(line: int, column: str, code: str) -> Problem:
    """A problem in this format's words."""
    return Problem(line, column, code, MESSAGES[code])


def loaded(source: str, statements: Iterable[Statement], problems: Iterable[Problem]) -> Loaded:
    """Rows as the ledger's ``deposits`` has them; ids are of the content, of the second equal one its number too.

    Two payments that a bank reports alike in every respect are two payments; the same report again is none.
    """
    seen: Counter[Statement] = Counter()
    rows = []
    for one in statements:
        seen[one] += 1
        if seen[one] > 1:
            one = one._replace(deposit_id=f"{one.deposit_id}#{seen[one]}")
        rows.append((digest("deposits", source, *one), *one, source))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SHAPE)
    arrays = [pa.array(values, type_) for values, type_ in zip(columns, SHAPE.values(), strict=True)]
    table = pa.table(arrays, list(SHAPE))
    table = table.set_column(2, "deposited_on", table["deposited_on"].cast(pa.timestamp("s")))
    return Loaded(table.to_pandas(types_mapper=PANDAS.get), problem_frame(problems))


SHAPE = {
    "deposit_row_id": pa.string(),
    "deposit_id": pa.string(),
    "deposited_on": pa.date32(),
    "trace": pa.string(),
    "payer_identifier": pa.string(),
    "amount_cents": pa.int64(),
    "reference": pa.string(),
    "source": pa.string(),
}
PANDAS = {pa.string(): pd.StringDtype(na_value=np.nan), pa.int64(): pd.Int64Dtype()}
