"""A code is payable only to certain classes of clinician.

The intake with medical services (90792) and every evaluation-and-management visit belong to prescribers; tests to
psychologists; applied behaviour analysis to behaviour analysts. A code billed by the wrong class is denied with CARC
8 or 170. Some classes are accepted by some plans only: those pass with a warning. Codes of facilities and opioid
treatment programmes are billed by the programme whoever renders them. What a payer states of a class itself (the
table of payers and classes, by day of service) goes before all of it: a code it lists is payable, one it does not
list is held. Medicare pays marriage and family therapists and mental-health counsellors since 2024. A trainee is
judged as a master's clinician; whether the payer takes trainees at all is the credentialing gate's question.

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

Passes::

    encounter_id  code   provider_class  payer_class_codes  payer_class   service_date
    E1            96156  LCSW            96156 90837        commercial    2026-01-05
    E2            90792  LCSW            *                  commercial    2026-01-05
    E3            90837  MHC             .                  medicare_ffs  2024-01-01
    E4            90837  MHC             .                  commercial    2023-12-31

Fails::

    encounter_id  code   provider_class  payer_class_codes  payer_class   service_date  finds
    E1            90837  LADC            H0004 H0005        commercial    2026-01-05    PROVIDER_CLASS_PAYER
    E2            90837  LCSW            none               commercial    2026-01-05    PROVIDER_CLASS_PAYER
    E3            90837  MHC             .                  medicare_ffs  2023-12-31    PROVIDER_CLASS_MEDICARE
    E4            90834  LMFT            .                  medicare_ffs  2023-12-31    PROVIDER_CLASS_MEDICARE
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.scrub import codebook
from tasks.billing.scrub.columns import listed, text
from tasks.billing.scrub.common import Context, Flags, found, join, member

ID = "PROVIDER_CLASS"
VERSION = 2
SOURCE = "procedure_codes.tsv who_may_bill; 01 section 1.2; claim_hold_checks.tsv H13 (V:S02; V:S45; K)"
# Classes that Medicare pays from a day on (V:S45).
MEDICARE_SINCE = ((("LMFT", "MHC"), pd.Timestamp("2024-01-01")),)
DEFAULT_SEVERITY = {
    "PROVIDER_CLASS": "hold",
    "PROVIDER_CLASS_PLAN": "warn",
    "PROVIDER_CLASS_PAYER": "hold",
    "PROVIDER_CLASS_MEDICARE": "hold",
}
FIX = {
    "PROVIDER_CLASS": "Use a code of the clinician's scope, or the clinician who rendered the service.",
    "PROVIDER_CLASS_PLAN": "Confirm that this plan accepts the class for the code.",
    "PROVIDER_CLASS_PAYER": "Use a code that the payer lists for the class, or correct the payer_classes table.",
    "PROVIDER_CLASS_MEDICARE": "Medicare does not pay this class for days before 2024.",
}
PREDICTS = {
    "PROVIDER_CLASS": "CARC8 CARC170 CARC185 N95",
    "PROVIDER_CLASS_PLAN": "CARC8 CARC170 N95",
    "PROVIDER_CLASS_PAYER": "CARC8 CARC170 N95",
    "PROVIDER_CLASS_MEDICARE": "CARC170 N95",
}
CHANGE = {
    "PROVIDER_CLASS": "code=of the clinician's scope",
    "PROVIDER_CLASS_PAYER": "code=listed for the class",
    "PROVIDER_CLASS_MEDICARE": "line=remove",
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


def _by_the_payer(lines: pd.DataFrame) -> tuple[Flags, Flags]:
    """(lines whose payer has a list for the class, lines whose code is not on it)."""
    lists = text(lines, "payer_class_codes")
    stated = lists.notna().to_numpy()
    return stated, stated & ~listed(lines["code"], lists)


def _too_early(lines: pd.DataFrame) -> Flags:
    """Lines at Medicare before the day it began to pay the class."""
    early = np.zeros(len(lines), dtype=bool)
    medicare = member(lines["payer_class"], ["medicare_ffs"])
    if medicare.any():
        for classes, since in MEDICARE_SINCE:
            early |= (
                medicare
                & member(lines["provider_class"], classes)
                & (lines["service_date"] < since).to_numpy()
            )
    return early


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines whose code the rendering clinician's class may not bill, to this payer, or only at some plans."""
    no, plan = _verdicts(lines)
    stated, refused = _by_the_payer(lines)
    fields = "code provider_class"
    return join(
        found(
            lines,
            no & ~stated,
            "PROVIDER_CLASS",
            fields,
            "The clinician's class may not bill this code.",
        ),
        found(
            lines,
            plan & ~stated,
            "PROVIDER_CLASS_PLAN",
            fields,
            "Only some plans accept the clinician's class for this code.",
        ),
        found(
            lines,
            refused,
            "PROVIDER_CLASS_PAYER",
            f"{fields} payer_classes.codes",
            "The payer does not list this code for the clinician's class.",
        ),
        found(
            lines,
            _too_early(lines),
            "PROVIDER_CLASS_MEDICARE",
            "provider_class payer_class service_date",
            "Medicare did not pay this class yet on the day of service.",
        ),
    )
