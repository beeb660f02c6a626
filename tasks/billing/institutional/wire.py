"""A claim of a stay as the 837I codec takes it: admission, statement, attending clinician, revenue lines.

A hospital's bill says of each diagnosis whether it was present on admission. What the record does not say is not made
up: disorders of chapter F are what the person came with, the admitting diagnosis by its name; a Z code is exempt, and
of anything else the record is not enough to tell (U) (K).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tasks.billing import codes
from tasks.billing.context import Column, words

HOSPITAL = "011"
RESIDENTIAL = ("065", "066", "086")
ELECTIVE, NOT_A_FACILITY = "3", "1"  # CL101 and CL102 where the stay does not say
DAYS, UNITS = "DA", "UN"  # SV204
CLAIMS = words(
    "type_of_bill statement_from statement_to admission_date admission_hour discharge_hour admission_type"
    " admission_source patient_status admitting_diagnosis present_on_admission attending_last_name"
    " attending_first_name attending_npi attending_taxonomy"
)
LINES = words("revenue_code unit")
# Revenue codes of a bed: 010x to 021x and 100x (revenue_codes.tsv, unit day).
_BED = r"^(?:0(?:1\d|20|21)|100)\d$"


def claim_columns(claims: pd.DataFrame, of_stays: pd.DataFrame, attending: pd.DataFrame) -> dict[str, Column]:
    """`CLAIMS` of 837I claims as the ledger has them; `of_stays` and `attending` are the master rows they name."""
    admitted = claims["type_of_bill"].isin([HOSPITAL, *RESIDENTIAL])
    hospital = claims["type_of_bill"] == HOSPITAL
    admitting = codes.each(codes.normalise_diagnoses, of_stays["admitting_diagnosis"])
    gone = claims["patient_status"] != "30"
    return {
        "type_of_bill": claims["type_of_bill"].str[1:],
        "statement_from": claims["service_from"],
        "statement_to": claims["service_to"],
        "admission_date": of_stays["admitted_on"].where(admitted),
        "admission_hour": of_stays["admission_hour"].where(admitted),
        "discharge_hour": of_stays["discharge_hour"].where(admitted & gone),
        "admission_type": of_stays["admission_type"].fillna(ELECTIVE),
        "admission_source": of_stays["admission_source"].fillna(NOT_A_FACILITY),
        "patient_status": claims["patient_status"],
        "admitting_diagnosis": admitting.where(hospital),
        "present_on_admission": _present(claims["diagnoses"], admitting).where(hospital),
        **{f"attending_{name}": attending[name] for name in ("last_name", "first_name", "npi", "taxonomy")},
    }


def line_columns(lines: pd.DataFrame) -> dict[str, Column]:
    """What a revenue line has besides or instead of a professional one's columns."""
    alone = lines["code"] == lines["revenue_code"]
    bed = lines["revenue_code"].str.match(_BED).fillna(False).astype(bool)
    nothing = pd.Series(None, index=lines.index, dtype="str")
    return {
        "code": lines["code"].mask(alone),
        "revenue_code": lines["revenue_code"],
        "unit": pd.Series(np.where(bed, DAYS, UNITS), index=lines.index),
        "place_of_service": nothing,
        "pointers": nothing,
    }


def condition_codes(claims: pd.DataFrame) -> pd.DataFrame:
    """Rows of the codec's ``claim_codes``: HI*BG, one a condition code."""
    rows = claims[["claim_id"]].assign(code=claims["condition_codes"].astype("str").str.split())
    rows = rows.dropna(subset="code")
    rows = rows.explode("code").reset_index(drop=True)
    return rows.assign(qualifier="BG", position=rows.groupby("claim_id").cumcount() + 1)


def _present(diagnoses: Column, admitting: Column) -> Column:
    """HI01-9 of each diagnosis, blanks between."""
    known: Mapping[str, str] = {"F": "Y", "Z": "-"}
    both = zip(diagnoses.fillna(""), admitting.fillna(""), strict=True)
    flags = [
        " ".join("Y" if code == first else known.get(code[:1], "U") for code in listed.split())
        for listed, first in both
    ]
    return pd.Series(flags, index=diagnoses.index, dtype="str")
