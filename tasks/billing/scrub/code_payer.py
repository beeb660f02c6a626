"""Codes that a payer of this class does not take.

S-codes are the private payers': Medicare and Medicaid fee-for-service do not pay them (a state that does is told so
with its own severity). Medicare does not cover, or bundles, pharmacologic management by a psychologist, biofeedback
with psychotherapy, environmental intervention, reviewing records, explaining results, reports and family health
behaviour without the patient; and wants its own G-codes for brief substance intervention. A line that says itself that
Medicare will not pay (GY, GX, GA, GZ) goes out. Rows of ``code_payer.tsv``; each is a rule.

Passes::

    encounter_id  code   payer_class   modifiers
    E1            S9480  commercial    .
    E2            90837  medicare_ffs  .
    E3            90887  medicare_ffs  GY
    E4            99408  commercial    .
    E5            G0396  medicare_ffs  .
    E6            S9485  .             .

Fails::

    encounter_id  code   payer_class   finds
    E1            S9480  medicare_ffs  CODE_PAYER_S_MEDICARE
    E2            S0201  medicaid      CODE_PAYER_S_MEDICAID
    E3            90887  medicare_ffs  CODE_PAYER_MEDICARE_NOT_COVERED
    E4            99408  medicare_ffs  CODE_PAYER_MEDICARE_G0396
    E5            99409  medicare_ffs  CODE_PAYER_MEDICARE_G0397
    E6            96171  medicare_ffs  CODE_PAYER_MEDICARE_NOT_COVERED
"""

from __future__ import annotations

import pandas as pd

from configs import reference
from tasks.billing.scrub.common import Context, Flags, found, has_modifier, join, lookup, member

ID = "CODE_PAYER"
_ROWS = reference.by_key("code_payer", "rule_id")
DEFAULT_SEVERITY = {f"CODE_PAYER_{name}": "hold" for name in _ROWS}
SOURCE = {f"CODE_PAYER_{name}": f"code_payer.tsv {name} ({row['prov']})" for name, row in _ROWS.items()}
FIX = {f"CODE_PAYER_{name}": f"Use {row['use_instead']}." for name, row in _ROWS.items()}
CHANGE = {
    f"CODE_PAYER_{name}": f"code={row['use_instead']}" if len(row["use_instead"]) == 5 else "code"
    for name, row in _ROWS.items()
}
PREDICTS = "CARC96"


def _named(lines: pd.DataFrame, codes: str) -> Flags:
    """Lines with one of the codes; ``S*`` is every code of the letter."""
    words = codes.split()
    letters = tuple(word[0] for word in words if word.endswith("*"))
    named: Flags = lookup(
        lines["code"], lambda c: c in words or (bool(letters) and c.startswith(letters)), False, bool
    )
    return named


def _refused(lines: pd.DataFrame, row: reference.Row) -> Flags:
    hit = _named(lines, row["codes"]) & member(lines["payer_class"], row["payer_classes"].split())
    if row["unless_modifiers"]:
        hit &= ~has_modifier(lines, *row["unless_modifiers"].split())
    return hit


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines with a code that the payer's class does not take."""
    message = "Payers of this class do not take the code."
    return join(
        *(
            found(lines, _refused(lines, row), f"CODE_PAYER_{name}", "code payers.payer_class", message)
            for name, row in _ROWS.items()
        )
    )
