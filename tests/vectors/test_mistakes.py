"""The 25 most costly mistakes of a naive implementation (the dossier's list M01 to M25), one function each.

Each states the mistake and asserts what is right; what needs a whole ledger is a test of its own elsewhere, named
``test_mistake_NN_…``, and looked up by that name.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest
import test_groups as groups
from judge_practice import context, encounters, masters, nothing, outcomes, rows, run, said

from tasks.billing import accounts, acknowledgments, denials, money
from tests.support import remittance_frames as remits

held, scrub = groups.held, groups.scrub


def elsewhere(number: int) -> bool:
    return bool(re.search(rf"^test_mistake_{number}_\w+$", groups.functions(), re.MULTILINE))


def test_every_mistake_has_a_test() -> None:
    numbers = {int(name[6:8]) for name in globals() if re.match(r"test_m\d\d_", name)}
    assert numbers == set(range(1, 26))


def test_m01_a_denial_is_not_status_4() -> None:
    copay, deductible, denied = groups.vectors("denial_cases")[:3]
    assert groups.adjudicated(deductible)["denied"] is False  # status 4, and the patient owes it
    assert groups.adjudicated(denied)["denied"] is True  # status 1
    assert groups.adjudicated(copay)["denied"] is False


def test_m02_the_patient_owes_pr_and_never_charge_less_paid() -> None:
    case = groups.vectors("no_surprises")
    row = groups.adjudicated({"clp02": "1", "cas": case["carc"], "paid": "0"})
    assert row["patient_cents"] == 2000
    for carc in ("1", "2", "3", "45"):
        assert (
            groups.adjudicated({"clp02": "1", "cas": [["CO", carc, "100"]], "paid": "0"})["patient_cents"]
            == 0
        )


def test_m03_plb_is_posted() -> None:
    balances = accounts.balances(remits.posted(remits.SAMPLE))
    case = groups.vectors("balance_835")
    assert balances["cash"] == money.cents(case["bpr02"])
    assert balances["interest_income"] == -250  # L6 is negative and is income
    assert balances["payer_overpayments"] == 1000


def test_m04_a_reversal_undoes_its_payment() -> None:
    paid = remits.svc(15000, 9000, ("CO", "45", 4000), ("PR", "1", 2000))
    back = remits.svc(-15000, -9000, ("CO", "45", -4000), ("PR", "1", -2000))
    both = remits.posted(
        remits.remit(remits.clp("C000000009", "1", 15000, 9000, paid)),
        remits.remit(remits.clp("C000000009", "22", -15000, -9000, back), trace="EFT2"),
    )
    assert {name: cents for name, cents in accounts.balances(both).items() if cents} == {}
    assert groups.adjudicated(groups.vectors("denial_cases")[3])["denied"] is False


def test_m05_the_same_835_twice() -> None:
    groups.test_idempotency()


def test_m06_a_correction_is_no_second_original() -> None:
    """What was never adjudicated goes again as frequency 1; a changed encounter that was billed is held."""
    refused = groups.adjudicated(groups.vectors("denial_cases")[4])
    assert refused["action"] == "correct_new_claim_freq1"
    first = run(encounters({}))
    changed = run(encounters({"minutes": 60}), history=first.charges)
    assert outcomes(changed) == {"E1": "held"}
    assert "GATE_AMENDED" in said(changed)


def test_m07_a_999_is_no_acceptance_of_a_claim() -> None:
    from test_custody import Story

    story = Story().submit(1, "C1").set_(1, 1, "A")
    assert story.state() == "accepted_syntax"
    assert pd.isna(story.states().iloc[0]["accepted_on"])
    assert story.said("C1", "A2", day=9).state() == "accepted"


def test_m08_a_group_accepted_in_part_is_decided_set_by_set() -> None:
    from test_custody import Story

    assert acknowledgments.effect_of("999", "P", None, None, False, True) == "none"
    story = Story("C1", "C2").submit(1, "C1", "C2").set_(1, 1, "A").set_(1, 2, "R").set_(1, None, "P")
    assert (story.state("C1"), story.state("C2")) == ("accepted_syntax", "rejected_syntax")


def test_m09_the_filing_clock_is_the_payers() -> None:
    """From the day of service, by the payer's own days; of a payer nobody knows the days, 90."""

    def late(days: int | None, served: str) -> bool:
        line = {"code": "90837", "minutes": 60, "service_date": served, "payer_timely_filing_days": days}
        return "TIMELY_PAST" in held(line)

    # The batch is of 1 February: the 90th day after 3 November.
    assert [late(days, "2025-11-03") for days in (90, None, 180)] == [False, False, False]
    assert [late(days, "2025-11-02") for days in (90, None, 180)] == [True, True, False]
    assert late(180, "2025-08-04")


def test_m10_minutes_are_exact() -> None:
    groups.test_psychotherapy_minutes()
    assert held({"code": "90837", "minutes": 52}) == {"MINUTES_RANGE"}
    assert "CODING_TOO_SHORT" in said(run(encounters({"minutes": 15})))
    assert "MINUTES_MISSING" in held({"code": "90837"})


def test_m11_an_add_on_needs_its_base() -> None:
    groups.test_add_on_alone()
    visit = {"code": "99214", "em_level": "moderate", "minutes": 55, "therapy_minutes": 30}
    therapy = {"code": "90833", "minutes": 55, "therapy_minutes": 30}
    assert "MODIFIER_25_MISSING" in held(visit, therapy)
    assert held(visit | {"modifiers": "25"}, therapy) == set()
    assert "MODIFIER_25_MISPLACED" in held(visit | {"modifiers": "25"}, therapy | {"modifiers": "25"})


@pytest.mark.parametrize("modifiers", [None, "59"])
def test_m12_no_modifier_makes_crisis_and_psychotherapy_a_pair(modifiers: str | None) -> None:
    crisis = {"code": "90839", "minutes": 60}
    assert "PAIR_PR06" in held(crisis, {"code": "90834", "minutes": 45, "modifiers": modifiers})
    assert "PAIR_PR10" in held(crisis, {"code": "90785", "modifiers": modifiers})


def test_m13_ncci_windows_are_all_kept() -> None:
    assert re.search(r"^test_ncci_window\w*$", groups.functions(), re.MULTILINE)


def test_m13_practitioner_and_hospital_have_tables_of_their_own() -> None:
    assert re.search(r"^test_a_hospitals_pair_is_judged_by_its_own_set\w*$", groups.functions(), re.MULTILINE)


def test_m14_headers_and_exclusions_of_diagnoses() -> None:
    groups.test_dx_trap()
    assert "DIAGNOSIS_NOT_BILLABLE" in held({"code": "90837", "minutes": 60, "diagnoses": "F33"})
    assert "DIAGNOSIS_NOT_BILLABLE" in held({"code": "90837", "minutes": 60, "diagnoses": "F438"})
    assert any(
        rule.startswith("EXCLUDES1")
        for rule in held({"code": "90837", "minutes": 60, "diagnoses": "F329 F331"})
    )


def test_m15_place_and_modifier_tell_the_same_story() -> None:
    groups.test_telehealth()
    home = {"modality": "video", "patient_location": "home"}
    away = home | {"patient_location": "other", "service_date": "2026-01-06", "signed_on": "2026-01-06"}
    lines = run(encounters(home, away)).charges.sort_values("encounter_id")
    assert lines["place_of_service"].tolist() == ["10", "02"]


def test_m16_a_programme_day_is_one_unit() -> None:
    day = {"code": "H0015", "minutes": 180, "diagnoses": "F1020", "level_of_care": "iop"}
    assert held(day) == set()
    assert "PER_DIEM_UNITS" in held(day | {"units": 3})
    assert "PER_DIEM_MINIMUM" in held(day | {"minutes": 90})
    other = {"code": "H0035", "minutes": 300, "level_of_care": "php"}
    assert {"PAIR_PR16", "LEVEL_OF_CARE_DAY"} & held(day, other)


def test_m17_an_authorization_is_asked_of_every_line() -> None:
    groups.test_auth_units()
    on_file = rows("authorizations", {"units_approved": 1})
    office = masters(payers=rows("payers", {"auth_codes": "90837"}), authorizations=on_file)
    judged = run(encounters({}, {"service_date": "2026-01-06", "signed_on": "2026-01-06"}), office)
    assert sorted(outcomes(judged).values()) == ["charged", "held"]


def test_m18_units_come_back() -> None:
    assert elsewhere(18)


def test_m19_what_is_left_of_a_deductible() -> None:
    assert elsewhere(19)


@pytest.mark.parametrize(
    ("table", "change", "rule"),
    [
        ("providers", {"npi": "1234567890"}, "GATE_PROVIDER_NPI"),
        ("providers", {"license_to": "2026-01-04"}, "GATE_PROVIDER_LICENSE"),
        ("providers", {"active_to": "2026-01-04"}, "GATE_PROVIDER_ACTIVE"),
        ("enrollments", {"effective_from": "2026-01-06"}, "GATE_ENROLLMENT"),
    ],
)
def test_m20_nothing_goes_before_the_papers_are_there(table: str, change: dict[str, Any], rule: str) -> None:
    judged = run(encounters({}), masters(**{table: rows(table, change)}))
    assert (outcomes(judged), rule in said(judged)) == ({"E1": "held"}, True)
    assert outcomes(run(encounters({}), before=judged.decisions)) == {
        "E1": "charged"
    }  # judged again at night


def test_m21_a_secondary_claim_repeats_the_primary_word_for_word() -> None:
    groups.test_secondary_gap()
    for status in sorted(denials.CROSSED_OVER):
        row = groups.adjudicated(groups.vectors("denial_cases")[9] | {"clp02": status})
        assert row["flag"] == "wait_crossover"
        assert row["action"] not in denials.BILLS


def test_m22_a_dependant_has_a_loop_of_its_own() -> None:
    groups.test_sbr_relation()


def test_m23_money_is_whole_cents() -> None:
    groups.test_money()
    with pytest.raises((TypeError, ValueError)):
        money.cents(0.1)  # type: ignore[arg-type]


def test_m24_findings_name_nobody_and_records_need_consent() -> None:
    lines = scrub({"code": "90833", "diagnoses": "F33 Q9999", "modifiers": "95 95", "pointers": "9"})
    text = " ".join([*lines["message"], *lines["fields"], *lines["fix"]])
    assert not [value for value in ("P1", "COV1", "CL1", "F33", "Q9999", "90833") if value in text.split()]
    judged = run(encounters({"part2": True}))
    assert (outcomes(judged), "GATE_CONSENT" in said(judged)) == ({"E1": "held"}, True)
    off = context(severities=context().severities | {"GATE_CONSENT": "hold"})
    assert outcomes(run(encounters({"part2": True}), masters(consents=rows("consents", {})), off)) == {
        "E1": "charged"
    }
    assert nothing("suppressions").empty


def test_m25_a_deposit_is_found_by_trace_payer_and_cents() -> None:
    from test_reassociation import MATCHED, deposit, found, remittance

    groups.test_reassociation()
    assert MATCHED not in found([deposit(trace="OTHER")], [remittance()])["state"].tolist()


# --- what a facility gets wrong: the list's runners-up, and the institutional side of M12, M16 and M17 --------------

FACILITY = {
    "form": "837I", "payer_class": "commercial", "stay_id": "S1", "stay_attending_id": "CL9", "place_of_service": "52",
    "stay_admitted_on": pd.Timestamp("2026-01-02"), "stay_discharged_on": pd.NaT, "stay_patient_status": None,
    "condition_codes": None, "diagnoses": "F332", "level_of_care": "php", "programme_line": "day",
}  # fmt: skip
PHP = FACILITY | {"type_of_bill": "013", "revenue_code": "0912", "code": "H0035", "minutes": 300}
IOP = FACILITY | {
    "type_of_bill": "013", "revenue_code": "0905", "code": "S9480", "minutes": 180, "level_of_care": "iop",
}  # fmt: skip
MEDICARE = {"payer_class": "medicare_ffs", "programme_line": "service"}
BED = FACILITY | {
    "type_of_bill": "086", "revenue_code": "1001", "code": "1001", "level_of_care": "rtc_mh", "place_of_service": "56",
}  # fmt: skip


def test_facility_days_that_are_right_go() -> None:
    for line in (PHP, IOP, BED):
        assert scrub(line)["rule_id"].tolist() == []
    therapy = (
        PHP | MEDICARE | {"revenue_code": "0914", "code": "90834", "minutes": 45, "condition_codes": "41"}
    )
    assert held(therapy) == set()


def test_facility_an_interim_bill_says_30() -> None:
    """The runner-up "interim TOB 132 with status 01"."""
    left = {"stay_discharged_on": pd.Timestamp("2026-01-09"), "stay_patient_status": "01"}
    assert held(PHP | left | {"type_of_bill": "0132"}) == {"INST_PATIENT_STATUS"}
    assert held(PHP | left | {"type_of_bill": "0134"}) == set()
    assert held(PHP | {"type_of_bill": "0132", "stay_patient_status": "30"}) == set()


def test_facility_programmes_do_not_overlap() -> None:
    """The runner-up "overlapping PHP and IOP dates"."""
    session = {"revenue_code": "0915", "code": "90853", "minutes": 60}
    days = [
        line | MEDICARE | session | {"encounter_id": f"E{n}", "service_date": f"2026-01-0{n}", "stay_id": stay,
                                     "condition_codes": condition}
        for n, line, stay, condition in ((5, PHP, "S1", "41"), (7, IOP, "S2", "92"), (9, PHP, "S1", "41"))
    ]  # fmt: skip
    assert held(*days) == {"INST_OVERLAP"}
    assert held(*days[:2]) == set()
    assert {"PAIR_PR16", "LEVEL_OF_CARE_DAY"} & held(PHP, IOP)


def test_facility_medicare_has_no_day_rate_and_no_s_code() -> None:
    day = PHP | {"payer_class": "medicare_ffs", "condition_codes": "41"}
    assert "INST_CONDITION_REVENUE" in held(day)
    assert {"INST_CONDITION_CODE", "CODE_PAYER_S_MEDICARE"} <= held(IOP | {"payer_class": "medicare_ffs"})
    assert held(IOP | MEDICARE | {"code": "90853", "minutes": 60, "condition_codes": "92"}) == set()


def test_facility_a_bed_is_one_unit_a_night() -> None:
    assert held(BED | {"units": 3}) == {"INST_BED_DAY_UNITS"}
    assert held(BED | {"stay_discharged_on": pd.Timestamp("2026-01-05"), "stay_patient_status": "01"}) == {
        "INST_BED_DAY_DISCHARGE"
    }
    assert held(PHP | {"units": 3}) >= {"PER_DIEM_UNITS"}


def test_facility_the_form_and_bill_are_of_the_care() -> None:
    assert held(BED | {"code": "H0019", "form": "837P"}) == {"CODE_FORM"}
    assert held(BED | {"type_of_bill": "013"}) == {"INST_TYPE_OF_BILL"}
    assert held(PHP | {"type_of_bill": "012", "condition_codes": "41"}) == {
        "INST_TYPE_OF_BILL", "INST_CONDITION_BILL",
    }  # fmt: skip
    assert held(PHP | {"code": "0912"}) == {"INST_REVENUE_HCPCS"}
    assert held(PHP | MEDICARE | {"stay_weekly_hours": 19, "revenue_code": "0915", "code": "G0410", "minutes": 50,
                                  "condition_codes": "41"}) == {"INST_PROGRAMME_HOURS"}  # fmt: skip
