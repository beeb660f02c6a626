"""A revenue code says whether a procedure code stands beside it, and which.

Outpatient and programme lines need one (0914 individual therapy with 90834, 0905 with S9480); a bed does without, and
the revenue code alone is priced. Where the code is missing, or is not of the department, the line is returned (CARC
199). Some payers want a code on beds too, so one beside a bed that usually has none is a warning, as is one that the
table does not name for the department. Medicare's programmes bill each service under 0905 and 0906 as well.

Passes::

    encounter_id  revenue_code  code   payer_class   level_of_care
    E1            0914          90834  medicare_ffs  php
    E2            0905          S9480  commercial    iop
    E3            0905          90853  medicare_ffs  iop
    E4            0124          0124   commercial    inpatient_psych
    E5            1002          H0018  commercial    rtc_sud_high
    E6            1002          1002   commercial    rtc_sud_high
    E7            0126          H0010  commercial    detox_residential
    E8            0915          G0411  medicare_ffs  php
    E9            .             H0035  commercial    php
    E10           0919          90899  commercial    iop
    E11           0900          90837  commercial    outpatient

Fails::

    encounter_id  revenue_code  code   payer_class   level_of_care    finds
    E1            0912          0912   commercial    php              INST_REVENUE_HCPCS
    E2            0915          0915   medicare_ffs  iop              INST_REVENUE_HCPCS
    E3            0905          H0015  commercial    iop              INST_REVENUE_USUAL
    E4            0914          90853  medicare_ffs  php              INST_REVENUE_USUAL
    E5            0124          H0018  commercial    inpatient_psych  INST_REVENUE_ALONE
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import pandas as pd

from configs import reference
from tasks.billing.scrub import codebook
from tasks.billing.scrub.common import Context, Flags, found, join, member
from tasks.billing.scrub.institutional import lines as inst

ID = "INST_REVENUE_HCPCS"
SINCE = date(2026, 11, 26)
SOURCE = "revenue_codes.tsv hcpcs_required, usual_hcpcs (V:S18; V:S19; K); 837I SV202"
DEFAULT_SEVERITY = {"INST_REVENUE_HCPCS": "hold", "INST_REVENUE_USUAL": "warn", "INST_REVENUE_ALONE": "warn"}
FIX = {
    "INST_REVENUE_HCPCS": "Put the procedure code of the service beside the revenue code.",
    "INST_REVENUE_USUAL": "Use the revenue code of the department that the procedure code is of, or confirm the pair.",
    "INST_REVENUE_ALONE": "Let the revenue code stand alone, or confirm that the payer wants a code beside it.",
}
PREDICTS = {
    "INST_REVENUE_HCPCS": "CARC199 M20",
    "INST_REVENUE_USUAL": "CARC199 M50",
    "INST_REVENUE_ALONE": "CARC199",
}
CHANGE = {
    "INST_REVENUE_HCPCS": "code=of the service",
    "INST_REVENUE_USUAL": "revenue_code=that of the procedure code",
    "INST_REVENUE_ALONE": "code=the revenue code",
}


@dataclass(frozen=True)
class Beside:
    """What stands beside a revenue code: the codes it usually has (none: any), and whether it needs or wants none."""

    usual: frozenset[str]
    required: bool
    alone: bool
    medicare_any: bool


@cache
def beside() -> dict[str, Beside]:
    """Revenue codes with what ``revenue_codes.tsv`` says of the procedure code."""
    known = {}
    for row in reference.table("revenue_codes"):
        usual = codebook.expand(row["usual_hcpcs"])
        bare = row["hcpcs_required"] == "N" and not row["usual_hcpcs"]
        known[row["rev"]] = Beside(
            usual,
            row["hcpcs_required"] == "Y",
            bare and row["unit"] == "day",
            "Medicare" in row["usual_hcpcs"],
        )
    return known


def usual_codes() -> frozenset[str]:
    """Procedure codes that some revenue code usually has."""
    return frozenset[str]().union(*(row.usual for row in beside().values()))


def _unusual(some: pd.DataFrame) -> Flags:
    """Procedure codes that their revenue code does not name, where it names any."""
    unusual, medicare = inst.none(some), inst.medicare(some)
    for rev, row in beside().items():
        if row.usual and rev in some["revenue_code"].cat.categories:
            mine = member(some["revenue_code"], [rev]) & ~member(some["code"], row.usual)
            unusual |= mine & ~medicare if row.medicare_any else mine
    return unusual & ~inst.alone(some)


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Institutional lines that lack a procedure code, or have one where none or another goes with the revenue code."""
    some = inst.of(lines)
    if some.empty or "revenue_code" not in some:
        return join()
    needs = member(some["revenue_code"], [rev for rev, row in beside().items() if row.required])
    bare = member(some["revenue_code"], [rev for rev, row in beside().items() if row.alone])
    without = inst.alone(some)
    fields = "revenue_code code"
    return join(
        found(
            some, needs & without, "INST_REVENUE_HCPCS", fields, "The revenue code needs a procedure code."
        ),
        found(
            some,
            _unusual(some),
            "INST_REVENUE_USUAL",
            fields,
            "The procedure code is not usual beside the revenue code.",
        ),
        found(
            some,
            bare & ~without,
            "INST_REVENUE_ALONE",
            fields,
            "The revenue code usually has no procedure code beside it.",
        ),
    )
