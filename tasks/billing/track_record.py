"""How often a rule was right before: what it said and nobody heeded, against what the payers then answered.

A rule that holds stops its claims, and nobody learns what a payer would have said of them. A rule that warns, one in
shadow mode and one that a person suppressed let their claims go: of these the answer is known. Right is a finding of
whose lines one was denied for what the rule speaks of (``denial_rules.tsv``). Derived from the facts, stored nowhere.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import denial_rules, rulebook
from tasks.billing.context import Column, words

LET_GO = ("warn", "suppressed")
COLUMNS = words("rule_id said judged right")


def unheeded(findings: pd.DataFrame, shadows: pd.DataFrame, charges: pd.DataFrame) -> pd.DataFrame:
    """What rules said of lines that were charged all the same: said_id, rule_id, charge_id.

    A finding about a whole encounter is about each of its lines.
    """
    spoken = findings.loc[findings["severity"].isin(LET_GO), ["finding_id", "decision_id", "line", "rule_id"]]
    by_decision = spoken.rename(columns={"finding_id": "said_id"}).merge(
        charges[["decision_id", "position", "charge_id"]], on="decision_id"
    )
    quiet = shadows[["shadow_id", "encounter_row_id", "line", "rule_id"]]
    by_version = quiet.rename(columns={"shadow_id": "said_id"}).merge(
        charges[["encounter_row_id", "position", "charge_id"]], on="encounter_row_id"
    )
    both = pd.concat([by_decision, by_version], ignore_index=True)
    about = both["line"].isna() | (both["line"] == both["position"]).fillna(False)
    return both.loc[about.astype(bool), ["said_id", "rule_id", "charge_id"]].reset_index(drop=True)


def record(said: pd.DataFrame, claim_lines: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Frame[rule_id, said, judged, right] of `said` as `unheeded` gives it.

    `verdicts` are those of `denials.classify` with line_id. Judged is what a payer answered at all.
    """
    lines = said.merge(claim_lines[["charge_id", "line_id"]], on="charge_id", how="left")
    answers = verdicts.loc[verdicts["line_id"].notna(), ["line_id", "denied", "category", "reasons"]]
    rows = lines.merge(answers, on="line_id", how="left")
    rows["judged"] = rows["denied"].notna()
    denied = rows["denied"].fillna(False).astype(bool)
    predicts = rulebook.predictions()
    told = rows.loc[denied, ["rule_id", "category", "reasons"]].itertuples(index=False)
    right = [denial_rules.foreseen(rule, category, why, predicts.get(rule)) for rule, category, why in told]
    # Where nothing was denied yet the list is empty, which no column of flags takes in.
    rows["right"] = pd.Series(right, index=rows.index[denied], dtype="bool").reindex(
        rows.index, fill_value=False
    )
    once = rows.groupby(["rule_id", "said_id"])[["judged", "right"]].any().reset_index()
    sums = once.groupby("rule_id").agg(
        said=("said_id", "size"), judged=("judged", "sum"), right=("right", "sum")
    )
    return sums.reset_index()[COLUMNS]


def right_before(rules: Column, known: pd.DataFrame) -> Column:
    """How often the rules that each reason names (ids, blanks between) were right, by `known` (see `record`).

    A rule that no payer's answer has spoken about is left out: 0 of 0 says nothing for or against it. Null where
    that leaves none; the reason of an item that no rule holds names none.
    """
    judged = known[known["judged"] > 0]
    said = {
        rule: f"{rule} {right} of {count}"
        for rule, count, right in judged[["rule_id", "judged", "right"]].itertuples(index=False, name=None)
    }
    texts = [
        ", ".join(said[rule] for rule in row.split() if rule in said) or None for row in rules.fillna("")
    ]
    return pd.Series(texts, index=rules.index, dtype="str")
