"""Coordination of benefits: for each payer that has decided, charge = paid + adjustments, at the level it was told.

::

    payer tells its lines (2430)     each line's charge = SVD02 + its CAS;  AMT*D = sum of SVD02
                                     date and remaining amount stand with the lines, nothing adjusted in 2320
    payer tells the claim (2320)     CLM02 = AMT*D + CAS;  date in 2330B

Either way the claim's charge is AMT*D and all of the payer's adjustments, so that a line that is left out shows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from connectors.x12.writing.batch import Batch
from connectors.x12.writing.columns import Ints, Mask, spread
from connectors.x12.writing.faults import Fault, invalid, missing

TABLE = "other_payers"


def balance_faults(batch: Batch) -> Iterator[Fault]:
    """Every other payer against the charge, exact to the cent."""
    payers = batch[TABLE]
    if not payers.rows:
        return
    payer, lined = batch.payment_payer, np.zeros(payers.rows, np.bool_)
    lined[payer[payer >= 0]] = True
    at_claim, at_line = _levels(batch)
    decided = spread(payers.given("paid_cents"), payers.rows)
    yield missing(TABLE, "paid_cents", (lined | at_claim) & ~decided, "is required where it has decided")
    yield from _places(batch, lined, at_claim, at_line, decided)
    paid = payers.integers("paid_cents")
    adjusted = _sums(batch.adjustment_payer, batch["adjustments"].integers("amount_cents"), payers.rows)
    charge = np.append(batch.claims.integers("charge_cents"), 0)[batch.claim_of[TABLE]]
    off = decided & (batch.claim_of[TABLE] >= 0) & (charge != paid + adjusted)
    yield Fault(TABLE, "paid_cents", "BALANCE", "charge is not paid_cents and the adjustments", off)
    of_lines = _sums(payer, batch["line_payments"].integers("paid_cents"), payers.rows)
    wrong = lined & decided & (of_lines != paid)
    yield Fault(TABLE, "paid_cents", "BALANCE", "paid_cents is not the sum of its lines", wrong)
    yield from _lines(batch)


def _levels(batch: Batch) -> tuple[Mask, Mask]:
    """Payers with adjustments of the claim, and of its lines."""
    payer, adjustments = batch.adjustment_payer, batch["adjustments"]
    of_line = spread(adjustments.given("line"), adjustments.rows)
    levels = np.zeros((2, batch[TABLE].rows), np.bool_)
    levels[0, payer[(payer >= 0) & ~of_line]] = True
    levels[1, payer[(payer >= 0) & of_line]] = True
    return levels[0], levels[1]


def _places(batch: Batch, lined: Mask, at_claim: Mask, at_line: Mask, decided: Mask) -> Iterator[Fault]:
    """What may stand at one level alone."""
    payers = batch[TABLE]
    both_levels = at_claim & (at_line | lined)
    yield invalid(TABLE, "adjustments", both_levels, "stand at both levels")
    for name in ("remaining_cents", "adjudicated_date"):
        given = spread(payers.given(name), payers.rows)
        yield invalid(TABLE, name, given & lined, "stands with the lines where they are told")
    undated = ~spread(payers.given("adjudicated_date"), payers.rows)
    yield missing(TABLE, "adjudicated_date", decided & ~lined & undated, "is required where no line tells it")
    refused = spread(payers.given("noncovered_cents"), payers.rows)
    yield invalid(TABLE, "noncovered_cents", refused & decided, "stands for a claim this payer never saw")


def _lines(batch: Batch) -> Iterator[Fault]:
    payments, line = batch["line_payments"], batch.payment_line
    if not payments.rows:
        return
    adjusted = _sums(batch.adjustment_payment, batch["adjustments"].integers("amount_cents"), payments.rows)
    charge = np.append(batch.lines.integers("charge_cents"), 0)[line]
    off = (line >= 0) & (charge != payments.integers("paid_cents") + adjusted)
    yield Fault(
        "line_payments",
        "paid_cents",
        "BALANCE",
        "the line's charge is not paid_cents and the adjustments",
        off,
    )


def _sums(owner: Ints, values: Ints, owners: int) -> Ints:
    total = np.zeros(owners, np.int64)
    np.add.at(total, owner[owner >= 0], values[owner >= 0])
    return total
