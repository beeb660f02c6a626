"""Claims to later payers through the stages: dossier 4.2 and costly mistake 21, with the proof at every step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.x12 import decode_837
from tests.support import billing_office, books, postgres
from tests.support.billing_office import AGAIN, LATER, PAYERS, POLICIES, Office, answered
from tests.support.pyx12_judge import errors_of
from tests.support.remittance_frames import remit

LEFT = (("CO", "45", 5_000), ("PR", "2", 3_000))
SECONDARY = "1999999999"


@pytest.fixture(params=["sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """A session of a person with two policies was sent to the first payer."""
    url = postgres.fresh_database() if request.param == "postgresql" else None
    with billing_office.prepared(tmp_path / "home", billing_office.sent_to_the_first, url) as office:
        yield office


def first(office: Office) -> str:
    return str(office.claims(payer_order="P")[0]["claim_id"])


def secondary(office: Office) -> str:
    return str(office.claims(payer_order="S")[-1]["claim_id"])


@pytest.mark.parametrize("office", ["sqlite", "postgresql"], indirect=True)
def test_what_the_first_payer_left_goes_to_the_next_one_line_by_line(office: Office) -> None:
    """CAS as it stood, AMT*D, SVD, dates with the lines; the patient owes what the last payer says."""
    office.answer(first(office), "1", *LEFT)
    assert office.accounts()["receivable_patient"] == 3_000
    office.daily(AGAIN)
    data = office.files()[-1]
    assert errors_of(data) == []
    wire = decode_837(data)
    (claim,) = wire.claims.to_pylist()
    assert (claim["payer_order"], claim["frequency"], claim["member_id"]) == ("S", "1", "SEC000000001")
    assert claim["authorization"] is None, "the first payer's"
    (payer,) = wire.other_payers.to_pylist()
    assert (payer["payer_order"], payer["paid_cents"], payer["payer_control"]) == ("P", 12_000, "ICN1")
    assert (payer["member_id"], payer["payer_id"], payer["adjudicated_date"]) == (
        "XYZ000000001",
        "99999",
        None,
    )
    (line,) = wire.line_payments.to_pylist()
    assert (line["paid_cents"], line["remaining_cents"], line["code"]) == (12_000, 3_000, "90837")
    assert line["adjudicated_date"] == billing_office.ANSWERED
    told = [(a["group_code"], a["carc"], a["amount_cents"]) for a in wire.adjustments.to_pylist()]
    assert told == list(LEFT)
    assert office.daily(LATER)["next_payers"]["claims"] == 0, "once"
    office.answer(secondary(office), "2", ("OA", "23", 17_000), ("PR", "3", 1_000), icn="S1", day=LATER)
    assert office.accounts() == {
        "cash": 14_000, "contractual": 5_000, "receivable_patient": 1_000, "revenue": -20_000,
    }  # fmt: skip
    assert (office.state(first(office)), office.state(secondary(office))) == ("paid", "paid")
    assert office.items("credits").empty


def test_medicare_as_the_next_payer_waits_until_its_policy_says_why(office: Office) -> None:
    """SBR05: without a reason the claim is kept in quarantine; the reason on the policy builds it."""
    office.load("payers", PAYERS[1] | {"filing_code": "MB"})
    office.answer(first(office), "1", *LEFT)
    assert office.daily(AGAIN)["next_payers"]["claims"] == 0
    (kept,) = office.book.read("quarantine")["reason"]
    assert "msp_type" in kept
    office.load("coverages", POLICIES[1] | {"msp_type": "12"})
    assert office.daily(LATER)["next_payers"]["claims"] == 1
    data = office.files()[-1]
    assert errors_of(data) == []
    (claim,) = decode_837(data).claims.to_pylist()
    assert (claim["payer_order"], claim["msp_type"], claim["filing_code"]) == ("S", "12", "MB")


def test_a_denial_that_names_another_payer_goes_on_and_takes_nothing_from_the_patient(office: Office) -> None:
    """The first payer denied all: nothing ever went to the patient, so nothing comes back from there."""
    office.answer(first(office), "1", ("CO", "109", 20_000))
    office.daily(AGAIN)
    office.answer(secondary(office), "2", ("CO", "45", 5_000), icn="S1", day=LATER)
    found = office.accounts()
    assert found.get("receivable_patient", 0) == 0
    assert found["cash"] == 15_000


@pytest.mark.parametrize(
    ("status", "cas"),
    [
        ("19", LEFT),  # the payer passed it on itself
        ("1", (("CO", "45", 8_000),)),  # nothing is left
        ("1", (("CO", "197", 20_000),)),  # a denial that is somebody's work
    ],
)
def test_what_crossed_over_left_nothing_or_is_work_is_not_sent(
    office: Office, status: str, cas: tuple[tuple[str, str, int], ...]
) -> None:
    office.answer(first(office), status, *cas)
    assert office.daily(AGAIN)["next_payers"]["claims"] == 0


def test_what_does_not_balance_stays_in_quarantine(office: Office) -> None:
    """Adjustments of the claim beside those of its lines have no place on the wire: a person looks."""
    own = answered(office.lines(first(office)), first(office), "1", (("CO", "45", 5_000),), "ICN1")
    whole = own | {"paid": own["paid"] - 3_000, "cas": (("PR", "2", 3_000),)}
    books.read(office.book, remit(whole, trace="EFT1", day=billing_office.ANSWERED))
    assert office.daily(AGAIN)["next_payers"] == {"claims": 0, "lines": 0, "units": 0, "new_quarantine": 2}
    reasons = set(office.book.read("quarantine")["reason"])
    assert any("add up" in reason for reason in reasons)


def test_a_changed_primary_answer_makes_the_secondary_claim_work_and_its_replacement(office: Office) -> None:
    office.answer(first(office), "1", *LEFT)
    office.daily(AGAIN)
    old = secondary(office)
    office.answer(old, "2", ("OA", "23", 17_000), icn="S1", day=AGAIN)
    assert office.items("corrections").empty
    lines = office.lines(first(office))
    back = answered(lines, first(office), "22", LEFT, "ICN1", sign=-1)
    then = answered(lines, first(office), "1", (("CO", "45", 6_000), ("PR", "2", 4_000)), "ICN1B")
    books.read(office.book, remit(back, then, trace="EFT9", day=LATER))
    (item,) = office.items("corrections").to_dict("records")
    assert (item["claim_id"], item["reason"]) == (old, "COB_OUT_OF_DATE")
    office.ask("correct", old)
    office.daily(LATER)
    (new,) = office.claims(frequency="7")
    assert (new["payer_order"], new["original_reference"], new["replaces_claim_id"]) == ("S", "S1", old)
    assert errors_of(office.files()[-1]) == []
    assert office.items("corrections").empty
    office.accounts()


def test_records_of_a_substance_use_programme_need_a_consent_for_the_next_payer_too(office: Office) -> None:
    with office.book.transaction() as tx:
        tx.load("coverages", office.book.current("coverages"))
    office.load("consents", {"recipient": "ACME"})
    office.load(
        "encounters",
        {"encounter_id": "E2", "service_date": "2026-01-12", "signed_on": "2026-01-12", "part2": True},
    )
    office.daily(billing_office.ANSWERED)
    (sud,) = office.claims(part2=True)
    office.answer(sud["claim_id"], "1", *LEFT)
    assert office.daily(AGAIN)["next_payers"]["new_quarantine"] == 1
    office.load("consents", {"recipient": "ACME"}, {"consent_id": "CO2", "recipient": "SECOND"})
    assert office.daily(LATER)["next_payers"]["claims"] == 1
