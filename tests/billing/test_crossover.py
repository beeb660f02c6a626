"""CLP02 19, 20, 21, 22, 23 and 25: who has the claim now, what is posted, what is waited for, and who is billed."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from tasks.billing import accounts, custody, denials, evidence
from tests.support.remittance_frames import (
    CLAIM_LINES,
    claim,
    clp,
    journal_of,
    ledger,
    matched,
    posted,
    remit,
    svc,
    with_next_payer,
)

ONE = "C000000001"
CLAIMS = ledger("claims", claim(ONE, 20000, secondary_coverage_id="V2"))
DAYS = {f"E{number}": dt.date(2026, number, 20) for number in range(1, 5)}
PAYERS = {"1512345678": "ACME", "1598765432": "NEXT", "1577777777": "SISTER"}


def one(status: str, paid: int, *cas, payer: str = "1512345678", trace: str = "E1", sign: int = 1, **more):
    """A remittance with one answer to the claim, with one line; `sign` -1 is its reversal."""
    charge = paid + sum(amount for _, _, amount in cas)
    back = tuple((group, carc, sign * amount) for group, carc, amount in cas)
    line = svc(sign * charge, sign * paid, *back, modifiers="95", control="L0000000001")
    return remit(
        clp(ONE, status, sign * charge, sign * paid, line, **more), payer=payer, trace=trace, day=DAYS[trace]
    )


PRIMARY = (12000, ("CO", "45", 5000), ("PR", "2", 3000))
SECOND = (2000, ("OA", "23", 17000), ("PR", "2", 1000))
UNTOLD = (2000, ("CO", "45", 17000), ("PR", "2", 1000))
NEXT = {"payer": "1598765432", "trace": "E2"}


def journal(*remits) -> pd.DataFrame:
    """What is posted, the payers known by their ids in the 835."""
    facts = matched(*remits, claims=CLAIMS, lines=CLAIM_LINES)
    named = facts.remittances.assign(payer_id=facts.remittances["payer_identifier"].map(PAYERS))
    return journal_of(
        {
            **vars(facts),
            "remittances": named,
            "claims": with_next_payer(CLAIMS, "NEXT"),
            "claim_lines": CLAIM_LINES,
        }
    )


def balances(*remits) -> dict[str, int]:
    return {name: cents for name, cents in accounts.balances(journal(*remits)).items() if cents}


def state(*remits) -> str:
    facts = matched(*remits, claims=CLAIMS, lines=CLAIM_LINES)
    verdicts = denials.classify(facts.remitted_claims, facts.remitted_lines, facts.remitted_adjustments)
    counted = evidence.counted(facts.remitted_claims, facts.remittances, verdicts)
    found = evidence.by_remittance(facts.remitted_claims, facts.remittances, counted)
    assert set(found["state"]) <= set(custody.STATES)
    return "".join(found["state"])


def verdict(*remits) -> dict[str, object]:
    facts = matched(*remits, claims=CLAIMS, lines=CLAIM_LINES)
    found = denials.classify(facts.remitted_claims, facts.remitted_lines, facts.remitted_adjustments)
    return found.iloc[-1].to_dict()


@pytest.mark.parametrize("status", ["19", "20", "21"])
def test_what_crossed_over_is_waited_for_and_nobody_is_billed(status):
    """The patient's share of an answer that went on to the next payer was to be billed to the patient."""
    sent_on = one(status, *PRIMARY)
    assert state(sent_on) == "crossed_over"
    assert (verdict(sent_on)["action"], verdict(sent_on)["flag"]) == ("mark_crossover", "wait_crossover")
    assert not verdict(sent_on)["denied"]


def test_a_remark_says_that_it_crossed_over_too():
    """MA18 beside status 1: the claim counted as answered for good, and the next payer's silence was no work."""
    sent_on = one("1", *PRIMARY, remarks="MA18")
    assert state(sent_on) == "crossed_over"
    assert verdict(sent_on)["action"] == "mark_crossover"
    assert state(sent_on, one("2", *SECOND, **NEXT)) == "paid"
    assert state(sent_on, one("22", *PRIMARY, sign=-1, trace="E3", remarks="MA18")) == "reversed"


def test_the_next_answer_ends_the_waiting_and_is_the_one_that_bills_the_patient():
    both = (one("19", *PRIMARY), one("2", *SECOND, **NEXT))
    assert state(*both) == "paid"
    assert verdict(*both)["action"] == "bill_patient"
    assert balances(*both)["receivable_patient"] == 1000


def test_the_second_payer_forwards_to_the_third():
    both = (one("19", *PRIMARY), one("20", *SECOND, **NEXT))
    third = one("3", 1000, ("OA", "23", 19000), payer="1500000003", trace="E3")
    assert state(*both) == "crossed_over"
    assert state(*both, third) == "paid"
    assert "receivable_patient" not in balances(*both, third)


@pytest.mark.parametrize("said", [SECOND, UNTOLD])
def test_a_reversal_of_the_next_payer_s_answer_undoes_that_answer_alone(said):
    """One that did not repeat the earlier write-offs as OA-23 was undone as if the first payer had answered."""
    first, second = one("19", *PRIMARY), one("2", *said, **NEXT)
    back = one("22", *said, sign=-1, payer="1598765432", trace="E3")
    again = one("2", 2500, said[1], ("PR", "2", 500), payer="1598765432", trace="E4")
    assert balances(first, second, back) == balances(first)
    assert balances(first, second, back, again) == balances(
        first, one("2", 2500, said[1], ("PR", "2", 500), **NEXT)
    )
    payers = journal(first, second, back)
    by_payer = (
        payers[payers["source"] == "answer"]
        .groupby("payer_id")["amount_cents"]
        .agg(lambda rows: rows.abs().sum())
    )
    assert set(by_payer.index) == {"ACME", "NEXT"}
    of_next = payers[(payers["source"] == "answer") & (payers["payer_id"] == "NEXT")]
    assert (of_next.groupby("account")["amount_cents"].sum() == 0).all()


def test_a_reversal_by_the_first_payer_undoes_the_first_answer():
    assert balances(one("19", *PRIMARY), one("22", *PRIMARY, sign=-1, trace="E3")) == {}
    assert state(one("19", *PRIMARY), one("22", *PRIMARY, sign=-1, trace="E3")) == "reversed"


def test_a_claim_that_was_not_the_payer_s_is_forwarded_and_posts_nothing():
    forwarded = one("23", 0, ("OA", "109", 20000))
    assert posted(forwarded, claims=CLAIMS, lines=CLAIM_LINES).empty
    assert state(forwarded) == "crossed_over"
    assert (verdict(forwarded)["denied"], verdict(forwarded)["action"]) == (False, "post_only")
    answered = one("1", *PRIMARY, **NEXT)
    assert state(forwarded, answered) == "paid"
    assert balances(forwarded, answered) == balances(answered)


def test_a_predetermination_posts_nothing_and_leaves_the_claim_where_it_is():
    estimate = one("25", 0, ("OA", "101", 20000))
    assert posted(estimate, claims=CLAIMS, lines=CLAIM_LINES).empty
    assert state(estimate) == ""
    assert (verdict(estimate)["denied"], verdict(estimate)["recoverable_cents"]) == (False, 0)
    paid = one("1", *PRIMARY, trace="E2")
    assert state(estimate, paid) == state(paid, estimate) == "paid"
    assert balances(estimate, paid) == balances(paid)


@pytest.mark.parametrize("payer", ["1577777777", "1588888888"])
def test_a_reversal_of_a_sister_company_was_undone_as_the_next_payers(payer):
    """The patient was billed for what the first payer had taken back, because another id than the payer's sent it."""
    answer = one("1", *PRIMARY, payer=payer, trace="E1")
    back = one("22", *PRIMARY, payer=payer, sign=-1, trace="E3")
    assert balances(answer, back) == {}
