"""A modifier must fit the clinician, the code and the payer.

The level modifiers say who rendered the service and are priced by: HO a master's clinician, HN a bachelor's, HM below
that, HP a doctor, HL a trainee, AH a psychologist, AJ a social worker, SA a nurse practitioner or assistant. One that
is not the treating clinician's is a wrong price and, where it is higher, an overpayment. Some modifiers belong to
certain codes (HQ to services that are not a group by themselves, 53 to procedures); the lists are customs, so the
rule asks. HJ goes to the employee-assistance programme and to nobody else. Substitutes: at Medicare only physicians
use Q5 and Q6, and nobody longer than sixty days in a row: two weeks without a session of the substitute end a row. The
rule sees the batch and the weeks around it only, so a row that began long before is not seen whole.

Passes::

    encounter_id  code   modifiers  provider_class  payer_class
    E1            H0004  HO         LCSW            medicaid
    E2            H0004  HQ         LADC            medicaid
    E3            90837  HJ         LCSW            eap
    E4            99214  Q6         MD              medicare_ffs
    E5            H0004  HN         .               medicaid
    E6            90837  HO         LMFT            medicaid
    E7            H2014  U1         PEER            medicaid

Passes::

    encounter_id  code   modifiers  provider_class  treating_class
    E1            H0004  HL         LCSW            INTERN

Fails::

    encounter_id  code   modifiers  provider_class  payer_class   finds
    E1            H0004  HO         MD              medicaid      MODIFIER_LEVEL
    E2            H0004  HP         LCSW            medicaid      MODIFIER_LEVEL
    E3            90837  AJ         PHD             commercial    MODIFIER_LEVEL
    E4            90837  AH         LCSW            commercial    MODIFIER_LEVEL
    E5            90853  HQ         LCSW            medicaid      MODIFIER_CODE
    E6            90837  53         LCSW            commercial    MODIFIER_CODE
    E7            90837  HJ         LCSW            commercial    MODIFIER_EAP
    E8            90837  Q6         LCSW            medicare_ffs  MODIFIER_SUBSTITUTE
    E9            H0004  HL         LCSW            medicaid      MODIFIER_LEVEL
    E10           H0004  HG         OTP             medicaid      MODIFIER_CODE

Fails::

    encounter_id  code   modifiers  provider_class  payer_class  service_date  patient_id  finds
    E1            99214  Q5         MD              commercial   2026-01-05    P1          .
    E2            99214  Q5         MD              commercial   2026-01-19    P1          .
    E3            99214  Q5         MD              commercial   2026-02-02    P1          .
    E4            99214  Q5         MD              commercial   2026-02-16    P1          .
    E5            99214  Q5         MD              commercial   2026-03-02    P1          .
    E6            99214  Q5         MD              commercial   2026-03-06    P1          .
    E7            99214  Q5         MD              commercial   2026-03-07    P2          MODIFIER_SUBSTITUTE
    E8            99214  Q5         MD              commercial   2026-04-05    P2          .
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache, partial

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing.scrub import codebook
from tasks.billing.scrub.columns import text
from tasks.billing.scrub.common import (
    Context,
    Flags,
    found,
    has_modifier,
    join,
    keys,
    lookup,
    member,
    together,
)

ID = "MODIFIER_FIT"
SINCE = date(2026, 11, 26)
SOURCE = "modifiers.tsv class, typical_lines, notes; 02 section 2.4 (V:S63 for HN HO HQ; K)"
DEFAULT_SEVERITY = {
    "MODIFIER_LEVEL": "warn",
    "MODIFIER_CODE": "warn",
    "MODIFIER_EAP": "warn",
    "MODIFIER_SUBSTITUTE": "warn",
}
FIX = {
    "MODIFIER_LEVEL": "Use the level modifier of the treating clinician's class, or none.",
    "MODIFIER_CODE": "Take the modifier off, or confirm that this payer wants it with the code.",
    "MODIFIER_EAP": "Bill the session to the employee-assistance programme, or take HJ off.",
    "MODIFIER_SUBSTITUTE": "Bill the clinician who rendered the service; enrol a substitute of more than sixty days.",
}
PREDICTS = {
    "MODIFIER_LEVEL": "CARC4 N823",
    "MODIFIER_CODE": "CARC4 N519",
    "MODIFIER_EAP": "CARC4 N823",
    "MODIFIER_SUBSTITUTE": "CARC4 CARC185",
}
CHANGE = {
    "MODIFIER_LEVEL": "modifiers=level of the clinician's class",
    "MODIFIER_CODE": "modifiers=remove the one that is not of this code",
    "MODIFIER_EAP": "modifiers=remove HJ",
    "MODIFIER_SUBSTITUTE": "modifiers=remove the substitute's",
}
_MASTERS = frozenset({"LCSW", "LMFT", "MHC"})
# Classes a level modifier may stand for. LADC, RN and peers have several degrees: either level is theirs.
_SEVERAL = frozenset({"LADC", "RN", "PEER", "RBT", "INTERN"})
LEVEL = {
    "HO": _MASTERS | _SEVERAL | {"BCBA", "NP", "PA", "CNS"},
    "HN": _SEVERAL,
    "HM": _SEVERAL,
    "HP": frozenset({"PHD", "MD"}),
    "HL": frozenset({"INTERN"}),
    "AH": frozenset({"PHD"}),
    "AJ": frozenset({"LCSW"}),
    "SA": frozenset({"NP", "PA", "CNS"}),
}
SUBSTITUTES, SUBSTITUTE_DAYS = ("Q5", "Q6"), 60
GAP_DAYS = 14  # without a session of the substitute: the clinician is taken to be back
_H_OR_T = "H/T codes"


def _belongs(code: str, listed: frozenset[str], letters: tuple[str, ...]) -> bool:
    return code in listed or code.startswith(letters)


@cache
def typical() -> dict[str, Callable[[str], bool]]:
    """For each modifier that belongs to certain codes, whether a code is one of them.

    ``H/T codes`` with or without more, or a list of codes; 25 has a rule of its own.
    """
    fits: dict[str, Callable[[str], bool]] = {}
    for row in reference.table("modifiers"):
        words = row["typical_lines"]
        listed = codebook.expand(words.removeprefix(_H_OR_T).lstrip(", "))
        if row["mod"] == "25" or not (listed or words.startswith(_H_OR_T)):
            continue
        letters = "HT" if words.startswith(_H_OR_T) else ""
        fits[row["mod"]] = partial(_belongs, listed=listed, letters=tuple(letters))
    return fits


def _misfits(lines: pd.DataFrame) -> tuple[Flags, Flags]:
    """(level, code): lines with a level modifier of another class, and with one that other codes take."""
    level, code = np.zeros((2, len(lines)), dtype=bool)
    worn = {mod for value in lines["modifiers"].cat.categories for mod in value.split()}
    treating = lines["provider_class"]
    if "treating_class" in lines:
        whose = text(lines, "treating_class")
        treating = treating if whose.isna().all() else whose
    for mod in sorted(worn & {*LEVEL, *typical()}):
        wears = has_modifier(lines, mod)
        if mod in LEVEL:
            level |= wears & treating.notna().to_numpy() & ~member(treating, LEVEL[mod])
        if mod in typical():
            code |= wears & ~lookup(lines["code"], typical()[mod], True, bool)
    return level, code


def _substitutes(lines: pd.DataFrame, history: pd.DataFrame) -> Flags:
    """Lines of a substitute more than sixty days after the first of their row, and at Medicare of no physician."""
    both, new = together(lines, history)
    rows = np.flatnonzero(has_modifier(both, *SUBSTITUTES))
    late = np.zeros(len(both), dtype=bool)
    if len(rows):
        some = both.iloc[rows]
        days = pd.DataFrame(
            {"whose": keys(some, "rendering_id", "payer_id"), "day": some["service_date"].to_numpy()}
        ).sort_values(["whose", "day"])
        apart = days.groupby("whose")["day"].diff()  # missing at the first of each clinician and payer
        row = (apart.isna() | (apart.dt.days > GAP_DAYS)).cumsum()
        since = (days["day"] - days.groupby(row)["day"].transform("min")).sort_index()
        late[rows] = (since.dt.days > SUBSTITUTE_DAYS).to_numpy()
    known = lines["provider_class"].notna().to_numpy()
    other = known & ~member(lines["provider_class"], ["MD"]) & member(lines["payer_class"], ["medicare_ffs"])
    substitutes: Flags = late[new] | (other & has_modifier(lines, *SUBSTITUTES))
    return substitutes


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines whose modifiers do not fit the clinician, the code, the payer or the calendar."""
    if not len(lines["modifiers"].cat.categories):
        return join()
    level, code = _misfits(lines)
    payer = lines["payer_class"]
    eap = has_modifier(lines, "HJ") & payer.notna().to_numpy() & ~member(payer, ["eap"])
    return join(
        found(
            lines,
            level,
            "MODIFIER_LEVEL",
            "modifiers provider_class",
            "The level modifier is not the treating clinician's.",
        ),
        found(
            lines,
            code,
            "MODIFIER_CODE",
            "modifiers code",
            "The modifier usually goes with other codes.",
        ),
        found(
            lines,
            eap,
            "MODIFIER_EAP",
            "modifiers payer_class",
            "A session of an employee-assistance programme at another payer.",
        ),
        found(
            lines,
            _substitutes(lines, history),
            "MODIFIER_SUBSTITUTE",
            "modifiers provider_class payer_class service_date",
            "Substitute billing by another class than physicians, or for more than sixty days.",
        ),
    )
