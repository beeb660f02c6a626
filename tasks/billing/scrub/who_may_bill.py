"""A code is payable only to certain classes of clinician.

The intake with medical services (90792) and every evaluation-and-management visit belong to prescribers; tests to
psychologists; applied behaviour analysis to behaviour analysts. A code billed by the wrong class is denied with CARC
8 or 170. Some classes are accepted by some plans only: those pass with a warning. Codes of facilities and opioid
treatment programmes are billed by the programme whoever renders them. A trainee is judged as a master's clinician;
whether the payer takes trainees at all is the credentialing gate's question.

Passes::

    encounter_id  code   provider_class
    E1            90792  NP
    E2            90837  LCSW
    E3            90837  INTERN
    E4            H0015  LADC
    E5            90837  .

Fails::

    encounter_id  code   provider_class  finds
    E1            90792  LCSW            PROVIDER_CLASS
    E2            96130  MHC             PROVIDER_CLASS
    E3            96156  LCSW            PROVIDER_CLASS_PLAN
    E4            90791  INTERN          .
    E5            90792  INTERN          PROVIDER_CLASS
    E6            90863  PHD             PROVIDER_CLASS_PLAN
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.scrub import codebook
from tasks.billing.scrub.common import Context, Flags, found, join

ID = "PROVIDER_CLASS"
SOURCE = "procedure_codes.tsv who_may_bill; claim_hold_checks.tsv H13 (V:S02; K)"
DEFAULT_SEVERITY = {"PROVIDER_CLASS": "hold", "PROVIDER_CLASS_PLAN": "warn"}
FIX = {
    "PROVIDER_CLASS": "Use a code of the clinician's scope, or the clinician who rendered the service.",
    "PROVIDER_CLASS_PLAN": "Confirm that this plan accepts the class for the code.",
}
_PROGRAMME = frozenset({"FAC", "OTP", "any"})
_MASTERS = frozenset({"LCSW", "LMFT", "MHC"})


def _stands_for(provider_class: str) -> frozenset[str]:
    return _MASTERS if provider_class == "INTERN" else frozenset({provider_class})


def verdict(code: str, provider_class: str) -> str:
    """'yes', 'plan' (some plans only) or 'no'; unknown codes and classes are 'yes'.

    ``none`` stands in the row of a deleted code, which is the code status rule's to report.
    """
    known = codebook.codes().get(code)
    if known is None or not provider_class or known.who & (_PROGRAMME | {"none"}):
        return "yes"
    classes = _stands_for(provider_class)
    if known.who & classes:
        return "yes"
    maybe = known.who_maybe | ({"PHD"} if "RXP" in known.who else frozenset())
    return "plan" if maybe & classes else "no"


def _verdicts(lines: pd.DataFrame) -> tuple[Flags, Flags]:
    """(no, plan) for each line, asked once for each pair of code and class."""
    codes, classes = lines["code"].cat, lines["provider_class"].cat
    table = [[verdict(c, p) for p in (*classes.categories, "")] for c in (*codes.categories, "")]
    said = np.array(table, dtype=object)[codes.codes.to_numpy(), classes.codes.to_numpy()]
    return said == "no", said == "plan"


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines whose code the rendering clinician's class may not bill, or only at some plans."""
    no, plan = _verdicts(lines)
    fields = "code provider_class"
    return join(
        found(lines, no, "PROVIDER_CLASS", fields, "The clinician's class may not bill this code."),
        found(
            lines,
            plan,
            "PROVIDER_CLASS_PLAN",
            fields,
            "Only some plans accept the clinician's class for this code.",
        ),
    )
