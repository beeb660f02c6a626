"""What payers cut without a reason: units that were not paid, and codes that were paid as others.

A line may come back with fewer units than it went out with (SVC05 below SVC07, or below what we billed) and all of the
difference under CO-45, as if the contract had taken it: a silent partial denial (dossier 5.1). What the missing units
would have come to at the price of those paid is what can be had, never more than the contract is said to have taken.

A changed code (SVC06 names ours) is a flag and no denial: how much it costs only the contract tells, and the queue of
underpayments compares with that.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing.context import Column, beside
from tasks.billing.denial_codes import ladders

# What a silent cut is: CARC 151 without being said (carc.tsv), with the action of RARC N362 (rarc.tsv).
CUT_AS = "151"
CUT_CATEGORY, CUT_ACTION = "benefit_max", "correct_or_appeal"
# Products of amounts and units below this stay whole numbers.
_SAFE = 3_000_000_000
UNIT = 1_000  # thousandths


def cut_units(lines: pd.DataFrame, claim_lines: pd.DataFrame | None) -> Column:
    """Thousandths of a unit that each line was cut by, 0 where by none.

    `lines` has ``units_paid_thousandths`` and ``units_submitted_thousandths`` (SVC05, SVC07), ``remitted_claim_id`` and
    ``line_id``. Beside SVC07 an absent SVC05 is one unit. Without SVC07 our own line counts (`claim_lines`), for all
    the parts that a payer split it into.
    """
    paid, sent = lines["units_paid_thousandths"], lines["units_submitted_thousandths"]
    cut = (sent - paid.fillna(UNIT)).astype("Int64")
    if claim_lines is not None and len(claim_lines):
        known = claim_lines.drop_duplicates("line_id").set_index("line_id")["units"]
        billed = beside(lines["line_id"], known).astype("Int64") * UNIT
        parts = [lines["remitted_claim_id"], lines["line_id"]]
        whole = paid.groupby(parts).transform("sum").where(paid.notna().groupby(parts).transform("all"))
        first = ~lines.duplicated(["remitted_claim_id", "line_id"])
        cut = cut.fillna((billed - whole.astype("Int64")).where(first))
    return cut.fillna(0).clip(lower=0)


def cut_cents(lines: pd.DataFrame) -> Column:
    """What the units that a line was cut by would have come to: ``units_cut_thousandths`` at the price of those paid.

    Rounded half up, and at most what the contract is said to have taken.
    """
    cut, units = lines["units_cut_thousandths"], lines["units_paid_thousandths"].fillna(UNIT)
    allowed, most = lines["paid_cents"] + lines["patient_cents"], lines["contractual_cents"].clip(lower=0)
    known = (units > 0) & (allowed < _SAFE) & (cut < _SAFE)
    each = units.where(known, 1)
    worth = (2 * allowed.where(known, 0) * cut.where(known, 0) + each) // (2 * each)
    return worth.where(known & (worth < most), most).astype("Int64")


def changed_codes(lines: pd.DataFrame, level_denied: Column) -> Column:
    """``downcoded``, ``code_changed`` or nothing for each line; `level_denied` where CARC 150 doubts its level.

    90837 paid as 90834 is downcoded; so is a line of a family of codes whose level is doubted, the lowest aside.
    """
    ours, theirs = lines["submitted_code"], lines["code"]
    place = {code: (at, step) for at, codes in enumerate(ladders()) for step, code in enumerate(codes)}
    lower = {
        (high, low)
        for high in place
        for low in place
        if place[high][0] == place[low][0] and place[high][1] < place[low][1]
    }
    pairs = pd.Series(list(zip(ours.fillna(""), theirs.fillna(""), strict=True)), index=lines.index)
    doubted = ours.fillna(theirs).isin({high for high, _ in lower}) & level_denied
    down = pairs.isin(lower) | doubted
    changed = ours.notna() & theirs.notna() & (ours != theirs)
    found = pd.Series("", index=lines.index, dtype="str").mask(changed.astype(bool), "code_changed")
    return found.mask(down.astype(bool), "downcoded")
