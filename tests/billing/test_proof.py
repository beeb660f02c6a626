"""The proof finds what was broken, and nothing in a whole ledger."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pandas as pd
import pytest

from tasks.billing import accounts, custody, denials, posting, proof
from tests.support.remittance_frames import (
    SAMPLE,
    claim,
    claim_line,
    clp,
    journal_of,
    ledger,
    matched,
    remit,
    svc,
)

CHARGES = {"L0000000001": 20000, "L0000000002": 19000, "L0000000003": 12000, "L0000000009": 15000}
OWNERS = {
    "L0000000001": "C000000001",
    "L0000000002": "C000000002",
    "L0000000003": "C000000002",
    "L0000000009": "C000000009",
}


def whole_ledger() -> dict[str, pd.DataFrame]:
    """A small practice: four encounters billed on three claims in one file, the sample remittance posted."""
    tables = {
        "encounters": ledger(
            "encounters", *({"encounter_id": "E" + one} for one in CHARGES), {"encounter_id": "E5"}
        ),
        "decisions": ledger(
            "decisions",
            *(
                {"decision_id": "D" + one, "encounter_id": "E" + one, "sequence": 1, "outcome": "charged"}
                for one in CHARGES
            ),
            {"decision_id": "D5", "encounter_id": "E5", "sequence": 1, "outcome": "held"},
        ),
        "charge_lines": ledger(
            "charge_lines",
            *(
                {
                    "charge_id": "CH" + one,
                    "encounter_id": "E" + one,
                    "decision_id": "D" + one,
                    "charge_cents": cents,
                }
                for one, cents in CHARGES.items()
            ),
        ),
        "adopted_claims": ledger("adopted_claims"),
        "claims": ledger(
            "claims", claim("C000000001", 20000), claim("C000000002", 31000), claim("C000000009", 15000)
        ),
        "claim_lines": ledger(
            "claim_lines", *(claim_line(one, OWNERS[one], cents) for one, cents in CHARGES.items())
        ),
        "submissions": ledger(
            "submissions",
            {
                "submission_id": "S1",
                "partner": "sandbox",
                "interchange_control": "000000001",
                "group_control": "1",
                "claims": 3,
                "charge_cents": 66000,
                "business_date": dt.date(2026, 1, 6),
            },
        ),
        "submission_claims": ledger(
            "submission_claims",
            *(
                {"entry_id": one, "submission_id": "S1", "claim_id": one, "transaction_control": "0001"}
                for one in sorted(set(OWNERS.values()))
            ),
        ),
        "authorizations": ledger("authorizations", {"authorization_id": "AU1", "units_approved": 2}),
        "authorization_units": ledger(
            "authorization_units",
            *(
                {
                    "entry_id": f"U{number}",
                    "authorization_id": "AU1",
                    "charge_id": "CH1",
                    "event": event,
                    "units": 1,
                }
                for number, event in enumerate(["reserve", "consume", "reserve", "release", "reserve"])
            ),
        ),
    }
    for name in ("closings", "patient_payments", "write_offs", "refunds"):
        tables[name] = ledger(name)
    facts = matched(SAMPLE, lines=tables["claim_lines"])
    parts = (
        "remittances",
        "remitted_claims",
        "remitted_lines",
        "remitted_adjustments",
        "provider_adjustments",
    )
    tables |= {part: getattr(facts, part) for part in parts}
    tables["journal"] = pd.concat(
        [
            posting.post_charges(tables["charge_lines"]),
            journal_of(tables),
        ],
        ignore_index=True,
    )
    return tables


def encounter_states(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Derived as the caller would."""
    verdicts = denials.classify(
        tables["remitted_claims"], tables["remitted_lines"], tables["remitted_adjustments"]
    )
    states = custody.claim_states(
        tables["claims"],
        tables["claim_lines"],
        tables["submissions"],
        tables["submission_claims"],
        ledger("submission_events"),
        ledger("acknowledgments"),
        tables["remitted_claims"],
        tables["remittances"],
        verdicts,
    )
    names = ("charge_lines", "claim_lines")
    return custody.encounter_states(
        tables["encounters"],
        tables["decisions"],
        ledger("quarantine"),
        *(tables[name] for name in names),
        states,
    )


def prove(tables: dict[str, pd.DataFrame]) -> proof.Proof:
    return proof.prove(tables, encounter_states(tables))


@pytest.fixture(scope="module")
def whole() -> dict[str, pd.DataFrame]:
    return whole_ledger()


@pytest.fixture(scope="module")
def states(whole) -> pd.DataFrame:
    return encounter_states(whole)


@pytest.fixture
def tables(whole) -> dict[str, pd.DataFrame]:
    """The whole ledger, to be broken: a test replaces frames and never changes one."""
    return dict(whole)


def test_a_whole_ledger_proves(tables):
    found = prove(tables)
    assert found.problems == []
    assert found.balanced
    assert found.remittances == {"count": 1, "bpr_cents": 14250, "cash_cents": 14250}
    assert found.custody == {
        "held": {"count": 1, "charge_cents": 0},
        "paid": {"count": 2, "charge_cents": 35000},
        "denied": {"count": 2, "charge_cents": 31000},
    }
    assert found.suspense_cents == 0
    assert sum(found.accounts.values()) == 0
    held = {name: cents for name, cents in found.accounts.items() if cents}
    assert held == {
        "cash": 14250,
        "contractual": 4000,
        "interest_income": -250,
        "payer_overpayments": 1000,
        "receivable_patient": 1000,
        # 310.00 denied, and 150.00 that the first 835 of this claim would have answered
        "receivable_payer": 46000,
        "revenue": -66000,
    }


def test_the_proof_prints_as_json(tables):
    printed = json.loads(json.dumps(prove(tables).to_dict()))
    assert list(printed) == ["balanced", "accounts", "remittances", "custody", "suspense_cents", "problems"]


def test_only_the_named_columns_are_needed(tables, states):
    slim = {name: tables[name][columns] for name, columns in proof.NEEDS.items()}
    assert proof.prove(slim, states) == proof.prove(tables, states)


def test_an_empty_ledger_proves():
    found = proof.prove(
        {name: ledger(name) for name in proof.NEEDS}, custody.shapes.empty(custody.ENCOUNTER_STATE)
    )
    assert found.balanced
    assert found.custody == {}
    assert found.remittances == {"count": 0, "bpr_cents": 0, "cash_cents": 0}


def test_what_was_not_looked_at_is_not_proved(tables, states):
    del tables["journal"]
    with pytest.raises(KeyError, match="journal"):
        proof.prove(tables, states)


def change(tables: dict[str, pd.DataFrame], name: str, row: int, **values: Any) -> None:
    """One stored row is not what it was."""
    frame = tables[name].copy()
    for column, value in values.items():
        frame.loc[frame.index[row], column] = value
    tables[name] = frame


def drop(tables: dict[str, pd.DataFrame], name: str, row: int) -> None:
    tables[name] = tables[name].drop(index=tables[name].index[row])


def double(tables: dict[str, pd.DataFrame], name: str, row: int) -> None:
    tables[name] = pd.concat([tables[name], tables[name].iloc[[row]]], ignore_index=True)


FAULTS = {
    "an entry a cent off": (lambda t: change(t, "journal", 0, amount_cents=20001), {"posting_zero"}),
    "an entry lost": (lambda t: drop(t, "journal", 0), {"posting_zero"}),
    "a closed month that is not what it was": (
        lambda t: t.update(closings=ledger("closings", {"period": "2026-01", "balances_sha256": "0" * 64})),
        {"closed_month"},
    ),
    "an account nobody knows": (lambda t: change(t, "journal", 0, account="petty_cash"), {"account_known"}),
    "a remittance nobody posted": (
        lambda t: t.update(journal=t["journal"][t["journal"]["remittance_id"].isna()]),
        {"cash_is_bpr"},
    ),
    "cash without its remittance": (
        lambda t: drop(t, "remittances", 0),
        {"cash_has_remittance"},
    ),
    "a payment a cent off": (
        lambda t: change(t, "remittances", 0, bpr_cents=14251),
        {"cash_is_bpr", "remittance_balance"},
    ),
    "an adjustment lost": (lambda t: drop(t, "remitted_adjustments", 0), {"line_balance", "claim_balance"}),
    "a remitted claim lost": (
        lambda t: drop(t, "remitted_claims", 3),
        {"remittance_balance", "remittance_paid", "remittance_claims", "line_match"},
    ),
    "a PLB lost": (lambda t: drop(t, "provider_adjustments", 0), {"remittance_balance", "remittance_plb"}),
    "a charge posted twice": (
        lambda t: t.update(
            journal=pd.concat([t["journal"], t["journal"].iloc[:2].assign(posting_id="AGAIN")])
        ),
        {"charge_posted_once"},
    ),
    "a charge not posted": (
        lambda t: t.update(journal=t["journal"].iloc[2:]),
        {"charge_posted_once"},
    ),
    "a charge changed": (
        lambda t: change(t, "charge_lines", 0, charge_cents=20001),
        {"charge_posted_once", "line_is_charge"},
    ),
    "a charge lost": (lambda t: drop(t, "charge_lines", 0), {"posting_has_charge", "line_has_charge"}),
    "an encounter lost": (lambda t: drop(t, "encounters", 0), {"charge_has_encounter", "state_of_encounter"}),
    "a claim of another size": (
        lambda t: change(t, "claims", 0, charge_cents=20001),
        {"claim_is_lines", "file_is_claims"},
    ),
    "a claim lost": (
        lambda t: drop(t, "claims", 0),
        {"line_has_claim", "file_is_claims", "file_has_claim", "match_exists"},
    ),
    "a file of another size": (lambda t: change(t, "submissions", 0, charge_cents=1), {"file_is_claims"}),
    "a file that counts wrongly": (lambda t: change(t, "submissions", 0, claims=4), {"file_count"}),
    "a charge on two live claims": (
        lambda t: t.update(
            claims=pd.concat([t["claims"], ledger("claims", claim("C2", 20000))], ignore_index=True),
            claim_lines=pd.concat(
                [
                    t["claim_lines"],
                    ledger(
                        "claim_lines",
                        claim_line("L2", "C2", 20000, charge_id="CHL0000000001", encounter_id="EL0000000001"),
                    ),
                ],
                ignore_index=True,
            ),
        ),
        {"charge_claimed_once"},
    ),
    "a unit too many": (lambda t: double(t, "authorization_units", 0), {"authorization_units"}),
    "a match to nothing": (
        lambda t: change(t, "remitted_claims", 0, claim_id="GONE"),
        {"match_exists", "line_match"},
    ),
    "a line matched to another claim's": (
        lambda t: change(t, "remitted_lines", 0, line_id="L0000000002"),
        {"line_match"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_nothing_else(tables, states, fault):
    break_it, checks = FAULTS[fault]
    break_it(tables)
    found = proof.prove(tables, states)
    assert not found.balanced
    assert {problem["check"] for problem in found.problems} == checks
    assert all(problem["subject_id"] for problem in found.problems)


def test_a_problem_names_id_position_and_cents(tables, states):
    drop(tables, "remitted_adjustments", 0)
    line = tables["remitted_lines"]["remitted_line_id"].iloc[0]
    assert {
        "check": "line_balance",
        "subject_kind": "remitted_line",
        "subject_id": line,
        "position": 1,
        "cents": 5000,
    } in proof.prove(tables, states).problems


@pytest.mark.parametrize(
    "break_it",
    [
        lambda states: states.iloc[1:],
        lambda states: pd.concat([states, states.iloc[:1].assign(state="held")]),
        lambda states: states.assign(state=states["state"].replace("held", "nowhere")),
    ],
    ids=["none", "two", "unknown"],
)
def test_every_encounter_is_in_exactly_one_state(tables, states, break_it):
    found = proof.prove(tables, break_it(states))
    assert "one_state" in {problem["check"] for problem in found.problems}


def test_a_replaced_claim_does_not_bill_its_charges_twice(tables):
    again = claim("C2", 20000, replaces_claim_id="C000000001", attempt=2)
    line = claim_line("L2", "C2", 20000, charge_id="CHL0000000001", encounter_id="EL0000000001")
    tables["claims"] = pd.concat([tables["claims"], ledger("claims", again)], ignore_index=True)
    tables["claim_lines"] = pd.concat([tables["claim_lines"], ledger("claim_lines", line)], ignore_index=True)
    found = prove(tables)
    assert found.problems == []
    assert found.custody["built"] == {"count": 1, "charge_cents": 20000}


def test_a_withdrawn_charge_is_posted_and_taken_back(tables):
    extra = ledger("charge_lines", {"charge_id": "OLD", "encounter_id": "E5", "charge_cents": 900})
    tables["charge_lines"] = pd.concat([tables["charge_lines"], extra], ignore_index=True)
    taken_back = [posting.post_charges(extra), posting.withdraw_charges(extra)]
    tables["journal"] = pd.concat([tables["journal"], *taken_back], ignore_index=True)
    assert prove(tables).problems == []


def test_suspense_shows_and_is_no_fault():
    strange = remit(clp("SOMEBODY", "1", 500, 500, svc(500, 500)), plb=(("CS", "X", 500),))
    facts = matched(strange)
    journal = journal_of({**vars(facts), "claims": ledger("claims"), "claim_lines": ledger("claim_lines")})
    tables = {name: ledger(name) for name in proof.NEEDS} | {
        name: getattr(facts, name) for name in proof.NEEDS if hasattr(facts, name)
    }
    found = proof.prove(tables | {"journal": journal}, custody.shapes.empty(custody.ENCOUNTER_STATE))
    assert found.balanced
    assert found.suspense_cents == 1000
    assert accounts.by_claim(journal, "cash", ledger("claims"), ledger("claim_lines")).empty


def test_what_an_account_holds_for_a_claim_has_its_charges_and_those_of_its_replacements(tables):
    """Charges are posted without a claim, and the first answer may name either claim."""
    again = claim("C2", 20000, replaces_claim_id="C000000001", attempt=2)
    claims = pd.concat([tables["claims"], ledger("claims", again)], ignore_index=True)
    found = accounts.by_claim(tables["journal"], "receivable_payer", claims, tables["claim_lines"])
    journal = tables["journal"]
    late = journal.assign(claim_id=journal["claim_id"].replace("C000000001", "C2"))
    assert found["cents"].sum() == accounts.balances(journal)["receivable_payer"]
    assert "C000000001" in set(found["claim_id"])
    pd.testing.assert_frame_equal(
        accounts.by_claim(late, "receivable_payer", claims, tables["claim_lines"]), found
    )


def test_a_claim_replaced_in_part_bills_no_charge_twice_and_hides_none_that_is(tables):
    """Line 1 went over to C2, line 2 stays on the old claim; billed on a stranger as well, it is twice."""
    extra = {"charge_id": "CHX", "encounter_id": "EX", "decision_id": "DX", "charge_cents": 0}
    tables["encounters"] = pd.concat([tables["encounters"], ledger("encounters", {"encounter_id": "EX"})])
    tables["charge_lines"] = pd.concat([tables["charge_lines"], ledger("charge_lines", extra)])
    again = claim("C2", 20000, replaces_claim_id="C000000001", attempt=2)
    tables["claims"] = pd.concat([tables["claims"], ledger("claims", again)], ignore_index=True)
    lines = [
        claim_line("X1", "C000000001", 0, charge_id="CHX", encounter_id="EX"),
        claim_line("L2", "C2", 20000, charge_id="CHL0000000001", encounter_id="EL0000000001"),
    ]
    tables["claim_lines"] = pd.concat([tables["claim_lines"], ledger("claim_lines", *lines)])
    assert prove(tables).problems == []
    stranger = claim_line("X2", "C000000002", 0, charge_id="CHX", encounter_id="EX")
    tables["claim_lines"] = pd.concat([tables["claim_lines"], ledger("claim_lines", stranger)])
    assert [p["check"] for p in prove(tables).problems] == ["charge_claimed_once"]


def own_money(tables: dict[str, pd.DataFrame], **changes: Any) -> list[tuple[str, int]]:
    """Problems of a ledger with a payment of 30.00, a write-off of 5.00 and a refund of 2.00 to the patient."""
    rows = {
        "patient_payments": {"payment_id": "PP1", "patient_id": "P0001", "amount_cents": 3000, "encounter_id": "E1"},
        "write_offs": {
            "write_off_id": "W1", "claim_id": "C000000001", "account": "receivable_patient", "kind": "charity",
            "amount_cents": 500,
        },
        "refunds": {"refund_id": "R1", "claim_id": "C000000001", "recipient": "patient", "amount_cents": 200},
    }  # fmt: skip
    facts = {name: ledger(name, row) for name, row in rows.items()}
    nobody = ledger("claims").assign(cents=pd.Series(dtype="Int64"))
    entries = [
        posting.patient_payments(facts["patient_payments"].assign(claim_id="C000000001"), nobody),
        posting.write_offs(facts["write_offs"], tables["claims"]),
        posting.refunds(facts["refunds"], tables["claims"], nobody),
    ]
    changed = {name: facts[name].assign(amount_cents=cents) for name, cents in changes.items()}
    journal = pd.concat([tables["journal"], *entries], ignore_index=True)
    problems = proof._own_money_posted_once(tables | facts | changed | {"journal": journal})
    return [(problem["check"], problem["cents"]) for problem in problems]


def test_the_practice_s_own_money_is_posted_once(tables):
    assert own_money(tables) == []
    assert own_money(tables, patient_payments=3001) == [("own_money_posted", 1)]
    assert own_money(tables, write_offs=400) == [("own_money_posted", 100)]
    assert own_money(tables, refunds=300) == [("own_money_posted", -100)]


def test_own_money_that_no_fact_knows_does_not_prove(tables):
    gone = {name: ledger(name) for name in ("patient_payments", "write_offs", "refunds")}
    paid = ledger("patient_payments", {"payment_id": "PP1", "patient_id": "P0001", "amount_cents": 3000})
    entries = posting.patient_payments(paid.assign(claim_id=None), ledger("claims").assign(cents=0))
    problems = proof._own_money_posted_once(tables | gone | {"journal": entries})
    assert [(problem["check"], problem["cents"]) for problem in problems] == [
        ("posting_has_own_money", 3000),
        ("posting_has_own_money", -3000),
    ]
