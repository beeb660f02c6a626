"""One digest, whatever the engine, the order, the pieces and the repetitions."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import tempfile
from collections.abc import Iterator

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.ledger import Ledger, fingerprint
from tests.connectors.ledger import samples
from tests.support import postgres

TABLES = ("remittances", "remitted_claims", "journal", "work_events")


def fill(ledger: Ledger, seed: int, pieces: int, repeat: int = 1) -> None:
    """The same facts in another order, another partition, another number of times."""
    draw = random.Random(seed)
    work = [(name, piece) for name in TABLES for piece in range(pieces) for _ in range(repeat)]
    draw.shuffle(work)
    for name, piece in work:
        numbers = list(range(piece, 60, pieces))
        draw.shuffle(numbers)
        ledger.add(name, samples.rows(name, numbers))


@pytest.fixture
def both(migrated_postgres: str) -> Iterator[list[Ledger]]:
    with tempfile.TemporaryDirectory() as folder:
        ledgers = [
            Ledger.open(f"sqlite:///{folder}/ledger.sqlite"),
            Ledger.open(postgres.fresh_database(migrated_postgres)),
        ]
        yield ledgers
        for ledger in ledgers:
            ledger.close()


def test_order_pieces_and_repetition_change_nothing(both: list[Ledger]) -> None:
    fill(both[0], seed=1, pieces=1)
    fill(both[1], seed=2, pieces=7, repeat=2)
    assert both[0].fingerprint() == both[1].fingerprint()


def test_it_is_what_its_page_says(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.load("consents", samples.rows("consents", [1], nullable=False, patient_id='P"1'))
    row_id = ledger.current("consents")["row_id"][0]
    page = (
        "consents: row_id version previous_id consent_id patient_id recipient signed_on expires_on revoked_on\n"
        f'"{row_id}",1,,"consent_id 1","P""1","recipient 1",2026-01-06,,\n'
    )
    assert ledger.fingerprint() == hashlib.sha256(page.encode()).hexdigest()


def test_batches_do_not_show(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(ledger, seed=1, pieces=1)
    whole = ledger.fingerprint()
    monkeypatch.setattr(fingerprint, "ROWS", 7)
    assert ledger.fingerprint() == whole


def test_bookkeeping_stays_out(ledger: Ledger) -> None:
    first = samples.rows("work_events", [1])
    ledger.add("work_events", first)
    before = ledger.fingerprint()
    ledger.next_number("sandbox/interchange")
    for name in samples.BOOKKEEPING:
        ledger.add(name, samples.rows(name, range(3)))
    assert ledger.fingerprint() == before


def test_when_is_bookkeeping_and_what_is_not(ledger_url: str) -> None:
    def after(**changed: object) -> str:
        with Ledger.open(ledger_url) as ledger, pytest.raises(InterruptedError), ledger.transaction() as tx:  # noqa: PT012
            tx.add("work_events", samples.rows("work_events", [1], **changed))
            prints.append(tx.fingerprint())
            raise InterruptedError
        return prints[-1]

    prints: list[str] = []
    plain = after()
    assert after(at=dt.datetime(2031, 1, 1)) == plain
    assert len({plain, after(action="note"), after(person=None), after(person=""), after(sequence=7)}) == 5


def test_postings_that_were_withdrawn_do_not_show(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A posting, its withdrawal and its next turn are the posting alone, wherever a batch ends."""

    def entries(posting: str, source: str, count: int, cents: int = 100) -> pd.DataFrame:
        position = pd.Series(range(1, count + 1))
        ids = posting + ":" + position.astype("str")
        return pd.DataFrame({"entry_id": ids, "position": position}).assign(
            posting_id=posting, source=source, account="cash", amount_cents=cents
        )

    def after(*frames: pd.DataFrame) -> set[str]:
        prints = set()
        with Ledger.open(ledger_url) as ledger, pytest.raises(InterruptedError), ledger.transaction() as tx:  # noqa: PT012
            for frame in frames:
                tx.add("journal", frame)
            for rows in (50_000, 1, 2, 3, 11):
                monkeypatch.setattr(fingerprint, "ROWS", rows)
                prints.add(tx.fingerprint())
            raise InterruptedError
        return prints

    plain = after(entries("A>1", "answer", 2), entries("B>1", "answer", 12), entries("C>1", "answer", 1))
    again = after(
        entries("A>1", "answer", 2),
        entries("B>1", "answer", 4, 7),
        entries("B>1<", "answer_withdrawn", 4, -7),
        entries("B>2", "answer", 12),
        entries("C>1", "answer", 1),
    )
    gone = after(
        entries("A>1", "answer", 2),
        entries("C>1", "answer", 1),
        entries("B>1", "answer", 3),
        entries("B>1<", "answer_withdrawn", 3, -100),
    )
    assert again == plain
    assert gone == after(entries("A>1", "answer", 2), entries("C>1", "answer", 1))
    assert len(plain | gone) == 2


TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(TEXT, st.none() | TEXT, st.integers(-(2**63), 2**63 - 1), st.dates(dt.date(1000, 1, 1))),
        max_size=8,
        unique_by=lambda row: row[0],
    )
)
def test_any_content_is_the_same_on_both_engines(both: list[Ledger], rows: list[tuple[object, ...]]) -> None:
    frame = pd.DataFrame(rows, columns=["entry_id", "claim_id", "amount_cents", "effective_on"], dtype=object)
    frame = frame.assign(posting_id="P", position=1, source="charge", account="A")
    prints = []
    for ledger in both:
        with pytest.raises(InterruptedError), ledger.transaction() as tx:  # noqa: PT012
            assert tx.add("journal", frame) == len(rows)
            assert set(tx.read("journal")["entry_id"]) == {row[0] for row in rows}
            prints.append((tx.fingerprint(), tx.read("journal").to_json()))
            raise InterruptedError
    assert prints[0] == prints[1]
