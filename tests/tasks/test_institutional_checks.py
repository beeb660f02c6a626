"""The checks between stages know both forms: what an 837I must have, and what an 837P must not."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from configs.checks import Threshold
from configs.settings import Practice, Settings
from connectors.ledger import empty
from connectors.sources import synthetic
from expectations.gate import check
from expectations.suites import SUITES
from tasks import claiming, judging
from tests.billing.claim_practice import charge
from tests.billing.institutional.stay_practice import build, charges, days, masters, stay

TOLERANT = Threshold(share=1.0, rows=1)
TODAY = date(2026, 2, 10)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, practice=Practice.model_validate(synthetic.practice()))


def said(settings: Settings, **changes: Any) -> dict[str, set[str]]:
    """What the suite says of a stay's claim and of a professional one; `changes` are of the former."""
    on_file = masters(stay(discharged_on="2026-01-06"))
    known = masters(
        stay(discharged_on="2026-01-06"),
        payers=on_file.payers.assign(partner="sandbox"),
        consents=empty("consents"),
    )
    built = build([*days("2026-01-05", "2026-01-06"), charge("E9")], known, TODAY)
    claims, lines = built.claims.copy(), built.lines.copy()
    of_stay = claims["form"] == "837I"
    for name, value in changes.items():
        if name in claims:
            claims.loc[of_stay, name] = value
        else:
            lines.loc[lines["claim_id"].isin(claims.loc[of_stay, "claim_id"]), name.removeprefix("line_")] = (
                value
            )
    tables = {form: claiming.tables_837(own, lines, known, settings) for form, own in claiming.forms(claims)}
    frame = claiming.project(claims, lines, known, settings, TODAY, set(), tables)
    verdict = check(SUITES["claims"], frame, TOLERANT)
    forms = dict(zip(claims["claim_id"], claims["form"], strict=True))
    found: dict[str, set[str]] = {"837I": set(), "837P": set()}
    for row in verdict.failures.itertuples():
        found[forms[row.subject_id]].add(row.expectation.rpartition("(")[2].rstrip(")"))
    return {form: names - {"partner_known"} for form, names in found.items()}


def test_sound_claims_of_both_forms_pass(settings: Settings) -> None:
    assert said(settings) == {"837I": set(), "837P": set()}


@pytest.mark.parametrize(
    ("change", "expectation"),
    [
        ({"type_of_bill": None}, "bill_known"),
        ({"type_of_bill": "13"}, "bill_known"),
        ({"attending_row_id": None}, "attending_known"),
        ({"patient_status": "30"}, "status_fits_frequency"),
        ({"frequency": "2"}, "status_fits_frequency"),
        ({"line_revenue_code": None}, "revenue_on_each_line"),
        ({"frequency": "7"}, "reference_fits_frequency"),
    ],
)
def test_what_an_institutional_claim_lacks_keeps_it_alone_out(
    settings: Settings, change: dict[str, Any], expectation: str
) -> None:
    found = said(settings, **change)
    assert expectation in found["837I"]
    assert found["837P"] == set()


def of_charges(*rows: dict[str, Any]) -> dict[str, set[str]]:
    frame = judging._project_charges(charges(list(rows)))
    failures = check(SUITES["charges"], frame, TOLERANT).failures
    made = failures.groupby("subject_id")["expectation"].agg(set)
    return {str(key): {name.rpartition("(")[2].rstrip(")") for name in names} for key, names in made.items()}


def test_charges_are_of_one_form_or_the_other() -> None:
    (day,) = days("2026-01-05", "2026-01-05")
    bed = day | {"charge_id": "bed", "code": "1001", "revenue_code": "1001", "type_of_bill": "086"}
    assert of_charges(day, bed, charge("E9")) == {}
    found = of_charges(
        day | {"revenue_code": None},
        bed | {"type_of_bill": None},
        charge("E9", revenue_code="0912"),
        charge("E8", code="123"),
    )
    assert found == {
        day["charge_id"]: {"revenue_code_fits_form"},
        "bed": {"bill_known"},
        "E9-1": {"revenue_code_fits_form"},
        "E8-1": {"code"},
    }


def test_nothing_to_check_is_no_failure(settings: Settings) -> None:
    built = build(days("2026-01-05", "2026-01-06"), built_on=date(2026, 1, 10))
    assert built.claims.empty
    frame = claiming.project(built.claims, built.lines, masters(), settings, TODAY, set(), {})
    assert isinstance(frame, pd.DataFrame)


def test_a_claim_that_cannot_be_written_is_told_with_what_is_at_fault(settings: Settings) -> None:
    on_file = masters(stay(discharged_on="2026-01-06"))
    patients = on_file.patients.assign(city=None, zip=None)
    payers = on_file.payers.assign(partner="sandbox")
    known = masters(
        stay(discharged_on="2026-01-06"), patients=patients, payers=payers, consents=empty("consents")
    )
    built = build([*days("2026-01-05", "2026-01-06"), charge("E9")], known, TODAY)
    tables = {
        form: claiming.tables_837(own, built.lines, known, settings)
        for form, own in claiming.forms(built.claims)
    }
    frame = claiming.project(built.claims, built.lines, known, settings, TODAY, set(), tables)
    verdict = claiming.explained(check(SUITES["claims"], frame, TOLERANT), tables)
    failures = verdict.failures.set_index("expectation")["reason"]
    unwritable = failures[failures.index.str.endswith("(encodable)")]
    assert list(unwritable) == ["claims: subscriber_city is required and absent (MISSING), 1 more"] * 2
    others = failures[~failures.index.str.endswith("(encodable)")]
    assert set(others) == {"the payer's partner is not configured"}
