"""The office's figures from the ledger, as of any day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from configs.settings import Settings
from tasks import planning, recognising, standing
from tasks.asof import AsOf
from tasks.billing import acknowledgments, evidence, metrics
from tasks.billing.context import beside
from tasks.billing.metrics.definitions import DENOMINATOR, NUMERATOR
from tasks.billing.money import dollars
from tasks.frames import records
from tasks.moment import Facts, Moment, moment


def measured(facts: Facts, settings: Settings, as_of: dt.date, days: int) -> dict[str, metrics.Measured]:
    """Every figure as of a day, of the window of `days` that ends with it, by its formula's id."""
    with moment(facts) as now:
        return metrics.measure(
            known(AsOf(now, as_of), as_of, days), settings.metrics.annual_rate_basis_points
        )


def known(ledger: Moment, as_of: dt.date, days: int) -> metrics.Facts:
    """What the figures are taken of."""
    claims, remittances = (recognising.live(ledger, name) for name in ("remitted_claims", "remittances"))
    day = remittances.set_index("remittance_id")
    since = day["payment_date"].fillna(day["production_date"])
    ours = claims[claims["claim_id"].notna()]
    return metrics.Facts(
        as_of=pd.Timestamp(as_of),
        days=days,
        claims=ledger.read("claims"),
        claim_lines=ledger.read("claim_lines"),
        decisions=ledger.read("decisions"),
        rejections=_rejections(ledger),
        answers=ours.assign(since=beside(ours["remittance_id"], since)),
        verdicts=planning.verdicts(ledger),
        journal=ledger.read("journal"),
        write_offs=ledger.read("write_offs"),
        appeals=ledger.read("appeals"),
        appeal_events=ledger.read("appeal_events"),
    )


def _rejections(ledger: Moment) -> pd.DataFrame:
    """Refusals before adjudication (claim_id, since): of a file, a transaction set, or a claim."""
    stated = acknowledgments.effects(ledger.read("acknowledgments"))
    files = evidence.by_file(*standing.live_submissions(ledger), ledger.read("submission_events"), stated)
    files = files[files["state"].isin(["file_rejected", "rejected_syntax"])]
    spoken = stated[(stated["scope"] == "claim") & (stated["effect"] == "rejected")]
    spoken = spoken.rename(columns={"stated_on": "since"})
    columns = ["claim_id", "since"]
    return pd.concat([files[columns], spoken[columns]], ignore_index=True)


def told(found: Mapping[str, metrics.Measured], *, claims: bool = False) -> dict[str, dict[str, Any]]:
    """The figures as plain values; with `claims` the claims behind both sides and what each adds."""
    plain: dict[str, dict[str, Any]] = {}
    for name, each in found.items():
        plain[name] = {
            "formula": name,
            "value": None if each.value is None else float(each.value),
            "unit": each.formula.unit,
            "numerator": each.total(NUMERATOR),
            "denominator": each.total(DENOMINATOR),
            "factor": each.factor,
        }
        if claims:
            for side in (NUMERATOR, DENOMINATOR):
                rows = each.behind[each.behind["side"] == side]
                ids = rows["claim_id"].astype(object).where(rows["claim_id"].notna(), None)
                pairs = records(pd.DataFrame({"claim_id": ids, "amount": rows["amount"].astype("int64")}))
                plain[name][f"{side}_claims"] = pairs
    return plain


def shown(each: metrics.Measured) -> str:
    """A value for people: ``92.50 %``, ``41.20 days``, ``123.45``; a dash where there is none."""
    if each.value is None:
        return "-"
    if each.formula.unit == "cents":
        return dollars(int(each.value))
    return f"{each.value} %" if each.formula.unit == "percent" else f"{each.value} days"
