"""Denial classification: the dossier's cases (test_vectors.yaml, group denial_cases), copied here."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs import reference
from tasks.billing.denial_codes import NEEDS_RARC, meaning, overrides
from tasks.billing.denials import classify

# CLP02, [(group, carc, amount)], RARCs, paid, charge, what must come out (amounts in cents).
CASES = [
    ("1", [("CO", "45", 5000), ("PR", "3", 3000)], "", 12000, 20000, {"denied": False, "patient_cents": 3000}),
    ("4", [("PR", "1", 15000)], "", 0, 15000, {"denied": False, "patient_cents": 15000, "action": "bill_patient"}),
    ("1", [("CO", "197", 31000)], "", 0, 31000, {"denied": True, "category": "auth_missing"}),
    ("22", [("CO", "45", -4000)], "", -9000, -13000, {"denied": False, "action": "reverse_posting"}),
    ("1", [("CO", "16", 20000)], "MA130", 0, 20000, {"denied": True, "action": "correct_new_claim_freq1"}),
    ("1", [("CO", "16", 20000)], "N290", 0, 20000, {"denied": True, "action": "fix_provider_ids"}),
    ("1", [("OA", "18", 20000)], "N522", 0, 20000, {"action": "close_duplicate", "recoverable_cents": 0}),
    ("1", [("CO", "1", 10000)], "", 0, 10000, {"denied": False, "patient_cents": 0, "recoverable_cents": 10000,
        "action": "do_not_bill_patient"}),
    ("1", [("CO", "45", 10000)], "", 0, 10000, {"flag": "suspect_bad_remit", "action": "call_payer"}),
    ("19", [("CO", "45", 5000), ("PR", "2", 3000)], "", 12000, 20000, {"denied": False, "flag": "wait_crossover"}),
    # CARC 96 says nothing alone; the RARC that is not an alert speaks, the alert does not.
    ("1", [("CO", "96", 9000)], "MA13 N56", 0, 9000, {"denied": True, "category": "coding"}),
    # Units cut: part of the line is denied although something was paid.
    ("1", [("CO", "45", 2000), ("CO", "151", 6000)], "", 4000, 12000, {"denied": True, "partial": True,
        "category": "benefit_max", "contractual_cents": 2000, "recoverable_cents": 6000}),
    # The patient owes what the plan excludes; nobody can recover it from the payer.
    ("1", [("PR", "204", 9000)], "", 0, 9000, {"denied": True, "patient_cents": 9000, "recoverable_cents": 0}),
    # A CARC that the tables do not know is work for a person, not a guess.
    ("1", [("CO", "9999", 9000)], "", 0, 9000, {"denied": True, "category": "unknown_code", "action": "call_payer"}),
]  # fmt: skip


def frames(status, adjustments, remarks, paid, charge):
    claims = pd.DataFrame(
        {
            "remittance_id": ["R"],
            "remitted_claim_id": ["C"],
            "status": [status],
            "remarks": pd.Series([None], dtype="str"),
            "charge_cents": pd.Series([charge], dtype="Int64"),
            "paid_cents": pd.Series([paid], dtype="Int64"),
        }
    )
    lines = pd.DataFrame(
        {
            "remittance_id": ["R"],
            "remitted_claim_id": ["C"],
            "remitted_line_id": ["L"],
            "line_id": ["OURS"],
            "position": pd.Series([1], dtype="Int64"),
            "charge_cents": pd.Series([charge], dtype="Int64"),
            "paid_cents": pd.Series([paid], dtype="Int64"),
            "remarks": pd.Series([remarks or None], dtype="str"),
        }
    )
    rows = [("C", "L", n + 1, group, carc, cents) for n, (group, carc, cents) in enumerate(adjustments)]
    cas = pd.DataFrame(
        rows,
        columns=["remitted_claim_id", "remitted_line_id", "position", "group_code", "carc", "amount_cents"],
    )
    cas["amount_cents"] = cas["amount_cents"].astype("Int64")
    return claims, lines, cas


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}-{'+'.join(g + r for g, r, _ in c[1])}-{c[2]}")
def test_the_dossiers_denial_cases(case):
    status, adjustments, remarks, paid, charge, expected = case
    (row,) = classify(*frames(status, adjustments, remarks, paid, charge)).to_dict(orient="records")
    assert {key: row[key] for key in expected} == expected


# One adjustment of the whole charge: group, CARC, RARCs, and what must come out (dossier 5.1 to 5.4).
REASONS = [
    # A CARC that needs a RARC cannot be classified alone, and an alert is none.
    ("CO", "16", "", {"denied": True, "category": "by_rarc", "action": "call_payer"}),
    ("CO", "16", "MA01", {"category": "by_rarc", "action": "call_payer"}),
    ("CO", "A1", "N4", {"category": "cob", "action": "send_primary_eob", "root_stage": "eligibility_verification"}),
    ("CO", "16", "N290", {"root_stage": "credentialing", "resubmit_as": "7", "step": "correct_resubmit"}),
    ("CO", "16", "MA130", {"resubmit_as": "1", "step": "correct_resubmit", "root_stage": "claim_submission"}),
    # Several remarks: the override of lowest priority, whichever comes first.
    ("CO", "16", "M76 N290", {"action": "fix_provider_ids", "reasons": "CO-16/N290"}),
    # A CARC that speaks for itself is not outdone by a remark; an unknown one is read by its remark.
    ("CO", "197", "N290", {"category": "auth_missing"}),
    ("CO", "9999", "N290", {"category": "info_missing", "denied": True}),
    ("PR", "9999", "", {"denied": False, "patient_cents": 9000, "category": "patient_resp"}),
    # CO never goes to the patient.
    ("CO", "204", "", {"action": "appeal_or_writeoff", "patient_cents": 0, "recoverable_cents": 9000}),
    ("CO", "119", "", {"action": "appeal", "flag": "parity", "patient_cents": 0}),
    ("CO", "26", "", {"action": "bill_other_payer"}),
    ("CO", "96", "N216", {"action": "bill_patient_only_if_waiver", "step": "call_payer", "patient_cents": 0}),
    ("CO", "96", "N174", {"action": "appeal_or_writeoff", "category": "non_covered"}),
    ("OA", "1", "", {"denied": False, "action": "do_not_bill_patient", "recoverable_cents": 9000}),
    # PR-96, 204 and 119 may be billed, with the plan's own statement.
    ("PR", "96", "", {"action": "bill_patient", "flag": "plan_statement", "patient_cents": 9000}),
    ("PR", "119", "", {"action": "bill_patient", "flag": "plan_statement parity"}),
    # A network provider cannot bill what is the provider's own fault.
    ("CO", "29", "", {"action": "appeal_with_proof", "patient_cents": 0}),
    ("CO", "197", "", {"action": "retro_auth_or_appeal", "step": "appeal", "patient_cents": 0}),
    ("PR", "29", "", {"action": "appeal_with_proof", "flag": "check_network"}),
    ("PR", "45", "", {"denied": False, "category": "balance_bill", "action": "check_network_and_nsa_before_billing"}),
    # Nothing may be asked of a qualified Medicare beneficiary, or where the payer says so.
    ("PR", "2", "N782", {"patient_cents": 0, "action": "bill_next_payer", "flag": "qmb", "denied": False}),
    ("PR", "1", "N842", {"patient_cents": 0, "action": "block_patient_billing", "flag": "patient_protected"}),
    ("OA", "209", "", {"denied": False, "action": "bill_next_payer", "flag": "qmb"}),
    ("PR", "2", "N877", {"patient_cents": 9000, "action": "bill_patient", "flag": "nsa"}),
    # Visit limits and fail-first: parity before anybody writes it off.
    ("CO", "B1", "", {"flag": "parity"}),
    ("CO", "B8", "", {"flag": "parity", "action": "appeal"}),
    ("CO", "16", "N640", {"flag": "parity", "category": "benefit_max"}),
    # Carve-outs.
    ("CO", "109", "", {"flag": "carve_out", "step": "bill_next_payer"}),
    ("OA", "300", "", {"flag": "carve_out", "action": "wait_bh_plan", "step": "wait"}),
    ("CO", "301", "", {"flag": "carve_out", "action": "bill_other_payer"}),
    ("CO", "A1", "N418", {"flag": "carve_out", "action": "bill_other_payer", "category": "cob"}),
    # Level of care.
    ("CO", "186", "", {"denied": True, "flag": "level_of_care", "contractual_cents": 0, "recoverable_cents": 9000}),
    ("CO", "16", "N188", {"flag": "level_of_care", "category": "auth_missing", "action": "fix_REF_G1"}),
    # Pending, crossed over, other reductions of the whole charge.
    ("OA", "133", "", {"denied": False, "action": "hold", "step": "wait", "category": "pending"}),
    ("OA", "22", "MA18", {"denied": False, "action": "mark_crossover", "flag": "wait_crossover"}),
    ("CO", "59", "", {"denied": True, "category": "suspect", "flag": "suspect_bad_remit"}),
    ("PI", "45", "", {"denied": True, "action": "review_contract"}),
]  # fmt: skip


def many(cases):
    """Verdicts on lines (status, adjustments, remarks, paid, charge), each of its own claim, in one pass."""
    ids = [f"{number:05}" for number in range(len(cases))]
    status, adjustments, remarks, paid, charge = zip(*cases, strict=True)
    cents = {
        name: pd.Series(v, dtype="Int64") for name, v in (("charge_cents", charge), ("paid_cents", paid))
    }
    claims = pd.DataFrame({"remittance_id": "R", "remitted_claim_id": ids, "status": status, **cents})
    claims["remarks"] = pd.Series([None] * len(ids), dtype="str")
    lines = claims.drop(columns="status").assign(remitted_line_id=ids, line_id=ids, position=1)
    lines["remarks"] = pd.Series([text or None for text in remarks], dtype="str")
    cas = pd.DataFrame(
        [
            (one, one, n, *cas)
            for one, listed in zip(ids, adjustments, strict=True)
            for n, cas in enumerate(listed)
        ],
        columns=["remitted_claim_id", "remitted_line_id", "position", "group_code", "carc", "amount_cents"],
    ).astype({"amount_cents": "Int64", "remitted_claim_id": "str", "remitted_line_id": "str"})
    return classify(claims, lines, cas).to_dict(orient="records")


def test_one_reason_for_the_whole_charge():
    rows = many([("1", [(group, carc, 9000)], remarks, 0, 9000) for group, carc, remarks, _ in REASONS])
    for (group, carc, remarks, expected), row in zip(REASONS, rows, strict=True):
        assert {key: row[key] for key in expected} == expected, (group, carc, remarks)


def told(status, cas, remarks, paid, charge, **line):
    """The verdict on one line; `line` has more columns of it."""
    claims, lines, adjustments = frames(status, cas, remarks, paid, charge)
    (row,) = classify(claims, lines.assign(**line), adjustments).to_dict(orient="records")
    return row


def override_samples():
    """Row, group, CARC and RARC for everything that the override table names of one adjustment."""
    for row in reference.table("denial_overrides"):
        if row["priority"] not in ("19", "20"):
            for carc in row["carc"].split("(")[0].split():
                for rarc in [""] if row["rarc"] == "any" else row["rarc"].split():
                    group = "CO" if row["group"] == "any" else row["group"]
                    yield row, group, "50" if carc == "any" else carc, rarc, "whole" in row["carc"]


def test_every_override_decides_what_it_names():
    samples = list(override_samples())
    rows = many(
        [
            ("1", [(group, carc, 9000)], rarc, 0 if whole else 1000, 9000 if whole else 10000)
            for _, group, carc, rarc, whole in samples
        ]
    )
    for (row, group, carc, rarc, whole), found in zip(samples, rows, strict=True):
        said = meaning(group, carc, tuple(rarc.split()), whole)
        assert (said.priority, said.category, said.action) == (
            int(row["priority"]),
            row["category"],
            row["action"],
        )
        assert found["denied"] == (row["is_denial"] == "Y"), (group, carc, rarc)
        if row["is_denial"] == "Y":
            assert (found["category"], found["action"]) == (row["category"], row["action"])


def test_the_override_rows_about_a_whole_line():
    """19: paid with CO-45 only; 20: status 4 with everything to the deductible."""
    assert told("1", [("CO", "45", 4000)], "", 6000, 10000)["action"] == "post"
    full = told("4", [("CO", "45", 4000), ("PR", "1", 6000)], "", 0, 10000)
    assert (full["denied"], full["category"], full["action"]) == (False, "patient_resp", "bill_patient")


def test_every_carc_is_what_its_row_says_where_it_decides_alone():
    actions = reference.by_key("denial_actions", "action")
    samples = [(group, row) for row in reference.table("carc") for group in ("CO", "PR", "OA", "PI")]
    rows = many([("1", [(group, row["carc"], 4000)], "", 6000, 10000) for group, row in samples])
    alone = 0
    for (group, row), found in zip(samples, rows, strict=True):
        said = meaning(group, row["carc"], (), False)
        where = (group, row["carc"])
        assert found["denied"] == said.denial, where
        assert group == "PR" or not actions[said.action]["instead"], where
        assert (said.category == "by_rarc") == (row["carc"] in NEEDS_RARC and said.priority > 20), where
        if said.priority == 60:
            alone += 1
            assert said.denial == (row["is_denial"] in ("Y", "COND")), where
            assert (said.root_stage, said.preventable) == (row["root_stage"], row["preventable"]), where
            if group == "PR" or not actions[row["action"]]["instead"]:
                assert (said.category, said.action) == (row["category"], row["action"]), where
    assert alone > 500


@pytest.mark.parametrize("row", reference.table("rarc"), ids=lambda row: row["rarc"])
def test_a_remark_decides_where_the_carc_needs_one_and_an_alert_never_does(row):
    said = meaning("CO", "A1", (row["rarc"],), False)
    if row["kind"] == "alert":
        assert (said.category, said.rarc) == ("by_rarc", "")
    else:
        assert (said.category, said.rarc) == (row["category"], row["rarc"])
        instead = reference.by_key("denial_actions", "action")[row["action"]]["instead"]
        assert said.action == (instead or row["action"])
    assert said.denial


def test_every_action_of_the_tables_has_its_step():
    known = reference.by_key("denial_actions", "action")
    used = {row["action"] for name in ("carc", "rarc", "denial_overrides") for row in reference.table(name)}
    instead = {row["instead"] for row in known.values()} - {""}
    made = {"reverse_posting", "do_not_post", "gap_exception"}
    assert used | instead | made == set(known)
    # What stands in for billing the patient does not bill the patient.
    assert {known[name]["instead"] for name in instead} == {""}
    assert {row["step"] for row in known.values()} == {
        "correct_resubmit", "appeal", "send_records", "bill_next_payer", "bill_patient", "call_payer", "write_off",
        "wait", "post", "review",
    }  # fmt: skip


# Units: paid and sent in thousandths, reasons, paid, and what must come out of 40000 charged for 4.
CUTS = [
    (2000, 4000, [("CO", "45", 20000)], 20000, {"denied": True, "partial": True, "flag": "units_cut",
        "denied_cents": 20000, "recoverable_cents": 20000, "contractual_cents": 0, "category": "benefit_max"}),
    # 2 units were allowed 5000 each: as much again, the rest is the contract's.
    (2000, 4000, [("CO", "45", 30000)], 10000, {"recoverable_cents": 10000, "contractual_cents": 20000}),
    # The deductible took what was allowed: a cut all the same.
    (2000, 4000, [("CO", "45", 30000), ("PR", "1", 10000)], 0, {"denied": True, "partial": True,
        "patient_cents": 10000, "recoverable_cents": 10000}),
    # Said aloud: the reason names the money.
    (2000, 4000, [("CO", "45", 10000), ("CO", "151", 20000)], 10000, {"denied": True, "denied_cents": 20000,
        "contractual_cents": 10000, "flag": "units_cut", "action": "appeal_with_records"}),
    # SVC05 absent beside SVC07 is one unit.
    (None, 4000, [("CO", "45", 30000)], 10000, {"denied": True, "recoverable_cents": 30000}),
    (4000, 4000, [("CO", "45", 20000)], 20000, {"denied": False, "units_cut_thousandths": 0}),
    (4000, None, [("CO", "45", 20000)], 20000, {"denied": False}),
    # A reversal is never a denial.
    (2000, 4000, [("CO", "45", 20000)], 20000, {"status": "22", "denied": False}),
]  # fmt: skip


@pytest.mark.parametrize("case", CUTS, ids=range(len(CUTS)))
def test_units_that_were_cut_are_a_denial_of_the_others(case):
    paid_units, sent_units, cas, paid, expected = case
    units = {"units_paid_thousandths": paid_units, "units_submitted_thousandths": sent_units}
    column = {name: pd.Series([value], dtype="Int64") for name, value in units.items()}
    row = told(expected.pop("status", "1"), cas, "", paid, 40000, **column)
    assert {key: row[key] for key in expected} == expected


def test_without_svc07_units_are_compared_with_what_we_billed_all_parts_of_a_line_together():
    claims, lines, cas = frames("1", [("CO", "45", 20000)], "", 20000, 40000)
    lines["units_paid_thousandths"] = pd.Series([1000], dtype="Int64")
    ours = pd.DataFrame({"line_id": ["OURS"], "units": pd.Series([2], dtype="Int64")})
    (row,) = classify(claims, lines, cas, ours).to_dict("records")
    assert (row["denied"], row["units_cut_thousandths"], row["recoverable_cents"]) == (True, 1000, 20000)
    halves = pd.concat([lines, lines.assign(remitted_line_id="L2", position=2)], ignore_index=True)
    assert not classify(claims, halves, cas, ours)["denied"].any()


@pytest.mark.parametrize(
    ("paid_as", "sent_as", "carc", "flag", "action"),
    [
        ("90834", "90837", "45", "downcoded", "appeal_with_records"),
        ("90837", None, "150", "downcoded", "appeal_with_records"),
        ("90837", "90834", "45", "code_changed", "post"),
        ("90832", None, "150", None, "appeal_with_records"),
        ("90837", None, "45", None, "post"),
    ],
)
def test_a_session_paid_as_a_shorter_one_is_downcoded(paid_as, sent_as, carc, flag, action):
    row = told(
        "1",
        [("CO", carc, 4000)],
        "",
        6000,
        10000,
        code=paid_as,
        submitted_code=pd.Series([sent_as], dtype="str"),
    )
    assert (None if pd.isna(row["flag"]) else row["flag"], row["action"]) == (flag, action)
    assert row["denied"] == (carc == "150")


def test_a_reason_at_claim_level_belongs_to_every_line_by_its_charge():
    claims, lines, cas = frames("1", [("CO", "29", 10001)], "", 0, 10001)
    cas["remitted_line_id"] = pd.Series([None], dtype="str")
    two = pd.concat([lines, lines.assign(remitted_line_id="L2", position=2)], ignore_index=True)
    two["charge_cents"] = two["paid_cents"] = pd.Series(
        [6667, 3334], dtype="Int64"
    )  # SVC03 does not know of it
    rows = classify(claims, two, cas)
    assert rows["denied"].all()
    assert not rows["partial"].any()
    assert rows["denied_cents"].tolist() == [6667, 3334]
    assert set(rows["category"]) == {"timely_filing"}
    whole = classify(claims, two, cas.assign(carc="45"))
    assert set(whole["flag"]) == {"suspect_bad_remit"}


def test_a_reason_that_comes_and_goes_in_one_line_is_none():
    row = told("1", [("CO", "197", 5000), ("CO", "197", -5000), ("CO", "45", 4000)], "", 6000, 10000)
    assert (row["denied"], row["denied_cents"], row["category"]) == (False, 0, "paid")
    twice = told("1", [("CO", "45", 4000), ("CO", "45", 6000)], "", 0, 10000)
    assert twice["flag"] == "suspect_bad_remit"


def test_what_the_patient_owes_names_a_line_that_the_contract_cut_more():
    row = told("1", [("CO", "45", 9000), ("PR", "1", 1000)], "", 0, 10000)
    assert (row["category"], row["action"], row["patient_cents"]) == ("patient_resp", "bill_patient", 1000)
    beyond = told("1", [("PR", "45", 3000), ("PR", "2", 1000)], "", 6000, 10000)
    assert (beyond["category"], beyond["action"]) == ("paid", "check_network_and_nsa_before_billing")


REASON = st.tuples(
    st.sampled_from(["CO", "PR", "OA", "PI"]),
    st.sampled_from(["45", "1", "3", "16", "96", "197", "204", "23", "253", "151", "B8", "9999"]),
    st.integers(1, 9000),
)
LINE = st.tuples(
    st.lists(REASON, max_size=4),
    st.sampled_from(["", "N290", "MA130", "N782", "MA01", "N418"]),
    st.integers(0, 9000),
)


@settings(max_examples=10, deadline=None)
@given(st.lists(LINE, min_size=20, max_size=60))
def test_no_cent_is_counted_twice_and_none_but_group_pr_is_the_patients(drawn):
    rows = many(
        [("1", cas, marks, paid, paid + sum(cents for *_, cents in cas)) for cas, marks, paid in drawn]
    )
    for (cas, marks, _), row in zip(drawn, rows, strict=True):
        shared = sum(cents for group, _, cents in cas if group == "PR")
        others = sum(cents for group, _, cents in cas if group != "PR")
        assert row["patient_cents"] == (0 if "N782" in marks else shared)
        assert row["contractual_cents"] + row["denied_cents"] <= others
        assert row["recoverable_cents"] <= others
        if row["step"] == "bill_patient":
            assert row["patient_cents"] > 0


def test_a_claim_without_lines_is_judged_by_its_own_adjustments():
    claims, lines, cas = frames("4", [("CO", "29", 20000)], "", 0, 20000)
    cas["remitted_line_id"] = pd.Series([None], dtype="str")
    (row,) = classify(claims, lines.iloc[:0], cas).to_dict(orient="records")
    assert (row["denied"], row["category"], row["recoverable_cents"]) == (True, "timely_filing", 20000)


def test_a_paid_line_without_adjustments_is_paid():
    claims, lines, cas = frames("1", [], "", 20000, 20000)
    (row,) = classify(claims, lines, cas).to_dict(orient="records")
    assert (row["denied"], row["category"], row["patient_cents"]) == (False, "paid", 0)
    assert row["line_id"] == "OURS"


def test_co_is_never_the_patients_money():
    for carc in ("1", "2", "3", "45", "96", "204"):
        (row,) = classify(*frames("1", [("CO", carc, 700)], "", 0, 9000)).to_dict(orient="records")
        assert row["patient_cents"] == 0


def test_every_override_is_either_a_rule_about_one_adjustment_or_follows_from_the_others():
    assert {rule.priority for rule in overrides()} == set(range(1, 19))
