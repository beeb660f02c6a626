"""What denials teach: which of them no rule of ours covers, by dollars.

A denial is covered where ``denial_rules.tsv`` names a rule for its category and codes, whether or not the rule spoke
in time. What is left is either a payer's own matter or the next rule to write; the largest sum is the first to look
at.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import denial_rules
from tasks.billing.context import words

COLUMNS = words("category carc rarc preventable denials claims denied_cents covered rules")


def by_kind(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Denied lines by category and codes, the largest sum first: Frame[COLUMNS].

    `verdicts` are those of `denials.classify`. `carc` and `rarc` are the codes of the reasons, but for those that
    are no denial (45 and the patient's own shares); `rules` are the rules and families that cover it.
    """
    denied = verdicts[verdicts["denied"].fillna(False).astype(bool)].copy()
    names = denied[["category", "reasons"]].drop_duplicates()
    known = {key: _kind(*key) for key in names.itertuples(index=False, name=None)}
    keys = list(zip(denied["category"], denied["reasons"], strict=True))
    for position, name in enumerate(("carc", "rarc", "rules")):
        denied[name] = [known[key][position] for key in keys]
    denied["preventable"] = denied["preventable"].fillna("")
    grouped = denied.groupby(["category", "carc", "rarc", "preventable", "rules"], sort=False)
    rows = grouped.agg(
        denials=("remitted_claim_id", "size"),
        claims=("remitted_claim_id", "nunique"),
        denied_cents=("denied_cents", "sum"),
    ).reset_index()
    rows["covered"] = rows["rules"] != ""
    order = ["denied_cents", "denials", "category", "carc", "rarc"]
    return rows.sort_values(order, ascending=[False, False, True, True, True])[COLUMNS].reset_index(drop=True)


NO_DENIAL = frozenset({"45", "1", "2", "3"})


def _kind(category: str, reasons: str) -> tuple[str, str, str]:
    carcs, rarcs = denial_rules.codes(reasons)
    rules = denial_rules.covering(category, reasons)
    return " ".join(sorted(carcs - NO_DENIAL or carcs)), " ".join(sorted(rarcs)), " ".join(rules)
