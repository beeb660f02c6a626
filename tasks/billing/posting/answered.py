"""A remitted claim recognised as the answer to a claim of ours.

One posting a remitted claim. Its CLP04 leaves suspense; from the payer's receivable goes what was paid and what was
adjusted out of it, line by line, under the charge that each line answers. Two things are shared out by the lines'
charges, the cents that are left to the largest remainders: adjustments that stand at the claim (CAS in loop 2100)
with the cash they took, and all of a claim that came without lines, among the charges that we sent.

A later payer's answer first takes back from the patient what it considered, because the patient owes what the LAST
payer in line says (`_taken_back`). Where we sent the claim to it, we know what the earlier payers had left to the
patient, and no more than that is taken back: what they denied never went to the patient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tasks.billing import shapes
from tasks.billing.evidence import LATER_PAYER, REVERSAL
from tasks.billing.posting.entries import Draft, first_turn, journal
from tasks.billing.posting.moves import moved_to
from tasks.billing.posting.places import (
    NO_ANSWER,
    PATIENT,
    PRIOR_PAYER,
    RECEIVABLE,
    UNMATCHED,
)
from tasks.billing.rows import Cents, Flags, Rows, cents, days, pairs, rows_of, shares, sums, taken, text

ALL = 1 << 62  # cents


@dataclass(frozen=True)
class Ours:
    """The claims that answers may be for, as the ledger's tables of those names.

    ``claims`` has ``next_payer_id`` too: whose the policy is that comes next, null where there is none; and
    ``prior_patient_cents``: what the answers that the claim carries left to the patient, null where it carries none.
    """

    claims: pd.DataFrame
    claim_lines: pd.DataFrame


@dataclass(frozen=True)
class Units:
    """What is answered one by one: remitted lines, or of a claim without lines the charges we sent.

    In the order of the claims; ``line`` is the row in remitted_lines, -1 where there is none, ``charge`` the row in
    claim_lines, -1 where the line was not recognised.
    """

    claim: Rows
    line: Rows
    charge: Rows
    paid: Cents
    weight: Cents


def answered(
    remittances: pd.DataFrame,
    remitted_claims: pd.DataFrame,
    remitted_lines: pd.DataFrame,
    remitted_adjustments: pd.DataFrame,
    ours: Ours,
) -> pd.DataFrame:
    """Journal entries of those remitted claims that have a ``claim_id`` and a status that answers.

    Frames are the ledger's tables of those names.
    """
    told = remitted_claims["claim_id"].notna() & ~remitted_claims["status"].isin(NO_ANSWER)
    rows = remitted_claims[told].reset_index(drop=True)
    if rows.empty:
        return shapes.empty(shapes.JOURNAL)
    lines = remitted_lines[rows_of(remitted_lines["remitted_claim_id"], rows["remitted_claim_id"]) >= 0]
    lines = lines.reset_index(drop=True)
    units = _units(rows, lines, ours)
    at_claim = rows_of(remitted_adjustments["remitted_claim_id"], rows["remitted_claim_id"])
    adjustments = remitted_adjustments[at_claim >= 0].reset_index(drop=True)
    of_claim = at_claim[at_claim >= 0]
    account = moved_to(adjustments, of_claim, rows, lines)
    known = rows_of(rows["claim_id"], ours.claims["claim_id"])
    paid_by = rows_of(rows["remittance_id"], remittances["remittance_id"])
    remitting = taken(text(remittances["payer_id"]), paid_by)
    crossed = _crossed(rows, remitting, ours, known)
    later = _later(crossed, ours, known)
    most = cents(ours.claims["prior_patient_cents"].fillna(ALL))[known] if len(ours.claims) else known
    draft = _draft(rows, lines, adjustments, of_claim, account, units, later, most)
    return journal(
        draft,
        first_turn(rows["remitted_claim_id"]),
        "answer",
        {
            "remittance_id": ("posting", text(rows["remittance_id"])),
            "remitted_claim_id": ("posting", text(rows["remitted_claim_id"])),
            "claim_id": ("posting", text(rows["claim_id"])),
            "payer_id": ("posting", _payers(remitting, crossed, ours, known)),
            "patient_id": ("posting", taken(text(ours.claims["patient_id"]), known)),
            "effective_on": ("posting", taken(days(remittances["payment_date"]), paid_by)),
            "charge_id": ("charge", text(ours.claim_lines["charge_id"])),
            "group_code": ("adjustment", text(adjustments["group_code"])),
            "reason": ("adjustment", text(adjustments["carc"])),
        },
    )


def _crossed(rows: pd.DataFrame, remitting: pa.Array, ours: Ours, known: Rows) -> Flags:
    """Answers of payers that a claim of ours crossed over to.

    Their status says so, save of a reversal: it is theirs where the payer of the next policy takes it back. Any other
    payer speaks for the first one: a sister company, an administrator, one that nobody named.
    """
    own = taken(text(ours.claims["payer_id"]), known)
    next_one = taken(text(ours.claims["next_payer_id"]), known)
    theirs = pc.fill_null(pc.and_(pc.equal(remitting, next_one), pc.not_equal(remitting, own)), False)
    back = (rows["status"] == REVERSAL).to_numpy(np.bool_)
    said = rows["status"].isin(LATER_PAYER).to_numpy(np.bool_)
    crossed: Flags = said | (back & theirs.to_numpy(zero_copy_only=False))
    return crossed


def _later(crossed: Flags, ours: Ours, known: Rows) -> Flags:
    """Answers of payers after the first: to claims that crossed over, and to claims that we sent to them."""
    order = taken(text(ours.claims["payer_order"]), known)
    of_order = pc.fill_null(pc.is_in(order, pa.array(["S", "T"])), False).to_numpy(zero_copy_only=False)
    later: Flags = crossed | of_order
    return later


def _payers(remitting: pa.Array, crossed: Flags, ours: Ours, known: Rows) -> pa.Array:
    """Whose receivable it is: the claim's payer's; a claim that crossed over still names the first one."""
    own = taken(text(ours.claims["payer_id"]), known)
    return pc.coalesce(pc.if_else(pa.array(crossed), remitting, own), own, remitting)


def _units(rows: pd.DataFrame, lines: pd.DataFrame, ours: Ours) -> Units:
    claim = rows_of(lines["remitted_claim_id"], rows["remitted_claim_id"])
    bare = np.setdiff1d(np.arange(len(rows)), claim)
    which, charge = pairs(rows["claim_id"].iloc[bare], ours.claim_lines["claim_id"])
    lost = np.setdiff1d(
        bare, bare[which]
    )  # without lines here and there: the claim itself is what is answered
    none, nothing = np.full(len(lost), -1), np.zeros(len(which) + len(lost), np.int64)
    found = (
        np.concatenate([claim, bare[which], lost]),
        np.concatenate([np.arange(len(lines)), nothing - 1]),
        np.concatenate([rows_of(lines["line_id"], ours.claim_lines["line_id"]), charge, none]),
        np.concatenate([cents(lines["paid_cents"]), nothing]),
        np.concatenate(
            [cents(lines["charge_cents"]), cents(ours.claim_lines["charge_cents"])[charge], none + 2]
        ),
    )
    order = np.argsort(found[0], kind="stable")
    return Units(*(part[order] for part in found))


def _draft(
    rows: pd.DataFrame,
    lines: pd.DataFrame,
    adjustments: pd.DataFrame,
    of_claim: Rows,
    account: pa.Array,
    units: Units,
    later: Flags,
    most: Cents,
) -> Draft:
    count, amount = len(rows), cents(adjustments["amount_cents"])
    prior = (adjustments["carc"] == PRIOR_PAYER).to_numpy(np.bool_)
    echoes = np.bincount(of_claim[prior], minlength=count) > 0
    moves = _moves(account, of_claim, later & ~echoes)
    number, unit, share = _shared(adjustments, of_claim, lines, amount, units)
    paid = cents(rows["paid_cents"])
    _, rest_unit, rest = shares(
        paid - sums(units.claim, units.paid, count), np.arange(count), units.weight, units.claim
    )
    took = units.paid + sums(rest_unit, rest, len(units.claim))
    took += sums(unit[moves[number]], share[moves[number]], len(units.claim))
    draft, every, rank = Draft(), np.arange(count), np.arange(len(units.claim)) * 2
    draft.add(every, -3, UNMATCHED, paid)
    back = np.clip(_taken_back(rows, amount, of_claim, account, prior, echoes, later), -most, most)
    draft.add(every, -2, RECEIVABLE, back)
    draft.add(every, -1, PATIENT, -back)
    draft.add(units.claim, rank, RECEIVABLE, -took, charge=units.charge)
    kept = np.flatnonzero(moves[number])
    number, unit, share = number[kept], unit[kept], share[kept]
    draft.add(
        of_claim[number],
        unit * 2 + 1,
        account.take(pa.array(number)),
        share,
        charge=units.charge[unit],
        adjustment=number,
    )
    return draft


def _moves(account: pa.Array, of_claim: Rows, untold: Flags) -> Flags:
    """Adjustments that move money out of the payer's receivable.

    A later payer that does not say what the earlier ones did repeats their write-offs among its own: of these only
    the patient's share can be told.
    """
    stays = pc.equal(account, RECEIVABLE).to_numpy(zero_copy_only=False)
    patient = pc.equal(account, PATIENT).to_numpy(zero_copy_only=False)
    moves: Flags = ~stays & (~untold[of_claim] | patient)
    return moves


def _shared(
    adjustments: pd.DataFrame, of_claim: Rows, lines: pd.DataFrame, amount: Cents, units: Units
) -> tuple[Rows, Rows, Cents]:
    """Each adjustment with the units it belongs to: (adjustment, unit, cents)."""
    of_line = rows_of(adjustments["remitted_line_id"], lines["remitted_line_id"])
    unit_of_line = np.full(len(lines), -1)
    held = units.line >= 0
    unit_of_line[units.line[held]] = np.flatnonzero(held)
    own = np.flatnonzero(of_line >= 0)
    at_claim = np.flatnonzero(of_line < 0)
    which, unit, share = shares(amount[at_claim], of_claim[at_claim], units.weight, units.claim)
    return (
        np.concatenate([own, at_claim[which]]),
        np.concatenate([unit_of_line[of_line[own]], unit]),
        np.concatenate([amount[own], share]),
    )


def _taken_back(
    rows: pd.DataFrame,
    amount: Cents,
    of_claim: Rows,
    account: pa.Array,
    prior: Flags,
    echoes: Flags,
    later: Flags,
) -> Cents:
    """What a later payer considered: it moves back from the patient before it is answered.

    That is the charge without the earlier payers' part (OA-23). A payer that does not say that part repeats the
    earlier write-offs among its own, so only its payment and its PR can be told.
    """
    count = len(rows)
    share = pc.equal(account, PATIENT).to_numpy(zero_copy_only=False)
    told = cents(rows["charge_cents"]) - sums(of_claim[prior], amount[prior], count)
    untold = cents(rows["paid_cents"]) + sums(of_claim[share], amount[share], count)
    back: Cents = np.where(later | echoes, np.where(echoes, told, untold), 0)
    return back
