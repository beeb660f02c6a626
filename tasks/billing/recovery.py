"""How much of what is asked for comes: the rate at which such matters were recovered before.

A denied line is a **case**. It is over when a later answer of the same payer for the same charge pays something (the
part of what was denied is its share), or when nothing came until its last day to answer passed, or it was written off
(share 0). Cases that still run say nothing. The rate of a category at a payer leans on the category at all payers,
and that on the table (``recovery_rates.tsv``, overridden by ``[recovery]`` of the settings), by as many cases as the
settings say::

    rate of category       = (sum of shares + table x weight) / (cases + weight)
    rate at one payer      = (sum of its shares + rate of category x weight) / (its cases + weight)

Rates are whole basis points; amounts stay whole cents.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from configs import reference
from tasks.billing import deadlines, evidence, shapes
from tasks.billing.context import Column, beside

CASES = shapes.shape("category payer_id denied_cents recovered_cents over:flag share:int")
WHOLE = 10_000  # basis points of one
ANY = "any"


def cases(
    claims: pd.DataFrame,
    claim_lines: pd.DataFrame,
    payers: pd.DataFrame,
    remitted_claims: pd.DataFrame,
    remitted_lines: pd.DataFrame,
    remittances: pd.DataFrame,
    verdicts: pd.DataFrame,
    written_off: set[str],
    as_of: pd.Timestamp,
) -> pd.DataFrame:
    """`CASES`: every charge of ours that a payer denied, and what came of it; `share` in basis points.

    `written_off` are charges whose denial was written off. Frames are the ledger's tables and ``denials.classify``.
    """
    told = _answers(claims, claim_lines, remitted_claims, remitted_lines, remittances, verdicts)
    denied = told[(told["denied_cents"] > 0) & (told["recoverable_cents"] > 0)]
    first = denied.drop_duplicates(["payer_id", "charge_id"])
    later = told.merge(
        first[["payer_id", "charge_id", "turn"]], on=["payer_id", "charge_id"], suffixes=("", "_denied")
    )
    later = later[later["turn"] > later["turn_denied"]]
    came = later.groupby(["payer_id", "charge_id"])["paid_cents"].sum().rename("came").reset_index()
    rows = first.merge(came, on=["payer_id", "charge_id"], how="left")
    recovered = rows["came"].fillna(0).clip(lower=0)
    recovered = recovered.where(recovered < rows["denied_cents"], rows["denied_cents"])
    clock = rows[["payer_id"]].merge(payers[["payer_id", *deadlines.CLOCK]], on="payer_id", how="left")
    corrected = deadlines.corrections(
        rows["since"], clock["corrected_filing_days"], clock["timely_filing_days"]
    )
    last = deadlines.response(
        rows["step"], rows["since"], clock["appeal_days"], clock["payer_class"], corrected
    )
    over = (recovered > 0) | (last < as_of) | rows["charge_id"].isin(written_off)
    share = recovered * WHOLE // rows["denied_cents"]
    return shapes.conform(rows.assign(recovered_cents=recovered, over=over, share=share), CASES)


def _answers(
    claims: pd.DataFrame,
    claim_lines: pd.DataFrame,
    remitted_claims: pd.DataFrame,
    remitted_lines: pd.DataFrame,
    remittances: pd.DataFrame,
    verdicts: pd.DataFrame,
) -> pd.DataFrame:
    """What was said of our charges, in its order: payer, charge, turn, paid and denied cents, category and step."""
    ours = remitted_claims[
        remitted_claims["claim_id"].notna() & (remitted_claims["status"] != evidence.ESTIMATE)
    ]
    names = ["remitted_claim_id", "remittance_id", "claim_id", "status"]
    rows = verdicts.drop(columns="remittance_id").merge(ours[names], on="remitted_claim_id")
    rows = rows[rows["line_id"].notna()]
    rows["charge_id"] = beside(
        rows["line_id"], claim_lines.drop_duplicates("line_id").set_index("line_id")["charge_id"]
    )
    rows["paid_cents"] = beside(
        rows["remitted_line_id"], remitted_lines.set_index("remitted_line_id")["paid_cents"]
    )
    rows["payer_id"] = beside(rows["claim_id"], claims.set_index("claim_id")["payer_id"])
    days = remittances.set_index("remittance_id")
    rows["since"] = beside(rows["remittance_id"], days["payment_date"].fillna(days["production_date"]))
    rows["back"] = rows["status"] == evidence.REVERSAL
    order = ["since", "remittance_id", "back", "remitted_line_id"]
    rows = rows.sort_values(
        order, ascending=[True, True, False, True], na_position="first", ignore_index=True
    )
    return rows.assign(turn=rows.groupby(["since", "remittance_id"], dropna=False).ngroup())


def prior(queue: Column, category: Column, overrides: Mapping[str, int]) -> Column:
    """Basis points of the table for each queue and category; `overrides` are percents by category, else by queue."""
    table = {
        (row["queue"], row["category"]): int(row["percent"]) for row in reference.table("recovery_rates")
    }
    pairs = pd.MultiIndex.from_arrays([queue, category])
    known = {
        pair: overrides.get(
            str(pair[1]), overrides.get(str(pair[0]), table.get(pair, table.get((pair[0], ANY), 100)))
        )
        for pair in pairs.unique()
    }
    return pd.Series([known[pair] for pair in pairs], index=queue.index, dtype="Int64") * (WHOLE // 100)


def rates(
    items: pd.DataFrame, denied: Column, seen: pd.DataFrame, weight: int, overrides: Mapping[str, int]
) -> pd.DataFrame:
    """Frame[recovery_rate, cases] of each item (queue, category, payer_id): basis points, and cases it rests on.

    `seen` is `CASES`; only items that are `denied` rest on it.
    """
    over = seen[seen["over"].fillna(False).astype(bool)]
    start = prior(items["queue"], items["category"].fillna(""), overrides)
    general = over.groupby("category")["share"].agg(["sum", "size"])
    single = over.groupby(["category", "payer_id"])["share"].agg(["sum", "size"])
    by_category = _found(general, pd.Index(items["category"]), denied)
    pairs = pd.MultiIndex.from_arrays([items["category"], items["payer_id"]])
    by_payer = _found(single, pairs, denied)
    middle = _leaning(by_category, start, weight)
    rate = _leaning(by_payer, middle, weight).where(denied, start)
    return pd.DataFrame({"recovery_rate": rate.astype("Int64"), "cases": by_category["size"].astype("Int64")})


def _found(sums: pd.DataFrame, keys: pd.Index, wanted: Column) -> pd.DataFrame:
    rows = sums.reindex(keys).fillna(0).astype("Int64").set_axis(wanted.index)
    return rows.mask(~wanted, 0)


def _leaning(held: pd.DataFrame, on: Column, weight: int) -> Column:
    """Shares of the cases held, and `on` as if of `weight` cases more."""
    total = held["size"] + weight
    return ((held["sum"] + on * weight) // total.where(total > 0, 1)).where(total > 0, on)
