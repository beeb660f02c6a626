"""All 25 pairs that exclude each other and all 14 rows of diagnosis and service, each shown failing and passing.

Source: the billing dossier's icd10_excludes1_bh.tsv and dx_cpt_pairing.tsv (shipped in configs/reference).
"""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from configs import reference
from tasks.billing.context import JudgeContext
from tasks.billing.scrub import diagnosis_pairing, excludes1, registry

JUDGE = JudgeContext(business_date=date(2026, 2, 1))

# id: two diagnoses that exclude each other, and a neighbour of the first that does not exclude the second
PAIRS = {
    "X01": ("F321 F330", "F321 F411"),
    "X02": ("F332 F3130", "F332 F341"),
    "X03": ("F3010 F3112", "F3010 F419"),
    "X04": ("F209 F23", "F209 F1020"),
    "X05": ("F250 F3164", "F250 F411"),
    "X06": ("F22 F333", "F22 F331"),
    "X07": ("F4001 F410", "F4002 F410"),
    "X08": ("F1010 F1020", "F1010 F1120"),
    "X09": ("F1420 F1490", "F1420 F1190"),
    "X10": ("F17200 Z87891", "F17200 F1020"),
    "X11": ("F50020 F5021", "F50010 F411"),
    "X12": ("F5083 R6330", "F411 R6330"),
    "X13": ("F602 F912", "F603 F912"),
    "X14": ("F630 Z726", "F632 Z726"),
    "X15": ("F641 F642", "F641 F411"),
    "X16": ("F801 F802", "F801 F804"),
    "X17": ("F840 F845", "F840 F900"),
    "X18": ("F913 Z72811", "F913 F902"),
    "X19": ("F980 R32", "F900 R32"),
    "X20": ("F981 R150", "F900 R150"),
    "X21": ("F440 R411", "F444 R411"),
    "X22": ("F070 R4582", "F0789 F411"),
    "X23": ("F29 F09", "F28 F411"),
    "X24": ("F0631 F03", "F0631 F1020"),
    "X25": ("F79 R4183", "F900 R4183"),
}

# id: (code, modifiers, diagnoses, pointers) that fails, and the same service with diagnoses that carry it
ROWS = {
    "D01": (("90792", None, "Z600", "1"), ("90792", None, "R45851 Z600", "1 2")),
    "D02": (("90834", None, "Z71 F411", "1 2"), ("90834", None, "F411 Z71", "1 2")),
    "D03": (("90839", None, "R45851", "1"), ("90839", None, "R45851 F331", "1 2")),
    "D04": (("90847", None, "Z630", "1"), ("90847", None, "F411 Z630", "1 2")),
    "D05": (("96158", None, "F411 E119", "1"), ("96158", None, "E119 F411", "1")),
    "D06": (("96127", None, "R45851", "1"), ("96127", None, "Z1331", "1")),
    "D07": (("96136", None, "Z550 F819", "1"), ("96136", None, "F819 Z550", "1")),
    "D08": (("H0015", None, "F331", "1"), ("H0015", None, "F1020", "1")),
    "D09": (("S9480", None, "F1020", "1"), ("S9480", None, "F331 F1020", "1 2")),
    "D10": (("S0201", None, "E119", "1"), ("S0201", None, "E119 F331", "1 2")),
    "D11": (("H0015", None, "F99", "1"), ("H0015", None, "F1020", "1")),
    "D12": (("99213", None, "Z590 F411", "2"), ("99213", None, "F411 Z590", "1")),
    "D13": (("90837", None, "F0280 G309", "1"), ("90837", None, "G309 F0280", "2")),
    "D14": (("G2067", None, "F1020", "1"), ("G2067", None, "F1120", "1")),
}


def found(module: object, code: str, modifiers: str | None, diagnoses: str, pointers: str) -> set[str]:
    line = {
        "encounter_id": "E1", "position": 1, "patient_id": "P1", "payer_id": "ACME", "coverage_id": "COV1",
        "rendering_id": "CL1", "service_date": pd.Timestamp("2026-01-05"), "place_of_service": "11", "units": 1,
        "charge_cents": 100, "code": code, "modifiers": modifiers, "diagnoses": diagnoses, "pointers": pointers,
    }  # fmt: skip
    return set(registry.run(pd.DataFrame([line]), None, None, JUDGE, [module])["rule_id"])  # type: ignore[list-item]


def test_no_pair_and_no_row_is_left_out() -> None:
    assert set(PAIRS) == set(reference.by_key("icd10_excludes1_bh", "pair_id"))
    assert set(ROWS) == set(reference.by_key("dx_cpt_pairing", "rule_id"))


def test_a_finding_says_what_the_payer_would_answer() -> None:
    assert diagnosis_pairing.PREDICTS["DIAGNOSIS_D02"] == "CARC11 CARC167 CARCB22"
    assert diagnosis_pairing.PREDICTS["DIAGNOSIS_D13"] == "CARC16 M76"


@pytest.mark.parametrize("pair", PAIRS)
def test_a_pair_that_excludes_each_other(pair: str) -> None:
    failing, passing = PAIRS[pair]
    for both in (failing, " ".join(reversed(failing.split()))):
        assert f"EXCLUDES1_{pair}" in found(excludes1, "90837", None, both, "1")
    assert found(excludes1, "90837", None, passing, "1") == set()


@pytest.mark.parametrize("row", ROWS)
def test_a_diagnosis_that_does_not_carry_the_service(row: str) -> None:
    failing, passing = ROWS[row]
    assert f"DIAGNOSIS_{row}" in found(diagnosis_pairing, *failing)
    assert found(diagnosis_pairing, *passing) == set()
