"""Allowed beside expected: what is compared, what is not and why not, and the variance.

What is compared is a line; lines that are paid once together (a case rate, a day rate) as one; and a claim as a whole
where the payer answered it as a whole. Variance = allowed - expected, below zero where too little was allowed.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import shapes
from tasks.billing.context import Column, among, beside, words
from tasks.billing.expected import causes, rates

COMPARED = shapes.shape(
    "unit_id claim_id line_id payer_id remittance_id remitted_claim_id remitted_line_id segment:int since:day"
    " service_date:day code state cause contract_ids shown_by charge_cents contract_cents expected_cents allowed_cents"
    " variance_cents tolerance_cents sequestration_cents withheld_cents multiple_cents"
)
# Why nothing is compared, the first that is true.
STATES = {
    "secondary": "another payer paid first: what is left is not by this contract",
    "denied": "work of the queue of denials",
    "no_contract": "no contract row is for it",
    "waiting": "of lines that are paid once together some were not answered",
    "unknown": "units, charge or rate are not known",
    "under": "less was allowed than expected, by more than the tolerance",
    "over": "more was allowed than expected, by more than the tolerance",
    "as_agreed": "within the tolerance",
}
SUMS = words("charge_cents allowed_cents sequestration_cents withheld_cents multiple_cents")


def compare(answers: pd.DataFrame, lines: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    """One row for each thing compared, or not, columns `COMPARED`.

    `answers` are `observed`, `lines` are `services` with their `price`.
    """
    whole = answers.loc[answers["whole"].astype(bool), "claim_id"]
    bare = answers.loc[answers["remitted_line_id"].isna(), "claim_id"]
    own = lines.assign(
        unit_id=lines["claim_id"].where(
            among(lines["claim_id"], whole), lines["case"].fillna(lines["line_id"])
        ),
        answered=among(lines["line_id"], answers["line_id"]) | among(lines["claim_id"], bare),
        together=lines["case"].notna() & ~among(lines["claim_id"], whole),
    )
    units = own.set_index("line_id")["unit_id"]
    said = answers.assign(
        unit_id=answers["claim_id"].where(
            among(answers["claim_id"], whole), beside(answers["line_id"], units)
        )
    )
    found = _expected(own).merge(_allowed(said), on="unit_id")
    found["variance_cents"] = found["allowed_cents"] - found["expected_cents"]
    found["state"] = _state(found)
    compared = found["state"].isin(["under", "over", "as_agreed"])
    found["variance_cents"] = found["variance_cents"].where(compared)
    found["cause"] = pd.Series(pd.NA, index=found.index, dtype="str")
    found["shown_by"] = found["cause"]
    found["cause"] = found["cause"].mask(found["state"] == "over", "overpaid")
    below = (found["state"] == "as_agreed") & (found["charge_cents"] < found["contract_cents"])
    found["cause"] = found["cause"].mask(below.fillna(False).astype(bool), "fee_below_contract")
    return shapes.conform(_with_causes(found, own, said, contracts), COMPARED)


def _expected(own: pd.DataFrame) -> pd.DataFrame:
    """What is expected of each unit: of its answered lines, or of all where they are paid once together."""
    counted = own[own["answered"] | own["together"]]
    by_unit = counted.groupby("unit_id", sort=False)
    sums = _sums(counted, ["contract_cents", "expected_cents"])
    tolerance = by_unit["tolerance_cents"]
    first = by_unit[["payer_id", "service_date", "secondary"]].first()
    lines = by_unit.size()
    one = by_unit[["line_id", "code"]].first().where(lines == 1)
    return first.assign(
        **sums,
        **one,
        tolerance_cents=tolerance.sum().mask(by_unit["together"].any(), tolerance.max()),
        together=by_unit["together"].any(),
        all_answered=by_unit["answered"].all(),
        all_priced=by_unit["contract_id"].count() == lines,
        contract_ids=_ids(counted),
    ).reset_index()


def _allowed(said: pd.DataFrame) -> pd.DataFrame:
    """What was allowed of each unit, where the last of its answers stands, and whether it was denied."""
    said = said[said["unit_id"].notna()]
    paid = said.assign(**{name: said[name].mask(said["denied"].astype(bool), 0) for name in SUMS[1:]})
    sums = _sums(paid, SUMS)
    place = said.drop_duplicates("unit_id", keep="last").set_index("unit_id")
    where = words("claim_id remittance_id remitted_claim_id remitted_line_id segment since")
    denied = said["denied"].astype(bool).groupby(said["unit_id"])
    return sums.assign(
        **place[where],
        some_denied=denied.any(),
        all_denied=denied.all(),
        answered_secondary=said["secondary"].astype(bool).groupby(said["unit_id"]).any(),
    ).reset_index()


def _sums(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Sums by unit, absent where a part is: what is not known does not count as nothing."""
    by_unit = rows.groupby("unit_id", sort=False)[columns]
    sums: pd.DataFrame = by_unit.sum()
    return sums.where(by_unit.count().eq(by_unit.size(), axis=0))


def _ids(rows: pd.DataFrame) -> Column:
    """The contract rows of each unit, blanks between; few units have several."""
    distinct = rows[["unit_id", "contract_id"]].dropna().drop_duplicates()
    several = distinct["unit_id"].duplicated(keep=False)
    joined = distinct[several].groupby("unit_id")["contract_id"].agg(" ".join)
    ids: Column = pd.concat([distinct[~several].set_index("unit_id")["contract_id"], joined])
    return ids


def _state(found: pd.DataFrame) -> Column:
    difference, tolerance = found["variance_cents"], found["tolerance_cents"]
    tests = {
        "secondary": found["secondary"] | found["answered_secondary"],
        "denied": found["all_denied"] | (found["some_denied"] & ~found["together"]),
        "no_contract": ~found["all_priced"],
        "waiting": ~found["all_answered"] & found["together"],
        "unknown": difference.isna(),
        "under": difference < -tolerance,
        "over": difference > tolerance,
    }
    state = pd.Series("as_agreed", index=found.index, dtype="str")
    for name in reversed(tests):
        state = state.mask(tests[name].astype("boolean").fillna(False).astype(bool), name)
    return state


def _with_causes(
    found: pd.DataFrame, own: pd.DataFrame, said: pd.DataFrame, contracts: pd.DataFrame
) -> pd.DataFrame:
    """Causes of what is under: of a single line by arithmetic; of several together only that it is below."""
    under = found["state"] == "under"
    found["cause"] = found["cause"].mask(under, "below_contract")
    found["shown_by"] = found["contract_ids"].where(under)
    single = found[under & found["line_id"].notna() & (found["unit_id"] == found["line_id"])]
    if single.empty:
        return found
    parts = said[among(said["unit_id"], single["unit_id"])]
    paid_units = _sums(parts, ["units_paid_thousandths", "stated_cents"])
    paid_units["changed"] = parts["changed"].astype("boolean").groupby(parts["unit_id"]).any()
    short = own[among(own["line_id"], single["line_id"])].drop(columns="unit_id")
    short = single[["unit_id", "line_id", "allowed_cents"]].merge(short, on="line_id")
    short = short.merge(paid_units.reset_index(), on="unit_id")
    thousandths = short["units_paid_thousandths"].astype("Int64")
    short["units_paid"] = (thousandths // 1000).where(thousandths % 1000 == 0)
    told = causes.causes(short, rates.offers(short, contracts)).set_index(short["unit_id"])
    for name in ("cause", "shown_by"):
        found[name] = beside(found["unit_id"], told[name]).fillna(found[name])
    return found
