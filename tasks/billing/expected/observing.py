"""What was allowed: one row for each remitted line that counts, and for each claim that was answered without lines.

A payer states it (AMT*B6), or it follows: the charge less what the contract took off. Where both are there the
smaller one counts, for an allowed amount that the adjustments take back was not allowed. What is withheld from an
allowed amount for a reason of its own is given back here: sequestration (CARC 253), withholds (104, 245) and
reductions for several procedures on a day (59) are no underpayments. Interest (L6) stands in the PLB and never here.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import evidence, shapes
from tasks.billing.context import Column, among, beside, words
from tasks.billing.denial_shares import spread

OBSERVED = shapes.shape(
    "claim_id line_id remitted_claim_id remitted_line_id remittance_id segment:int since:day secondary:flag denied:flag"
    " whole:flag charge_cents allowed_cents stated_cents units_paid_thousandths units_submitted_thousandths code"
    " changed:flag modifiers service_date:day sequestration_cents withheld_cents multiple_cents"
)
WITHHELD = {
    "253": "sequestration_cents",
    "104": "withheld_cents",
    "245": "withheld_cents",
    "59": "multiple_cents",
}
SAID = words(
    "segment charge_cents allowed_cents code submitted_code modifiers service_date units_paid_thousandths"
    " units_submitted_thousandths"
)
SILENT = frozenset({evidence.REVERSAL, "23"})  # taken back and not corrected; not our claim, forwarded


def observed(
    remitted_claims: pd.DataFrame,
    remittances: pd.DataFrame,
    remitted_lines: pd.DataFrame,
    remitted_adjustments: pd.DataFrame,
    verdicts: pd.DataFrame,
) -> pd.DataFrame:
    """What the answers that count allowed, columns `OBSERVED`; ``whole`` marks claims to be compared as a whole.

    A claim is one where an answer has no lines, or adjustments at claim level that the contract explains: nobody knows
    whose they are. A line that is not known as ours goes by its own id.
    """
    counted = evidence.counted(_of_the_first_payer(remitted_claims, remittances), remittances, verdicts)
    rows = counted[~counted["status"].isin(SILENT)]
    said = remitted_lines[["remitted_line_id", *SAID]].rename(
        columns={"allowed_cents": "stated_cents", "segment": "line_segment"}
    )
    rows = rows.merge(said, on="remitted_line_id", how="left")
    # The verdicts share out what stands at the claim (`denial_shares.spread`), and so does this.
    apart = _apart(spread(remitted_adjustments, remitted_lines))
    rows = rows.merge(apart, on=["remitted_claim_id", "remitted_line_id"], how="left")
    rows[_KINDS] = rows[_KINDS].astype("Int64").fillna(0)
    rows["whole"] = _as_a_whole(rows, remitted_adjustments)
    charges = remitted_claims.set_index("remitted_claim_id")["charge_cents"]
    bare = rows["remitted_line_id"].isna()
    whole_charge = beside(rows["remitted_claim_id"], charges).astype("Int64")
    rows["charge_cents"] = rows["charge_cents"].astype("Int64").where(~bare, whole_charge)
    rows["allowed_cents"] = _allowed(rows)
    rows["secondary"] = rows["status"].isin(evidence.LATER_PAYER)
    rows["denied"] = rows["denied"].astype("boolean").fillna(False)
    rows["segment"] = rows["line_segment"].astype("Int64").fillna(rows["segment"].astype("Int64"))
    rows["line_id"] = rows["line_id"].fillna(rows["remitted_line_id"])
    rows["changed"] = (rows["submitted_code"] != rows["code"]).where(rows["submitted_code"].notna(), False)
    rows["code"] = rows["submitted_code"].fillna(rows["code"])
    return shapes.conform(rows, OBSERVED)


def _of_the_first_payer(remitted_claims: pd.DataFrame, remittances: pd.DataFrame) -> pd.DataFrame:
    """Answers without those of later payers to claims that a first payer answered too.

    A claim that crossed over keeps its id: what the supplement says of it is no word on what the first payer owes.
    """
    rows = remitted_claims[["remittance_id", "claim_id", "status"]]
    payer = (
        rows["claim_id"]
        + " "
        + beside(rows["remittance_id"], remittances.set_index("remittance_id")["payer_identifier"])
    )
    later, back = rows["status"].isin(evidence.LATER_PAYER), rows["status"] == evidence.REVERSAL
    first = ~later & ~back & ~rows["status"].isin(SILENT)
    back &= among(payer, payer[later]) & ~among(payer, payer[first])
    return remitted_claims[~((later | back) & among(rows["claim_id"], rows.loc[first, "claim_id"]))]


def _allowed(rows: pd.DataFrame) -> Column:
    apart = rows["sequestration_cents"] + rows["withheld_cents"] + rows["multiple_cents"]
    # Verdicts count what is set apart as contractual.
    by_adjustments = rows["charge_cents"] - (rows["contractual_cents"] - apart) - rows["beyond_cents"]
    stated = rows["stated_cents"].astype("Int64")
    # Some payers state what is left after it was withheld: then it is added, up to what the adjustments show.
    lifted = _less(stated + apart, by_adjustments)
    lifted = lifted.where((lifted > stated).fillna(False).astype(bool), stated)
    return _less(lifted, by_adjustments).fillna(by_adjustments)


def _less(one: Column, other: Column) -> Column:
    """The smaller of two; absent where one is absent."""
    return one.where((one < other).fillna(False).astype(bool), other).where(one.notna() & other.notna())


def _apart(adjustments: pd.DataFrame) -> pd.DataFrame:
    """What was withheld from each line for a reason of its own, and what the patient owes beyond it (PR-45)."""
    rows = adjustments[["remitted_claim_id", "remitted_line_id", "group_code", "carc", "amount_cents"]]
    kind = rows["carc"].map(WITHHELD).where(rows["group_code"].isin(["CO", "OA"]))
    beyond = (rows["group_code"] == "PR") & (rows["carc"] == "45")
    rows = rows.assign(kind=kind.mask(beyond, "beyond_cents"))
    rows = rows[rows["kind"].notna()]
    keys = ["remitted_claim_id", "remitted_line_id"]
    columns = {name: rows["amount_cents"].where(rows["kind"] == name, 0) for name in _KINDS}
    sums = rows[keys].assign(**columns).groupby(keys, dropna=False)[_KINDS].sum().reset_index()
    return sums.astype({"remitted_line_id": "str", "remitted_claim_id": "str"})


_KINDS = [*dict.fromkeys(WITHHELD.values()), "beyond_cents"]


def _as_a_whole(rows: pd.DataFrame, adjustments: pd.DataFrame) -> Column:
    """Whether the claim of each row is compared as a whole: answered without lines, or adjusted at claim level."""
    of_claim = adjustments[adjustments["remitted_line_id"].isna() & (adjustments["group_code"] != "PR")]
    spoken = among(rows["remitted_claim_id"], of_claim["remitted_claim_id"]) | rows["remitted_line_id"].isna()
    return among(rows["claim_id"], rows.loc[spoken, "claim_id"])
