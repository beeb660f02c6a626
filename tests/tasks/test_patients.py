"""The practice's own money in the journal: patients' payments, write-offs and refunds, on both engines.

The office of `tests.support.books`: C000000001 (one line of 200.00) is paid 120.00 with 30.00 the patient's.
"""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from connectors.ledger import Ledger, conform
from tasks import closing, patients, recognising, settling
from tasks.billing import accounts, posting
from tasks.people import Refused
from tests.support import books, postgres
from tests.support.histories import filled
from tests.support.remittance_frames import claim, claim_line, clp, remit, svc

FIRST, SECOND = "C000000001", "C000000002"
DAY = dt.date(2026, 2, 20)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Ledgers that were migrated and have nothing in them, to be copied."""
    places = {
        "sqlite": f"sqlite:///{tmp_path_factory.mktemp('empty')}/l.sqlite",
        "postgresql": postgres.fresh_database(),
    }
    for url in places.values():
        Ledger.open(url).close()
    return places


@pytest.fixture(params=["sqlite", "postgresql"])
def book(request: pytest.FixtureRequest, empty: dict[str, str], tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "sqlite":
        url = copied(empty["sqlite"], tmp_path / "l.sqlite")
    else:
        url = postgres.fresh_database(postgres.name_of(empty["postgresql"]))
    with Ledger.open(url, migrate=False) as opened:
        yield opened


def copied(url: str, place: Path) -> str:
    shutil.copy(url.removeprefix("sqlite:///"), place)
    return f"sqlite:///{place}"


def paid(book: Ledger, number: int, cents: int, encounter: str | None = None, day: dt.date = DAY) -> None:
    """A patient's payment comes in, as `load patient_payments` stores it."""
    row = {"payment_id": f"PP{number}", "patient_id": "P0001", "received_on": day, "amount_cents": cents}
    with book.transaction() as tx:
        tx.load(
            "patient_payments", conform("patient_payments", pd.DataFrame([row | {"encounter_id": encounter}]))
        )
        patients.settle(tx)


def held(book: Ledger) -> dict[str, int]:
    return {name: cents for name, cents in accounts.balances(book.read("journal")).items() if cents}


def by_claim(book: Ledger, account: str = "receivable_patient") -> dict[str, int]:
    tables = (book.read(name) for name in ("claims", "claim_lines"))
    rows = accounts.by_claim(book.read("journal"), account, *tables)
    return {row.claim_id: row.cents for row in rows.itertuples() if row.cents}


def sound(book: Ledger) -> None:
    """Every posting sums to zero, and what stands is what is wanted of the facts alone."""
    journal = book.read("journal")
    assert (journal.groupby("posting_id")["amount_cents"].sum() == 0).all()
    with book.transaction() as tx:
        assert patients.settle(tx) == 0
        again = posting.changes(patients._posted(tx), patients.wanted(tx))
    assert again.empty


def test_a_payment_for_an_encounter_lowers_what_its_claim_s_patient_owes(book: Ledger) -> None:
    books.charged(book)
    books.read(book, books.PAID)
    paid(book, 1, 2_500, "EL1")
    assert (by_claim(book), held(book)["cash_patient"]) == ({FIRST: 500}, 2_500)
    sound(book)


def test_a_payment_without_an_encounter_goes_to_the_oldest_that_is_owed_and_the_rest_is_a_credit(
    book: Ledger,
) -> None:
    books.charged(book)
    books.read(book, books.PAID)
    paid(book, 1, 5_000)
    assert by_claim(book) == {}
    rows = book.read("journal", {"account": "receivable_patient", "source": "patient_payment"})
    assert sorted(zip(rows["claim_id"].fillna(""), rows["amount_cents"], strict=True)) == [
        ("", -2_000),
        (FIRST, -3_000),
    ]
    sound(book)


def test_money_that_came_before_the_answer_finds_its_claim_when_the_answer_comes(book: Ledger) -> None:
    paid(book, 1, 3_000)
    paid(book, 2, 100, "EL2")
    assert set(book.read("journal", {"account": "receivable_patient"})["claim_id"].isna()) == {True}
    books.charged(book)
    books.read(book, books.PAID)
    assert by_claim(book) == {SECOND: -100}
    assert book.read("journal", {"source": "patient_payment_withdrawn"}).shape[0] > 0
    sound(book)


def test_a_changed_payment_takes_the_place_of_the_one_before_and_the_same_one_changes_nothing(
    book: Ledger,
) -> None:
    books.charged(book)
    books.read(book, books.PAID)
    paid(book, 1, 2_500, "EL1")
    before = book.fingerprint()
    paid(book, 1, 2_500, "EL1")
    assert book.fingerprint() == before
    paid(book, 1, 1_000, "EL1")
    assert (by_claim(book), held(book)["cash_patient"]) == ({FIRST: 2_000}, 1_000)
    sound(book)


def test_money_paid_back_comes_from_the_credit(book: Ledger) -> None:
    books.charged(book)
    books.read(book, books.PAID)
    paid(book, 1, 5_000, "EL1")
    assert by_claim(book) == {FIRST: -2_000}
    paid(book, 2, -2_000)
    assert (by_claim(book), held(book)["cash_patient"]) == ({}, 3_000)
    sound(book)


def test_money_paid_back_came_from_elsewhere_unless_an_answer_had_been_withdrawn(book: Ledger) -> None:
    """The credit is that of the claim that was paid for, though no payer has said anything about it."""
    books.charged(book)
    paid(book, 1, 200, "EL2")
    paid(book, 2, -50)
    assert by_claim(book) == {SECOND: -150}
    sound(book)


def test_a_line_is_written_off_up_to_what_is_left_of_it_and_not_of_the_claim(book: Ledger) -> None:
    """A claim of two lines: one is paid, the other denied."""
    two = [claim_line("LA", "CTWO", 12_000), claim_line("LB", "CTWO", 8_000, position=2)]
    charges = [
        {"charge_id": f"CH{name}", "encounter_id": f"E{name}", "charge_cents": cents, "patient_id": "P0001"}
        for name, cents in (("LA", 12_000), ("LB", 8_000))
    ]
    with book.transaction() as tx:
        tx.add("charge_lines", filled("charge_lines", *charges))
        tx.add("journal", posting.post_charges(filled("charge_lines", *charges)))
        tx.add("claims", filled("claims", claim("CTWO", 20_000)))
        tx.add("claim_lines", filled("claim_lines", *two))
    paid_line = svc(12_000, 9_000, ("CO", "45", 3_000), control="LA")
    denied = svc(8_000, 0, ("CO", "197", 8_000), control="LB")
    books.read(
        book, remit(clp("CTWO", "1", 20_000, 9_000, paid_line, denied), trace="EFT1", day=books.JANUARY)
    )
    word = {"day": DAY, "person": "kim", "reason": "no appeal left"}
    for line, cents in ((1, 1), (2, 8_001)):
        with pytest.raises(Refused, match="of this line"):
            settling.write_off(book, "CTWO", cents, "denial", line=line, **word)
    settling.write_off(book, "CTWO", 8_000, "denial", line=2, **word)
    for line, cents in ((2, 1), (1, -8_000), (2, -8_001)):
        with pytest.raises(Refused, match="of this line"):
            settling.write_off(book, "CTWO", cents, "denial", line=line, **word)
    settling.write_off(book, "CTWO", -8_000, "denial", line=2, **word)
    assert by_claim(book, "receivable_payer")["CTWO"] == 8_000


def test_a_denial_written_off_leaves_the_payer_s_receivable_and_never_the_patient(book: Ledger) -> None:
    books.charged(book)
    denied = clp(FIRST, "1", 20_000, 0, svc(20_000, 0, ("CO", "197", 20_000), control="L1"))
    books.read(book, remit(denied, trace="EFT1", day=books.JANUARY))
    settling.write_off(book, FIRST, 20_000, "denial", day=DAY, person="kim", reason="no appeal left", line=1)
    assert held(book)["write_off_payer"] == 20_000
    assert FIRST not in by_claim(book, "receivable_payer")
    assert "receivable_patient" not in held(book)
    settling.write_off(book, FIRST, -5_000, "denial", day=DAY, person="kim", reason="reopened")
    assert by_claim(book, "receivable_payer")[FIRST] == 5_000
    for kind, side, cents in (
        ("charity", None, 100), ("charity", "payer", 100), ("denial", None, 5_001), ("denial", "patient", 1),
        ("small_balance", None, 1), ("forgotten", None, 1), ("denial", None, -15_001), ("denial", None, 0),
    ):  # fmt: skip
        with pytest.raises(Refused):
            settling.write_off(book, FIRST, cents, kind, day=DAY, person="kim", reason="-", side=side)
    with pytest.raises(Refused, match="line"):
        settling.write_off(book, FIRST, 1, "denial", day=DAY, person="kim", reason="-", line=9)
    assert book.count("write_offs") == 2
    sound(book)


def test_a_refund_to_the_patient_closes_the_credit_and_no_more_is_given(book: Ledger) -> None:
    books.charged(book)
    books.read(book, books.PAID)
    paid(book, 1, 4_000, "EL1")
    for recipient, cents in (("patient", 1_001), ("payer", 1), ("patient", 0), ("bank", 1)):
        with pytest.raises(Refused):
            settling.refund(book, FIRST, recipient, cents, day=DAY, person="kim", reason="-")
    settling.refund(book, FIRST[:9] + "1", "patient", 1_000, day=DAY, person="kim", reason="paid twice")
    assert (by_claim(book), held(book)["cash_patient"]) == ({}, 3_000)
    sound(book)


TWICE = remit(
    clp(
        FIRST, "1", 20_000, 12_000, svc(20_000, 12_000, ("CO", "45", 5_000), ("PR", "3", 3_000), control="L1")
    ),
    trace="EFT9",
    day=books.JANUARY,
)
REVERSED = clp(
    FIRST, "22", -20_000, -12_000,
    svc(-20_000, -12_000, ("CO", "45", -5_000), ("PR", "3", -3_000), control="L1"),
)  # fmt: skip
# How the payer books the refund of what it paid twice: a reversal beside 72, or WO and 72 that move nothing.
CONFIRMED = {
    "by reversal": (remit(REVERSED, plb=(("72", "ICN1", -12_000),), trace="EFT10", day=books.FEBRUARY),),
    "by WO and 72": (
        remit(plb=(("WO", "ICN1", 12_000), ("72", "ICN1", -12_000)), trace="EFT10", day=books.FEBRUARY),
    ),
    "by WO and 72, then the reversal": (
        remit(plb=(("WO", "ICN1", 12_000), ("72", "ICN1", -12_000)), trace="EFT10", day=books.FEBRUARY),
        remit(REVERSED, plb=(("WO", "ICN1", -12_000),), trace="EFT11", day=books.FEBRUARY),
    ),
}


@pytest.mark.parametrize("how", CONFIRMED)
def test_a_refund_that_the_payer_confirms_is_counted_once(book: Ledger, how: str) -> None:
    """120.00 paid twice: 200.00 of adjustments and payments beyond the charge stand as a credit, 120.00 go back."""
    books.charged(book)
    books.read(book, books.PAID, TWICE)
    credit = -by_claim(book, "receivable_payer")[FIRST]
    settling.refund(book, FIRST, "payer", 12_000, day=DAY, person="kim", reason="paid twice")
    assert -by_claim(book, "receivable_payer").get(FIRST, 0) == credit - 12_000
    sent = held(book)
    assert (sent["refund_payable"], sent["payer_overpayments"], sent["cash_refunds"]) == (
        12_000,
        -12_000,
        -12_000,
    )
    sound(book)
    books.read(book, *CONFIRMED[how])
    done = held(book)
    assert done["cash_refunds"] == -12_000
    assert "refund_payable" not in done
    assert "payer_overpayments" not in done
    assert done["cash"] == 24_000
    sound(book)


def test_a_closed_month_takes_no_payment(book: Ledger) -> None:
    books.charged(book)
    books.read(book, books.PAID)
    for month in ("2026-01", "2026-02"):
        closing.close(book, month, today=books.TODAY, person="kim", reason="month end")
    paid(book, 1, 2_500, "EL1")
    assert set(book.read("journal", {"source": "patient_payment"})["period"]) == {"2026-03"}


def test_what_a_later_payer_says_is_owed_by_the_family_of_claims(book: Ledger) -> None:
    """The secondary claim is another claim of ours; together they leave what the last payer said."""
    books.charged(book)
    second = claim("C000000003", 20_000, payer_order="S", payer_id="NEXT")
    with book.transaction() as tx:
        tx.add("claims", books.filled("claims", second))
        tx.add(
            "claim_lines",
            books.filled("claim_lines", claim_line("L3", "C000000003", 20_000, charge_id="CHL1")),
        )
    later = clp(
        "C000000003",
        "2",
        20_000,
        2_000,
        svc(20_000, 2_000, ("OA", "23", 17_000), ("PR", "2", 1_000), control="L3"),
    )
    books.read(book, books.PAID, remit(later, trace="EFT5", day=books.FEBRUARY, payer="1999999999"))
    assert by_claim(book) == {FIRST: 1_000}
    assert FIRST not in by_claim(book, "receivable_payer")
    paid(book, 1, 1_000, "EL1")
    assert by_claim(book) == {}
    sound(book)


def charged(book: Ledger) -> None:
    """Claims are built, and what waited for them is recognised, as in the daily run."""
    books.charged(book)
    with book.transaction() as tx:
        recognising.recognise(tx)


STEPS = {
    "claims": charged,
    "answer": lambda book: books.read(book, books.PAID),
    "correction": lambda book: books.read(book, books.CORRECTED),
    "payment": lambda book: paid(book, 1, 1_000),
    "payment back": lambda book: paid(book, 2, -400),
    "copay": lambda book: paid(book, 3, 2_500, "EL1", dt.date(2026, 1, 5)),
}


def test_every_order_of_arrival_ends_in_the_same_books(empty: dict[str, str], tmp_path: Path) -> None:
    """Six of the orders; the fingerprint has the postings that stand, without their turns."""
    found = set()
    for number, order in enumerate(itertools.islice(itertools.permutations(STEPS), 0, None, 131)):
        with Ledger.open(copied(empty["sqlite"], tmp_path / f"{number}.sqlite"), migrate=False) as made:
            for step in order:
                STEPS[step](made)
            sound(made)
            found.add(made.fingerprint())
            assert held(made)["cash_patient"] == 3_100
    assert len(found) == 1
