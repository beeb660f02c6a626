"""What of the tables cannot be written as an 837, as data: table, column, position and code, no values.

`checks` judges each column by itself, this module what the rows of several tables say together, `situations` what the
guides ask for in some situations alone, `balances` the arithmetic of other payers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.x12.tables837 import FINDINGS, TABLES_837
from connectors.x12.writing.balances import balance_faults
from connectors.x12.writing.batch import Batch
from connectors.x12.writing.checks import column_faults, consecutive, npi_is_valid
from connectors.x12.writing.columns import Ints, spread
from connectors.x12.writing.faults import Fault, invalid
from connectors.x12.writing.repeated import repeat_faults
from connectors.x12.writing.situations import situation_faults

__all__ = ["findings", "npi_is_valid", "unencodable"]

# The column that a row's place in its claim is told by.
_POSITION = {name: "line" if name == "line_payments" else "position" for name in TABLES_837}


def unencodable(tables: Mapping[str, pa.Table], kind: str = "837P") -> pa.Table:
    """FINDINGS: every reason why a claim of `tables` cannot be written, in the order of claims, tables, rows, columns.

    Codes: MISSING (required and absent), TOO_LONG, CHARACTER (outside the basic character set, or a delimiter),
    TOO_MANY, SUM (lines against the claim), BALANCE (another payer's payment and adjustments against the charge),
    INVALID (not what the guide allows there).
    """
    return findings(Batch(tables, kind))


def findings(batch: Batch) -> pa.Table:
    """`unencodable` for a batch."""
    names = list(TABLES_837)
    found: list[tuple[int, int, int, Fault]] = []
    for fault in _faults(batch):
        if fault.where is False:
            continue
        table = names.index(fault.table)
        rows = np.flatnonzero(spread(fault.where, batch[fault.table].rows))
        owner = rows if not table else batch.claim_of[fault.table][rows]
        found += [
            (int(claim), table, int(row), fault)
            for claim, row in zip(owner.tolist(), rows.tolist(), strict=True)
        ]
    found.sort(key=lambda each: each[:3])  # stable: the columns stay in wire order
    return _table(batch, found)


def _table(batch: Batch, found: list[tuple[int, int, int, Fault]]) -> pa.Table:
    rows: dict[str, list[Any]] = {name: [] for name in FINDINGS.names}
    for _, table, row, fault in found:
        columns, position = batch[fault.table], _POSITION[fault.table]
        claim_id = columns.array("claim_id")[row].as_py() if "claim_id" in columns else None
        rows["claim_id"].append(claim_id or None)
        there = table and position in columns
        rows["position"].append(columns.array(position)[row].as_py() if there else None)
        rows["column"].append(fault.column)
        rows["code"].append(fault.code)
        rows["message"].append(fault.message)
        rows["table"].append(fault.table)
    return pa.table(rows, schema=FINDINGS)


def _faults(batch: Batch) -> Iterator[Fault]:
    if not batch.claims.rows and not batch.lines.rows:
        return
    yield from column_faults(batch, "claims")
    yield from _claim_faults(batch)
    for table in TABLES_837:
        if table != "claims" and batch[table].rows:
            yield from column_faults(batch, table)
            yield from _owner_faults(batch, table)
    yield from _line_faults(batch)
    yield from situation_faults(batch)
    yield from repeat_faults(batch)
    yield from balance_faults(batch)


def _claim_faults(batch: Batch) -> Iterator[Fault]:
    """Ids used once, and lines that add up to their claim."""
    claims, owner = batch.claims, batch.claim_of["lines"]
    if not claims.rows:
        return
    if "claim_id" in claims:
        ids = claims.texts["claim_id"]
        if ids.different < claims.rows:
            repeated = np.ones(claims.rows, np.bool_)
            repeated[np.unique(ids.numbers, return_index=True)[1]] = False
            repeated &= spread(claims.given("claim_id"), claims.rows)
            yield invalid("claims", "claim_id", repeated, "is used by more than one claim")
    known = owner >= 0
    count = np.bincount(owner[known], minlength=claims.rows)
    most = batch.guide.most_lines
    yield Fault("claims", "lines", "MISSING", "the claim has no line", count == 0)
    yield Fault("claims", "lines", "TOO_MANY", f"the claim has more than {most} lines", count > most)
    total = np.zeros(claims.rows, np.int64)
    np.add.at(total, owner[known], batch.lines.integers("charge_cents")[known])
    differs = (total != claims.integers("charge_cents")) & (count > 0)
    yield Fault("claims", "charge_cents", "SUM", "charge_cents is not the sum of the lines", differs)


def _owner_faults(batch: Batch, table: str) -> Iterator[Fault]:
    """Each row names a claim."""
    unknown = batch.claim_of[table] < 0
    if unknown.any():
        unknown &= spread(batch[table].given("claim_id"), len(unknown))
        yield invalid(table, "claim_id", unknown, "names no claim")


def _line_faults(batch: Batch) -> Iterator[Fault]:
    """Positions, dates and ids of the lines, and the diagnoses they point to."""
    lines, owner = batch.lines, batch.claim_of["lines"]
    if not lines.rows:
        return
    fits = consecutive(owner, lines.integers("position"))
    yield Fault("lines", "position", "INVALID", "positions of the claim are not 1, 2, 3 …", ~fits)
    if "pointers" in lines and batch.guide.kind == "837P":
        yield Fault(
            "lines",
            "pointers",
            "INVALID",
            "pointers names a diagnosis that the claim does not list",
            _beyond(batch, owner),
        )
    both_days = spread(lines.given("service_from"), lines.rows) & spread(
        lines.given("service_to"), lines.rows
    )
    backwards = both_days & (lines.integers("service_to") < lines.integers("service_from"))
    yield invalid("lines", "service_to", backwards, "is before service_from")
    if "line_id" in lines:
        yield invalid("lines", "line_id", _repeated_ids(batch, owner), "is used twice in the claim")


def _beyond(batch: Batch, owner: Ints) -> Any:
    diagnoses = batch.claims.texts.get("diagnoses")
    listed = np.zeros(batch.claims.rows, np.int64)
    if diagnoses is not None:
        listed = diagnoses.each(lambda text: len(text.split()), np.int64)
    furthest = batch.lines.texts["pointers"].each(
        lambda text: max((int(p) for p in text.split() if p.isdecimal()), default=0), np.int64
    )
    return furthest > np.append(listed, 0)[owner]


def _repeated_ids(batch: Batch, owner: Ints) -> Any:
    ids = batch.lines.texts["line_id"]
    if ids.different == batch.lines.rows:
        return False
    pairs = owner * ids.different + ids.numbers
    repeated = np.ones(batch.lines.rows, np.bool_)
    repeated[np.unique(pairs, return_index=True)[1]] = False
    return repeated & (owner >= 0) & spread(batch.lines.given("line_id"), batch.lines.rows)
