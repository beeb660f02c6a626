"""Figures that count claims."""

from __future__ import annotations

import pandas as pd

from tasks.billing.context import Column, among, beside
from tasks.billing.metrics.definitions import FORMULAS, Measured, behind
from tasks.billing.metrics.facts import Facts

# On one day the payer's word on an appeal counts before its 835, and both before a write-off.
RANK = {"appeal": 0, "answer": 1, "write_off": 2}
LET_GO = ("denial", "timely_filing")


def _counted(formula_id: str, cohort: Column, good: Column) -> Measured:
    """Claims of a cohort, and those of them that are `good`."""
    of_all, of_good = (
        pd.DataFrame({"claim_id": ids, "amount": 1}) for ids in (cohort, cohort[good.to_numpy()])
    )
    return Measured(FORMULAS[formula_id], behind(of_good, of_all))


def clean_claim_rate(facts: Facts) -> Measured:
    """First claims that needed no person: never held, never refused."""
    built = facts.first_claims[facts.within(facts.first_claims["built_on"])]["claim_id"]
    held = facts.decisions.loc[facts.decisions["outcome"] == "held", "encounter_id"]
    touched = facts.claim_lines.loc[among(facts.claim_lines["encounter_id"], held), "claim_id"]
    return _counted(
        "clean_claim_rate", built, ~among(built, touched) & ~among(built, facts.rejections["claim_id"])
    )


def first_pass_resolution(facts: Facts) -> Measured:
    """First claims whose first word was a good one."""
    claims = facts.first_claims["claim_id"]
    answers = facts.first_answers.set_index("claim_id")
    answered = beside(claims, answers["since"])
    refused = beside(claims, facts.refused_on)
    first = pd.concat([answered, refused], axis=1).min(axis=1)
    denied = beside(claims, answers["denied"]).astype("boolean").fillna(True)
    good = answered.notna() & ~(refused <= answered) & ~denied.astype(bool)
    spoken = facts.within(first)
    return _counted("first_pass_resolution", claims[spoken], good[spoken])


def initial_denial_rate(facts: Facts) -> Measured:
    """First claims of which the first 835 denied a line."""
    answers = facts.first_answers[facts.within(facts.first_answers["since"])]
    return _counted("initial_denial_rate", answers["claim_id"], answers["denied"])


def denial_overturn(facts: Facts) -> Measured:
    """Denied claims, with those that replace them, by the next word on them."""
    words = _words(facts)
    next_one = words.sort_values(["claim_id", "since", "rank"], kind="stable").drop_duplicates("claim_id")
    closed = next_one[facts.within(next_one["since"])]
    return _counted("denial_overturn", closed["claim_id"], closed["won"])


def _words(facts: Facts) -> pd.DataFrame:
    """Every word on a denied claim after its denial: Frame[claim_id, since, rank, won], under the first claim's id."""
    # Adopted claims are of no family: it is not known what was sent, and the rates are of ours.
    told = facts.adjudicated.assign(claim_id=facts.adjudicated["claim_id"].map(facts.family).astype("str"))
    by_day = (
        told.groupby(["claim_id", "since"])
        .agg(denied=("denied", "any"), paid_cents=("paid_cents", "sum"))
        .reset_index()
    )
    denials = by_day[by_day["denied"]].drop_duplicates("claim_id")
    denials = denials.rename(columns={"since": "denied_on", "paid_cents": "paid_before"}).drop(
        columns="denied"
    )
    answers = by_day.merge(denials, on="claim_id")
    answers = answers[answers["since"] > answers["denied_on"]]
    more = answers["paid_cents"] > answers["paid_before"]
    decided = facts.appeal_events[facts.appeal_events["action"] == "decided"].merge(
        facts.appeals[["appeal_id", "claim_id"]], on="appeal_id"
    )
    let_go = facts.write_offs[facts.write_offs["kind"].isin(LET_GO) & (facts.write_offs["amount_cents"] > 0)]
    others = pd.concat(
        [
            decided[["claim_id"]].assign(
                since=decided["happened_on"],
                rank=RANK["appeal"],
                won=decided["outcome"].isin(["overturned", "partly"]),
            ),
            let_go[["claim_id"]].assign(since=let_go["decided_on"], rank=RANK["write_off"], won=False),
        ],
        ignore_index=True,
    )
    others["claim_id"] = others["claim_id"].map(facts.family).astype("str")
    others = others[among(others["claim_id"], denials["claim_id"])]
    spoken = answers[["claim_id", "since"]].assign(rank=RANK["answer"], won=more)
    return pd.concat([spoken, others], ignore_index=True).astype({"won": "bool", "rank": "int64"})
