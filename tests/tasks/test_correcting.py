"""Corrected claims through the stages: frequency_codes.tsv and costly mistake 6, with the proof at every step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.ledger import Ledger
from connectors.x12 import decode_837
from tasks import people, standing
from tasks.billing import authorizations, posting
from tests.support import billing_office, books, postgres
from tests.support.billing_office import AGAIN, ANSWERED, LATER, Office, answered
from tests.support.pyx12_judge import errors_of
from tests.support.remittance_frames import remit

PAID = (("CO", "45", 1_000), ("PR", "3", 500))
LATEST = dt.date(2026, 3, 2)
TWO = ({}, {"encounter_id": "E2", "service_date": "2026-01-06", "signed_on": "2026-01-06", "minutes": 30})
SHORTER = {"encounter_id": "E1", "minutes": 45}  # 90834 in place of 90837


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A claim of two days was sent; the payer said nothing yet."""
    with billing_office.prepared(tmp_path / "home", sent) as office:
        yield office


def sent(office: Office) -> None:
    office.masters()
    office.load("payers", billing_office.PAYERS[0] | {"date_window_days": 7})
    office.load("encounters", *TWO)
    office.daily()


def first(office: Office) -> str:
    return str(office.claims()[0]["claim_id"])


def left(office: Office) -> int:
    on_file = office.book.current("authorizations")
    return int(authorizations.available(on_file, standing.authorization_units(office.book))["AU1"])


def why(office: Office) -> list[str]:
    """Reasons of the corrections that wait."""
    items = office.items("corrections")
    assert items["next_action"].notna().all()
    assert items["deadline"].notna().all()
    return sorted(items["reason"])


def charged(office: Office) -> set[str]:
    """Postings of charges that stand: what was withdrawn and given back leaves nothing in the fingerprint."""
    journal = office.book.read("journal")
    return set(posting.standing(journal[journal["source"].str.startswith("charge")])["posting_id"])


def replaced(office: Office, icn: str = "ICN1") -> str:
    """The claim was paid, its first session was shortened, and the correction is sent; its id."""
    office.answer(first(office), "1", *PAID, icn=icn)
    office.load("encounters", SHORTER)
    office.ask("correct", first(office))
    office.daily(AGAIN)
    return str(office.claims(frequency="7")[0]["claim_id"])


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_changed_session_of_a_paid_claim_replaces_the_whole_claim(tmp_path: Path, engine: str) -> None:
    """Frequency 7, the newest number, all lines; after the takeback nothing is left of what was replaced."""
    url = postgres.fresh_database() if engine == "postgresql" else None
    with billing_office.prepared(tmp_path / "home", sent, url) as office:
        old = first(office)
        new = replaced(office)
        (row,) = office.claims(claim_id=new)
        assert (row["original_reference"], row["replaces_claim_id"], row["attempt"]) == ("ICN1", old, 2)
        assert (row["cause"], row["charge_cents"]) == ("correction", 27_000)
        assert office.lines(new)["code"].tolist() == ["90834", "90832"], "changed and unchanged lines"
        assert (office.state(old), office.state(new)) == ("replaced", "sent")
        assert left(office) == 10, "one unit for each session, and none for the old one"
        data = office.files()[-1]
        assert errors_of(data) == []
        wire = decode_837(data).claims.to_pylist()
        assert [(c["frequency"], c["original_reference"]) for c in wire] == [("7", "ICN1")]
        assert office.accounts() == {
            "cash": 29_000, "contractual": 2_000, "receivable_patient": 1_000, "receivable_payer": -5_000,
            "revenue": -27_000,
        }  # fmt: skip
        assert office.items("credits").empty, "until the payer has answered it is no credit"
        back = answered(office.lines(old), old, "22", PAID, "ICN1", sign=-1)
        then = answered(office.lines(new), new, "1", PAID, "ICN7")
        books.read(office.book, remit(back, then, trace="EFT7", day=LATER))
        assert office.accounts() == {
            "cash": 24_000, "contractual": 2_000, "receivable_patient": 1_000, "revenue": -27_000,
        }  # fmt: skip
        assert (office.state(old), office.state(new)) == ("replaced", "paid")
        assert why(office) == []


def test_nothing_is_sent_twice(office: Office) -> None:
    """A rerun, the same content loaded again, a second wish while the first is not answered."""
    new = replaced(office)
    before = office.book.fingerprint()
    office.load("encounters", SHORTER)
    assert office.daily(AGAIN)["corrections"]["claims"] == 0
    assert office.book.fingerprint() == before
    office.load("encounters", SHORTER | {"minutes": 30})
    office.ask("correct", new)
    assert office.daily(LATER)["corrections"] | {"new_quarantine": 0} == {
        "claims": 0, "lines": 0, "units": 0, "new_quarantine": 0, "waiting": 1,
    }  # fmt: skip
    assert why(office) == ["AWAITING_ANSWER"]
    with pytest.raises(people.Refused, match="took the place"):
        office.ask("correct", first(office))
    office.answer(new, "1", *PAID, icn="ICN7", day=LATER)
    office.daily(LATER)
    (third,) = [c for c in office.claims(frequency="7") if c["replaces_claim_id"] == new]
    assert (third["original_reference"], third["attempt"]) == ("ICN7", 3), "the newest number"


def test_without_a_wish_the_change_is_held_and_without_an_answer_it_waits(office: Office) -> None:
    office.load("encounters", SHORTER)
    office.daily(AGAIN)
    assert set(office.items("holds")["reason"]) == {"GATE_AMENDED"}
    told = office.ask("correct", first(office))
    assert "waits" in told.what
    office.daily(AGAIN)
    assert len(office.claims()) == 1, "never a second original"
    assert why(office) == ["AWAITING_ANSWER"]
    office.answer(first(office), "1", *PAID)
    office.daily(AGAIN)
    assert [claim["frequency"] for claim in office.claims()] == ["1", "7"]


def test_an_equal_claim_is_not_sent_and_a_new_policy_number_is_a_change(office: Office) -> None:
    office.answer(first(office), "1", ("CO", "31", 5_000))
    office.ask("correct", first(office))
    office.daily(AGAIN)
    assert why(office) == ["NOTHING_CHANGED"]
    office.load("coverages", billing_office.POLICIES[0] | {"member_id": "XYZ000000002"})
    office.daily(AGAIN)
    (new,) = office.claims(frequency="7")
    assert set(office.lines(new["claim_id"])["charge_id"]) == set(office.lines(first(office))["charge_id"])
    assert b"XYZ000000002" in office.files()[-1]
    assert office.accounts()["revenue"] == -32_000, "unchanged charges stay as they are posted"


def test_units_of_a_denied_line_are_reserved_again_for_its_correction(office: Office) -> None:
    """Costly mistake 18: given back by the denial, held again by the replacement."""
    for line in office.lines(first(office)).itertuples():
        assert line.units == 1
    office.answer(first(office), "1", ("CO", "16", 12_000))
    assert left(office) == 11, "a line denied in full gives its unit back; one cut in part does not"
    office.load("coverages", billing_office.POLICIES[0] | {"member_id": "XYZ000000002"})
    office.ask("correct", first(office))
    office.daily(AGAIN)
    assert left(office) == 10
    office.accounts()


@pytest.mark.parametrize("remark", ["MA130", "N142"])
def test_what_came_back_unprocessable_goes_as_an_original(office: Office, remark: str) -> None:
    lines = office.lines(first(office))
    denied = [
        answered(lines[lines["line_id"] == line], first(office), "1", (("CO", "16", cents),), "ICN1", remark)
        for line, cents in zip(lines["line_id"], lines["charge_cents"].tolist(), strict=True)
    ]
    books.read(office.book, remit(*denied, trace="EFT1", day=ANSWERED))
    office.load("encounters", SHORTER)
    office.ask("correct", first(office))
    office.daily(AGAIN)
    new = office.claims()[-1]
    assert (new["frequency"], new["original_reference"]) == ("1", None)
    assert new["replaces_claim_id"] == first(office)
    office.accounts()


def test_what_the_front_end_rejected_goes_as_an_original_and_cannot_be_voided(office: Office) -> None:
    office.says(first(office), "A3")
    with pytest.raises(people.Refused, match="nothing to void"):
        office.ask("void", first(office))
    assert "original" in office.ask("correct", first(office)).what
    office.daily(AGAIN)
    new = office.claims()[-1]
    assert (new["frequency"], new["attempt"], new["replaces_claim_id"]) == ("1", 2, first(office))


def test_a_rejected_replacement_goes_again_as_a_replacement(office: Office) -> None:
    """The payer still has the first claim: neither the change nor a resubmission may go as an original."""
    new = replaced(office)
    office.says(new, "A3", day=AGAIN)
    assert office.state(new) == "rejected"
    (item,) = office.items("rejections").to_dict("records")
    assert "frequency 1" not in item["next_action"]
    office.load("encounters", SHORTER | {"minutes": 30})
    office.daily(LATER)
    assert set(office.items("holds")["reason"]) == {"GATE_AMENDED"}
    people.act(office.book, item["item_id"], "resubmit", actor="kim", reason="NPI corrected")
    office.daily(LATER)
    last = office.claims()[-1]
    assert (last["frequency"], last["original_reference"], last["replaces_claim_id"]) == ("7", "ICN1", new)
    assert office.lines(last["claim_id"])["code"].tolist() == ["90832", "90832"]
    assert left(office) == 10
    office.accounts()


def test_a_wish_can_be_taken_back(office: Office) -> None:
    office.answer(first(office), "1", *PAID)
    office.ask("correct", first(office))
    (item,) = office.items("corrections").to_dict("records")
    people.act(office.book, item["item_id"], "resolve", actor="kim", reason="it was right")
    office.load("encounters", SHORTER)
    office.daily(AGAIN)
    assert len(office.claims()) == 1
    assert set(office.items("holds")["reason"]) == {"GATE_AMENDED"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"encounter_id": "E1", "modality": "in_person"},
            "SPLITS",
        ),  # another place of service than the other day
        ({"encounter_id": "E1", "signed_on": None}, "ENCOUNTER_OPEN"),
    ],
)
def test_what_cannot_be_one_claim_waits_and_is_no_original(
    office: Office, change: dict[str, Any], reason: str
) -> None:
    office.answer(first(office), "1", *PAID)
    office.load("encounters", change)
    office.ask("correct", first(office))
    office.daily(AGAIN)
    assert len(office.claims()) == 1
    assert why(office) == [reason]
    office.accounts()


def test_a_void_takes_the_charges_back_when_the_payer_takes_it(office: Office) -> None:
    old = first(office)
    office.answer(old, "1", *PAID)
    office.ask("void", old)
    office.daily(AGAIN)
    (void,) = office.claims(frequency="8")
    assert (void["original_reference"], void["cause"], void["charge_cents"]) == ("ICN1", "void", 32_000)
    assert office.lines(void["claim_id"])["code"].tolist() == office.lines(old)["code"].tolist()
    assert errors_of(office.files()[-1]) == []
    assert office.accounts()["revenue"] == -32_000
    assert left(office) == 10
    office.says(void["claim_id"], "A2", day=AGAIN)
    office.settle()
    assert "revenue" not in office.accounts()
    assert left(office) == 12
    assert office.state(void["claim_id"]) == "accepted"
    back = answered(office.lines(old), old, "22", PAID, "ICN1", sign=-1)
    books.read(office.book, remit(back, trace="EFT8", day=LATER))
    office.settle()
    assert office.accounts() == {}
    assert (office.state(old), office.state(void["claim_id"])) == ("replaced", "voided")
    assert set(standing.encounter_states(office.book, standing.claim_states(office.book))["state"]) == {
        "voided"
    }
    # What was voided may be billed again, changed, as an original.
    office.load("encounters", SHORTER)
    office.daily(LATER)
    new = office.claims()[-1]
    assert (new["frequency"], new["original_reference"], new["charge_cents"]) == ("1", None, 15_000)
    office.accounts()


def test_a_void_that_is_taken_and_then_refused_leaves_the_same_ledger_whenever_it_was_looked_at(
    office: Office,
) -> None:
    """Its charges are withdrawn with the acceptance, and are owed again with the refusal that comes after it."""
    old = first(office)
    office.answer(old, "1", *PAID)
    office.ask("void", old)
    office.daily(AGAIN)
    (void,) = office.claims(frequency="8")
    before = charged(office)
    for day, code, state, after in (
        (AGAIN, "A2", "accepted", None),
        (LATER, "A3", "rejected", before),
        (LATEST, "A2", "accepted", None),
    ):
        office.says(void["claim_id"], code, day=day)
        office.settle()
        assert office.state(void["claim_id"]) == state
        assert office.accounts().get("revenue", 0) == (-32_000 if after else 0)
        assert charged(office) == (after or charged(office))
    told = office.book.count("journal")
    office.settle()
    assert office.book.count("journal") == told


def test_a_correction_carries_the_authorization_that_came_after_the_charge(tmp_path: Path) -> None:
    """Nothing but the authorization changed: before it is there nothing is sent, then it is on the claim, and once."""
    made = billing_office.settings(tmp_path / "home")
    late = {"codes": "90837 90834 90832"}
    with Ledger.open(made.ledger_url) as book:
        office = Office(made, book)
        office.masters()
        office.load("payers", billing_office.PAYERS[0] | {"auth_codes": "90791"})
        office.load("authorizations", late | {"status": "pended"})
        office.load("encounters", {})
        office.daily()
        old = first(office)
        assert office.claims()[0]["authorization_number"] is None
        office.answer(old, "1", ("CO", "197", 20_000))
        office.ask("correct", old)
        office.daily(AGAIN)
        assert (len(office.claims()), why(office)) == (1, ["NOTHING_CHANGED"])
        office.load("authorizations", late)
        assert why(office) == []
        office.daily(LATER)
        (new,) = office.claims(frequency="7")
        number = book.current("authorizations")["number"].iloc[0]
        assert (new["authorization_number"], new["original_reference"]) == (number, "ICN1")
        assert left(office) == 11
        office.daily(LATEST)
        assert (len(office.claims()), left(office)) == (2, 11)
        office.answer(new["claim_id"], "1", *PAID, icn="ICN2", day=LATEST)
        assert left(office) == 11
        office.accounts()
