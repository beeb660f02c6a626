"""Which contract row is for a line, and what it comes to.

A row speaks of a line where payer and code are the same, its days cover the date of service, and what it names is
true of the line: plan, modifiers (all of them), class of clinician, place group. Blank names nothing. Of several the
most specific wins: plan first, then the most modifiers, class, place; then the newest. An intern is paid as an intern
where the contract has that class, else as the supervisor.

Amounts are whole cents, rounded half up once for a line:

* ``fixed``: rate x units;
* ``percent_of_fee``: the payer's fee x units, or our charge where the row has none, x percent;
* ``per_diem``: rate x days, once a day for each claim and contract row;
* ``case_rate``: the rate once a claim.

Times the class' part of it. What is due once is shared out by charge with largest remainders. Unless the contract says
otherwise no more is expected than was charged.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.context import Column, beside, words
from tasks.billing.visits import covers, said

KEY = words("payer_id plan code modifiers provider_class supervisor_class place_group service_date")
NAMED = words(
    "modifier provider_class plan place_group"
)  # what a contract row may name besides payer and code
TERMS = words("method rate_cents percent_basis_points class_basis_points lesser_of tolerance_cents")
WHOLE = 10_000  # basis points
LEAST_TOLERANCE = 1  # cent
INTERN = "INTERN"


def price(services: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    """`services` with their ``key``, the row that is for them and what is expected; absent where there is none.

    Adds ``contract_id``, `TERMS`, ``contract_cents`` (before the charge caps it), ``expected_cents`` and ``case``: the
    id that lines share which are paid once together.
    """
    lines = services.assign(key=services.groupby(KEY, dropna=False, sort=False).ngroup())
    known = offers(lines, contracts)
    best = known[known["fits"]].drop_duplicates("key").set_index("key")
    for column in ("contract_id", *TERMS):
        lines[column] = beside(lines["key"], best[column])
    lines["lesser_of"] = said(lines["lesser_of"], True)
    lines["tolerance_cents"] = lines["tolerance_cents"].astype("Int64").fillna(0).clip(lower=LEAST_TOLERANCE)
    lines["contract_cents"] = amount(lines)
    lines["expected_cents"] = capped(lines["contract_cents"], lines["charge_cents"], lines["lesser_of"])
    return _shared(lines)


def offers(lines: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    """Every contract row of the payer and code of each ``key``, the most specific first; ``fits``, ``covers``.

    ``covers`` says that its days cover the service, ``fits`` that all it names is true as well.
    """
    keys = lines[["key", *KEY]].drop_duplicates("key")
    keys = keys.rename(columns={name: f"line_{name}" for name in KEY if name not in ("payer_id", "code")})
    rows = contracts[["row_id", "payer_id", "code", *NAMED, "effective_from", "effective_to", *TERMS]]
    rows = rows.rename(columns={"row_id": "contract_id"})
    rows = rows.assign(**{name: rows[name].fillna("") for name in NAMED})
    found = keys[keys["payer_id"].notna()].merge(rows, on=["payer_id", "code"])
    found["covers"] = covers(found["line_service_date"], found["effective_from"], found["effective_to"])
    count, first = _modifiers(found)
    class_ = _class(found)
    fits = (count >= 0) & (class_ >= 0) & found["covers"]
    for name in ("plan", "place_group"):
        fits &= (found[name] == "") | (found[name] == found[f"line_{name}"].fillna(""))
    order = {"by_plan": found["plan"] != "", "by_count": count, "by_first": -first, "by_class": class_}
    order |= {"by_place": found["place_group"] != "", "effective_from": found["effective_from"]}
    found = found.assign(fits=fits.astype(bool), **order)
    ascending = [True, *(False for _ in order), True]
    return found.sort_values(["key", *order, "contract_id"], ascending=ascending).drop(
        columns=[name for name in order if name.startswith("by_")]
    )


def _modifiers(found: pd.DataFrame) -> tuple[Column, Column]:
    """How many modifiers the row names, -1 where the line lacks one; and the place of the first on the line."""
    has, distinct_has = pd.factorize(found["line_modifiers"].fillna(""))
    asks, distinct_asks = pd.factorize(found["modifier"])
    ranks = np.array(
        [[_rank(str(line).split(), str(row).split()) for row in distinct_asks] for line in distinct_has],
        dtype="int64",
    ).reshape(len(distinct_has), len(distinct_asks), 2)
    spread = ranks[has, asks]
    return pd.Series(spread[:, 0], index=found.index), pd.Series(spread[:, 1], index=found.index)


def _rank(has: list[str], asks: list[str]) -> tuple[int, int]:
    if not set(asks) <= set(has):
        return -1, 0
    return len(set(asks)), min((has.index(modifier) for modifier in asks), default=0)


def _class(found: pd.DataFrame) -> Column:
    """2 where the row is for the clinician's class, 1 for an intern's supervisor's, 0 for all, -1 for others."""
    lent = (found["line_provider_class"] == INTERN) & (
        found["provider_class"] == found["line_supervisor_class"]
    )
    rank = pd.Series(-1, index=found.index).mask(found["provider_class"] == "", 0).mask(lent, 1)
    return rank.mask(found["provider_class"] == found["line_provider_class"], 2)


def amount(rows: pd.DataFrame) -> Column:
    """What `TERMS` come to for ``code``, ``units`` and ``charge_cents`` of each row, in cents; absent where unknown.

    So it is with what does not fit: amounts above nine hundred million dollars, of which two percentages reach 2**63.
    """
    rate, units = rows["rate_cents"].astype("Int64"), rows["units"].astype("Int64")
    days = units.where(rows["code"].isin(per_day_codes()), 1).fillna(1)
    percent = rows["method"] == "percent_of_fee"
    base = (rate * units).mask(percent & rate.isna(), rows["charge_cents"].astype("Int64"))
    base = base.mask(rows["method"] == "per_diem", rate * days).mask(rows["method"] == "case_rate", rate)
    part = rows["percent_basis_points"].astype("Int64").where(percent, WHOLE)
    part = part * rows["class_basis_points"].astype("Int64").fillna(WHOLE)
    exact = base.where(base <= (2**63 - WHOLE * WHOLE) // part.clip(lower=1)) * part
    return (exact + WHOLE * WHOLE // 2) // (WHOLE * WHOLE)


@cache
def per_day_codes() -> frozenset[str]:
    """Codes of which a unit is a day, revenue codes of beds among them; of any other a line is one day."""
    procedures = (row["code"] for row in reference.table("procedure_codes") if row["unit"] == "per_diem")
    beds = (row["rev"] for row in reference.table("revenue_codes") if row["unit"] == "day")
    return frozenset((*procedures, *beds))


def capped(contract_cents: Column, charge_cents: Column, lesser_of: Column) -> Column:
    """The lesser of contract and charge, where that was agreed."""
    lower = (lesser_of & (charge_cents < contract_cents)).fillna(False).astype(bool)
    return contract_cents.mask(lower, charge_cents)


def _shared(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines that are paid once together share their amount out; ``case`` names them."""
    day = lines["service_date"].astype("str")
    case = lines["claim_id"].where(lines["method"] == "case_rate") + " case"
    daily = lines["claim_id"].where(lines["method"] == "per_diem") + " " + lines["contract_id"] + " " + day
    case = case.fillna(daily).astype("str")
    lines["case"] = case.where(case.notna() & case.duplicated(keep=False))
    rows = lines[lines["case"].notna()]
    if rows.empty:
        return lines
    together = rows.groupby("case")
    total = together["contract_cents"].transform("max")
    charged = together["charge_cents"].transform("sum")
    expected = capped(total, charged, together["lesser_of"].transform("all"))
    for name, whole in (("contract_cents", total), ("expected_cents", expected)):
        lines[name] = (
            allocate(whole, rows["charge_cents"], rows["case"]).reindex(lines.index).fillna(lines[name])
        )
    return lines


def allocate(whole: Column, weights: Column, groups: Column) -> Column:
    """Each group's `whole` split by weight with largest remainders, the earlier row first where they tie.

    `money.allocate` for columns: parts are not negative and sum to the whole; equal where all weights are 0.
    """
    weights = weights.astype("Int64").fillna(0)
    total = weights.groupby(groups).transform("sum")
    weights = weights.mask(total == 0, 1)
    total = weights.groupby(groups).transform("sum")
    floor, rest = whole * weights // total, whole * weights % total
    left = whole - floor.groupby(groups).transform("sum")
    ranked = pd.DataFrame({"group": groups, "rest": rest, "at": range(len(groups))}, index=groups.index)
    ranked = ranked.sort_values(["group", "rest", "at"], ascending=[True, False, True])
    turn = ranked.groupby("group").cumcount().reindex(groups.index)
    return floor + (turn < left).astype("Int64")
