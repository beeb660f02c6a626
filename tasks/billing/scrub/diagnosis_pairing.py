"""The diagnosis must be one that the service treats.

The first pointer of a line is the reason for it. Psychotherapy for a psychosocial problem alone (Z55-Z65, Z71),
family psychotherapy for a partner problem alone, a substance programme without a substance diagnosis, a mental-health
programme for a substance diagnosis alone, health-behaviour work with a mental diagnosis first: each draws CARC 11,
167 or 50. F02 names dementia *in* another disease, and that disease goes first. Rows of ``dx_cpt_pairing.tsv`` keep
their number.

Passes::

    encounter_id  code   modifiers  diagnoses   pointers
    E1            90837  .          F411 Z630   1 2
    E2            H0015  .          F1020 F331  1
    E3            S9480  .          F331 F1020  1
    E4            96158  .          E119 F411   1
    E5            90791  .          R45851      1
    E6            96127  .          Z1331       1
    E7            90839  .          R45851 F331  1 2

Fails::

    encounter_id  code   modifiers  diagnoses   pointers  finds
    E1            90791  .          Z600        1         DIAGNOSIS_D01 DIAGNOSIS_D12
    E2            90837  .          Z630 F411   1 2       DIAGNOSIS_D02
    E3            90839  .          R45851      1         DIAGNOSIS_D03
    E4            90847  .          Z630        1         DIAGNOSIS_D02 DIAGNOSIS_D04
    E5            96158  .          F411 E119   1         DIAGNOSIS_D05
    E6            96127  .          R45851      1         DIAGNOSIS_D06
    E7            96130  .          Z550 F819   1         DIAGNOSIS_D07 DIAGNOSIS_D12
    E8            H0015  .          F331        1         DIAGNOSIS_D08
    E9            H0004  HF         F331        1         DIAGNOSIS_D08
    E10           S9480  .          F1020       1         DIAGNOSIS_D09
    E11           H0035  .          E119        1         DIAGNOSIS_D10
    E12           S9480  .          F99         1         DIAGNOSIS_D11
    E13           99213  .          Z590        1         DIAGNOSIS_D12
    E14           90837  .          F0280 G309  1         DIAGNOSIS_D13
    E15           G2067  .          F1020       1         DIAGNOSIS_D14
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from configs import reference
from tasks.billing import icd
from tasks.billing.scrub import codebook
from tasks.billing.scrub.common import Context, found, has_modifier, join, lookup, member

ID = "DIAGNOSIS_PAIRING"
_ROWS = reference.by_key("dx_cpt_pairing", "rule_id")
DEFAULT_SEVERITY = {
    f"DIAGNOSIS_{name}": "hold" if row["severity"] == "error" else "warn" for name, row in _ROWS.items()
}
# ``carc_expected`` of the row: CARCs, and M76 among them a RARC.
PREDICTS = {
    f"DIAGNOSIS_{name}": " ".join(
        code if code.startswith("M") else f"CARC{code}"
        for code in re.findall(r"\b[BM]?\d+\b", row["carc_expected"])
    )
    for name, row in _ROWS.items()
}
SOURCE = {f"DIAGNOSIS_{name}": f"dx_cpt_pairing.tsv {name} ({row['prov']})" for name, row in _ROWS.items()}

MENTAL = ("F",)
SUBSTANCE = tuple(f"F1{n}" for n in range(10))
PSYCHOSOCIAL = tuple(f"Z{n}" for n in range(55, 66))
SECONDARY_ONLY = (*PSYCHOSOCIAL, "Z71", "Z79", "Z91")
INTAKE = ("F", "R45", "Z0389", "Z133", "Z63")
Pointed = list[str]


def _open(code: str) -> bool:
    """Whether a code leaves severity or kind open: F99, or an 'unspecified' leaf."""
    table = icd.table()
    return code == "F99" or (code in table.index and bool(table.at[code, "unspecified"]))


@dataclass(frozen=True)
class Pairing:
    """One row made runnable: which codes, and when the diagnoses a line points to are wrong for them."""

    row: str
    codes: str
    wrong: Callable[[Pointed], bool]
    message: str
    fix: str


PAIRINGS = (
    Pairing(
        "D01",
        "90791 90792",
        lambda dx: not any(code.startswith(INTAKE) for code in dx),
        "An intake for a psychosocial code alone; most plans refuse it.",
        "Point to the diagnosis or the symptom that the intake was for.",
    ),
    Pairing(
        "D02",
        "90832-90838 90845-90853",
        lambda dx: dx[0].startswith((*PSYCHOSOCIAL, "Z71")),
        "Psychotherapy for a psychosocial code as first reason.",
        "Point to the mental diagnosis first.",
    ),
    Pairing(
        "D03",
        "90839 90840",
        lambda dx: not any(code.startswith(MENTAL) for code in dx),
        "Crisis psychotherapy without a mental diagnosis.",
        "Point to the mental diagnosis too.",
    ),
    Pairing(
        "D04",
        "90846 90847",
        lambda dx: all(code.startswith("Z63") for code in dx),
        "Family psychotherapy for a relational problem alone.",
        "Point to the identified patient's diagnosis.",
    ),
    Pairing(
        "D05",
        "96156-96171",
        lambda dx: dx[0].startswith(MENTAL),
        "A health-behaviour service with a mental diagnosis first.",
        "Point to the physical condition first.",
    ),
    Pairing(
        "D06",
        "96127",
        lambda dx: not any(code.startswith(("F", "Z1331", "Z1339")) for code in dx),
        "A screening instrument without a screening or mental diagnosis.",
        "Point to the screening code or the diagnosis.",
    ),
    Pairing(
        "D07",
        "96130-96139",
        lambda dx: dx[0].startswith("Z55"),
        "Testing for an educational purpose.",
        "Point to the diagnosis or symptom that was tested for.",
    ),
    Pairing(
        "D08",
        "H0015 H0001 H0004 H2035 H2036 G2067-G2080",
        lambda dx: not any(code.startswith(SUBSTANCE) for code in dx),
        "A substance service without a substance diagnosis.",
        "Point to the substance diagnosis, or use the mental-health code.",
    ),
    Pairing(
        "D09",
        "S9480",
        lambda dx: dx[0].startswith(SUBSTANCE),
        "A mental-health programme for a substance diagnosis.",
        "Point to the mental diagnosis first, or use the substance programme's code.",
    ),
    Pairing(
        "D10",
        "S9480 H0035 S0201",
        lambda dx: not any(code.startswith(MENTAL) for code in dx),
        "A programme day without a mental diagnosis.",
        "Point to the mental diagnosis.",
    ),
    Pairing(
        "D11",
        "H0015 S9480 H0035 S0201 H0017 H0018 H0019 H2036",
        lambda dx: len(dx) == 1 and _open(dx[0]),
        "A programme day for an unspecified diagnosis alone.",
        "Use the diagnosis with its severity.",
    ),
    Pairing(
        "D14",
        "G2067-G2080",
        lambda dx: not any(code.startswith("F11") for code in dx),
        "Opioid treatment without an opioid diagnosis.",
        "Point to the opioid diagnosis.",
    ),
)
_LISTED = {
    "D12": ("A code that is secondary only stands first.", "List the diagnosis that was treated first."),
    "D13": (
        "A manifestation stands first; the disease behind it goes before it.",
        "List the underlying disease first.",
    ),
}
_MESSAGE = {f"DIAGNOSIS_{p.row}": p.message for p in PAIRINGS} | {
    f"DIAGNOSIS_{k}": v[0] for k, v in _LISTED.items()
}
FIX = {f"DIAGNOSIS_{p.row}": p.fix for p in PAIRINGS} | {f"DIAGNOSIS_{k}": v[1] for k, v in _LISTED.items()}


def _pointed(diagnoses: str, pointers: str) -> Pointed:
    """The diagnoses a line points to, in order; what points nowhere is the list rule's to report."""
    listed = diagnoses.split()
    return [listed[int(p) - 1] for p in pointers.split() if p.isdigit() and 1 <= int(p) <= len(listed)]


def _wrong(lines: pd.DataFrame, pairing: Pairing, reasons: pd.DataFrame, at: np.ndarray) -> np.ndarray:
    wrong = np.array([bool(dx) and pairing.wrong(dx) for dx in reasons["pointed"]], dtype=bool)
    hit: np.ndarray = wrong[at] & member(lines["code"], codebook.expand(pairing.codes))
    if pairing.row == "D08":
        # Counselling by the quarter hour is a substance service only where HF says so.
        hit &= ~member(lines["code"], ["H0004"]) | has_modifier(lines, "HF")
    return hit


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines whose diagnoses do not carry their code, encounters whose first diagnosis cannot be first."""
    reasons = lines[["diagnoses", "pointers"]].astype(object).fillna("")
    groups = reasons.groupby(["diagnoses", "pointers"], sort=False)
    at, reasons = groups.ngroup().to_numpy(), reasons.drop_duplicates().reset_index(drop=True)
    reasons["pointed"] = [
        _pointed(d, p) for d, p in zip(reasons["diagnoses"], reasons["pointers"], strict=True)
    ]
    hits = {f"DIAGNOSIS_{pairing.row}": _wrong(lines, pairing, reasons, at) for pairing in PAIRINGS}
    # Where psychotherapy has already been told so (D02), the general warning would only repeat it.
    secondary = lookup(lines["diagnoses"], lambda d: d.startswith(SECONDARY_ONLY), False, bool)
    manifest = lookup(lines["diagnoses"], lambda d: d.startswith("F02"), False, bool)
    fields = "code diagnoses pointers"
    return join(
        *(found(lines, hit, rule_id, fields, _MESSAGE[rule_id]) for rule_id, hit in hits.items()),
        *(
            found(lines, mask, rule_id, "diagnoses", _MESSAGE[rule_id], encounter=True)
            for rule_id, mask in (
                ("DIAGNOSIS_D12", secondary & ~hits["DIAGNOSIS_D02"]),
                ("DIAGNOSIS_D13", manifest),
            )
        ),
    )
