"""Findings in what repeats within a claim: other payers, their payments and adjustments, coded items, attachments."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from connectors.x12.guides.claim_837 import CODE_TABLES
from connectors.x12.writing.batch import Batch, found_at
from connectors.x12.writing.checks import consecutive
from connectors.x12.writing.columns import Columns, Ints, Mask, both, negate, spread
from connectors.x12.writing.faults import Fault, invalid, missing
from connectors.x12.writing.repeats import segments_needed


def repeat_faults(batch: Batch) -> Iterator[Fault]:
    """Everything that rows of these tables show together."""
    for table, check in (
        ("other_payers", _payers),
        ("line_payments", _payments),
        ("adjustments", _adjustments),
        ("claim_codes", _codes),
        ("attachments", _attachments),
    ):
        if batch[table].rows:
            yield from check(batch)


def _numbered(columns: Columns, owner: Ints, what: str) -> Iterator[Fault]:
    fits = consecutive(owner, columns.integers("position"))
    if not fits.all():
        message = f"positions of the {what} are not 1, 2, 3 …"
        yield Fault(columns.name, "position", "INVALID", message, ~fits)


def _too_many(batch: Batch, table: str, most: int) -> Iterator[Fault]:
    owner = batch.claim_of[table]
    count = np.bincount(owner[owner >= 0], minlength=batch.claims.rows)
    message = f"the claim has more than {most} rows of {table}"
    yield Fault("claims", table, "TOO_MANY", message, count > most)


def _again(owner: Ints, columns: Columns, name: str) -> Mask:
    """Where a value stands a second time within its owner."""
    if name not in columns:
        return np.zeros(columns.rows, np.bool_)
    text = columns.texts[name]
    again = np.ones(columns.rows, np.bool_)
    again[np.unique(owner * text.different + text.numbers, return_index=True)[1]] = False
    return again & (owner >= 0) & spread(columns.given(name), columns.rows)


def _payers(batch: Batch) -> Iterator[Fault]:
    columns, owner = batch["other_payers"], batch.claim_of["other_payers"]
    yield from _numbered(columns, owner, "claim")
    yield from _too_many(batch, "other_payers", batch.guide.most_payers)
    for name in ("payer_order", "payer_id"):  # SVD01 and SBR01 tell the payers apart
        yield invalid(columns.name, name, _again(owner, columns, name), "is another other payer's too")
    orders = batch.claims.texts.get("payer_order")
    if orders is not None and "payer_order" in columns:
        theirs = np.array([*orders.array.to_pylist(), ""])[owner]
        same = np.array(columns.array("payer_order").to_pylist()) == theirs
        yield invalid(columns.name, "payer_order", same & (theirs != ""), "is the destination payer's")


def _payments(batch: Batch) -> Iterator[Fault]:
    columns, line, payer = batch["line_payments"], batch.payment_line, batch.payment_payer
    table = columns.name
    yield invalid(table, "line", line < 0, "is no line of the claim")
    yield invalid(table, "payer", payer < 0, "is no other payer of the claim")
    known = (line >= 0) & (payer >= 0)
    pair = line * (batch["other_payers"].rows + 1) + payer
    again = np.ones(columns.rows, np.bool_)
    again[np.unique(pair, return_index=True)[1]] = False
    yield invalid(table, "payer", again & known, "has paid this line already")
    most = batch.guide.most_payments
    many = np.bincount(line[known], minlength=batch.lines.rows) > most
    yield Fault("lines", table, "TOO_MANY", f"the line has more than {most} payments", many)
    if "bundled_line" in columns:
        bundle = _line_at(batch, batch.claim_of[table], columns.integers("bundled_line"))
        where = both(columns.given("bundled_line"), bundle < 0)
        yield invalid(table, "bundled_line", where, "is no line of the claim")


def _line_at(batch: Batch, claim: Ints, position: Ints) -> Ints:
    wide = np.int64(1 << 20)
    keys = np.where(
        batch.claim_of["lines"] >= 0,
        batch.claim_of["lines"] * wide + batch.lines.integers("position"),
        -1,
    )
    return found_at(keys, np.where(claim >= 0, claim * wide + position, -1))


def _adjustments(batch: Batch) -> Iterator[Fault]:
    columns, payer, payment = batch["adjustments"], batch.adjustment_payer, batch.adjustment_payment
    table = columns.name
    yield invalid(table, "payer", payer < 0, "is no other payer of the claim")
    of_line = spread(columns.given("line"), columns.rows)
    yield invalid(table, "line", of_line & (payment < 0) & (payer >= 0), "has no payment of this payer")
    owner = np.where(of_line, payment + batch["other_payers"].rows, payer)
    owner[(payer < 0) | (of_line & (payment < 0))] = -1
    if "position" in columns:
        yield from _numbered(columns, owner, "claim or line and payer")
    if "group_code" in columns:
        groups = columns.texts["group_code"].numbers.astype(np.int64)
        most = batch.guide.most_adjustments
        many = (segments_needed(owner, groups) > most) & (owner >= 0)
        message = f"{most} CAS segments do not hold the adjustments"
        yield Fault(table, "group_code", "TOO_MANY", message, many)


def _codes(batch: Batch) -> Iterator[Fault]:
    columns, owner, known = batch["claim_codes"], batch.claim_of["claim_codes"], batch.guide.claim_codes
    table = columns.name
    if "qualifier" not in columns:
        return
    rank = columns.texts["qualifier"].each(lambda q: known.index(q) if q in known else -1, np.int64)
    given = columns.given("qualifier")
    yield invalid(table, "qualifier", both(given, rank < 0), f"is not one of {' '.join(known)}")
    forms = np.array([*(CODE_TABLES[name][0] for name in known), ""])[rank]
    kept = np.where((owner >= 0) & (rank >= 0), owner * len(known) + rank, -1)
    if "position" in columns:
        yield from _numbered(columns, kept, "claim and qualifier")
    most = np.array([*(CODE_TABLES[name][1] for name in known), 1])[rank]
    yield Fault(
        table, "qualifier", "TOO_MANY", "more codes than the guide holds", (_place(kept) > most) & (kept >= 0)
    )
    for name, wanted in (
        ("date_from", ("date", "span")),
        ("date_to", ("span",)),
        ("amount_cents", ("amount",)),
    ):
        asked = np.isin(forms, wanted) & (rank >= 0)
        yield missing(table, name, both(asked, negate(columns.given(name))))
        other = both(columns.given(name), ~asked & (rank >= 0))
        yield invalid(table, name, other, "has no place beside this qualifier")
    known_days = both(columns.given("date_from"), columns.given("date_to"))
    backwards = columns.integers("date_to") < columns.integers("date_from")
    yield invalid(table, "date_to", both(known_days, backwards), "is before date_from")


def _place(owner: Ints) -> Ints:
    """1-based place of each row among the rows of its owner."""
    order = np.argsort(owner, kind="stable")
    rows = np.arange(len(owner))
    opens = np.append(True, owner[order][1:] != owner[order][:-1])
    place = np.empty(len(owner), np.int64)
    place[order] = rows - np.maximum.accumulate(np.where(opens, rows, 0)) + 1
    return place


def _attachments(batch: Batch) -> Iterator[Fault]:
    columns, owner = batch["attachments"], batch.claim_of["attachments"]
    if "position" in columns:
        yield from _numbered(columns, owner, "claim")
    yield from _too_many(batch, "attachments", batch.guide.most_attachments)
    on_request = columns.equals("transmission", "AA")
    sent = both(columns.given("transmission"), negate(on_request))
    control = columns.given("control")
    yield missing(columns.name, "control", both(sent, negate(control)), "is required for what is sent")
    yield invalid(columns.name, "control", both(on_request, control), "has no place beside AA")
