"""What a patient is asked for where several claims are about the same charges: always what the journal holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks import settling, stating
from tests.support import billing_office, books
from tests.support.billing_office import AGAIN, ANSWERED, LATER, Office, answered
from tests.support.remittance_frames import ledger as rows
from tests.support.remittance_frames import remit

LEFT = (("CO", "45", 5_000), ("PR", "2", 3_000))
TODAY = dt.date(2026, 3, 10)
WORD = {"day": LATER, "person": "kim", "reason": "agreed with the patient"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A session of a person with two policies was sent to the first payer."""
    with billing_office.prepared(tmp_path / "home", billing_office.sent_to_the_first) as office:
        yield office


def claim(office: Office, order: str = "P") -> str:
    return str(office.claims(payer_order=order)[-1]["claim_id"])


def answered_by_both(office: Office) -> None:
    office.answer(claim(office), "1", *LEFT)
    office.daily(AGAIN)
    office.answer(claim(office, "S"), "2", ("OA", "23", 17_000), ("PR", "3", 1_000), icn="S1", day=LATER)


def asked(office: Office) -> tuple[int, int]:
    """What all statements ask for, and the credits they show."""
    lines, credit = stating.accounts(office.book, TODAY)
    return int(lines["owed_cents"].sum()), int(credit["credit_cents"].sum())


def pays(office: Office, cents: int) -> None:
    row = {"payment_id": "PP1", "patient_id": "P0001", "received_on": ANSWERED, "amount_cents": cents}
    office.book.load("patient_payments", rows("patient_payments", row | {"encounter_id": "E1"}))
    office.settle()


@pytest.mark.parametrize("order", ["P", "S"])
def test_a_statement_asks_what_the_journal_holds_whichever_claim_of_the_family_is_named(
    office: Office, order: str
) -> None:
    """A take-back stands at the secondary claim, a write-off at the one that a person named."""
    answered_by_both(office)
    assert asked(office) == (1_000, 0)
    settling.write_off(office.book, claim(office, order), 400, "charity", side="patient", **WORD)
    assert asked(office) == (600, 0)
    assert office.accounts()["receivable_patient"] == 600


@pytest.mark.parametrize("order", ["P", "S"])
def test_a_refund_is_no_credit_any_more_whichever_claim_of_the_family_it_names(
    office: Office, order: str
) -> None:
    answered_by_both(office)
    pays(office, 3_000)
    assert asked(office) == (0, 2_000)
    settling.refund(office.book, claim(office, order), "patient", 2_000, **WORD)
    assert asked(office) == (0, 0)


def test_nothing_is_asked_while_an_answer_is_taken_back(office: Office) -> None:
    """The secondary's answer is reversed: what the patient owes is not known until it says something else."""
    answered_by_both(office)
    took_back = (("OA", "23", 17_000), ("PR", "3", 1_000))
    office.answer(claim(office, "S"), "22", *took_back, icn="S1", day=TODAY, sign=-1)
    assert office.state(claim(office, "S")) == "reversed"
    assert asked(office) == (0, 0)


def test_a_family_whose_next_payer_is_left_nothing_is_not_waited_for_and_shows_its_credit(
    office: Office,
) -> None:
    """The primary paid all but the write-off: no claim goes to the second payer, and the copay is to be given back."""
    pays(office, 2_500)
    office.answer(claim(office), "1", ("CO", "45", 5_000))
    assert office.daily(AGAIN)["next_payers"]["claims"] == 0
    (item,) = office.items("credits").to_dict("records")
    assert (item["amount_cents"], item["reason"]) == (2_500, "CREDIT_PATIENT")


def test_a_denial_that_is_written_off_is_not_waited_for_and_does_not_keep_the_rest_from_the_next_payer(
    office: Office,
) -> None:
    """Two visits on a claim: one left a copay, the other was denied for good and is let go."""
    office.load("payers", billing_office.PAYERS[0] | {"date_window_days": 7})
    for number, day in ((2, "2026-01-13"), (3, "2026-01-14")):
        office.load("encounters", {"encounter_id": f"E{number}", "service_date": day, "signed_on": day})
    office.daily(ANSWERED)
    both = office.claims(payer_order="P")[-1]["claim_id"]
    lines = office.lines(both)
    assert len(lines) == 2
    paid = answered(lines.iloc[:1], both, "1", LEFT, "ICN2")
    denied = answered(lines.iloc[1:], both, "1", (("CO", "29", int(lines["charge_cents"].iloc[1])),), "ICN2")
    whole = paid | {name: paid[name] + denied[name] for name in ("charge", "paid", "lines")}
    books.read(office.book, remit(whole, trace="EFT2", day=LATER))
    assert office.daily(LATER)["next_payers"]["claims"] == 0
    settling.write_off(office.book, both, int(lines["charge_cents"].iloc[1]), "timely_filing", line=2, **WORD)
    assert office.daily(LATER)["next_payers"]["claims"] == 1
