"""Whatever the order of arrival, the ledger ends the same: remittances, claims, numbers and people's words.

A history is drawn, and with it an order, a partition into runs, repetitions and crashes in the middle of a
transaction. The fingerprint must be that of the same history in its plainest order.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ledger import Ledger
from tasks import recognising
from tasks.billing import posting, remittances
from tests.support import postgres
from tests.support.remittance_frames import claim, claim_line, clp, codec, ledger, remit, svc

PAYERS = ledger("payers", {"payer_id": "ACME", "remit_ids": "1512345678"})


class Crash(Exception):
    """The process died here; the transaction did not happen."""


def history(random: Random) -> list[tuple[str, Any]]:
    """Steps of one office: claims with their lines, remittances, a payer's number from a 277CA, a person's word."""
    steps: list[tuple[str, Any]] = []
    claims, remits = [], []
    for number in range(1, 6):
        charge = random.choice([9_999, 12_000, 33_334])
        name = f"C{number:09}"
        lines = [claim_line(f"L{number}-{at}", name, charge, position=at) for at in (1, 2)]
        claims.append((claim(name, 2 * charge), lines))
        remits += _answers(random, number, name, charge)
    disputed = _remit(clp("C000000001", "1", 100, 100, svc(100, 100)), trace="TWICE")
    remits += [disputed, _remit(clp("C000000002", "1", 100, 100, svc(100, 100)), trace="TWICE")]
    steps += [("claim", one) for one in claims]
    steps += [("remit", one) for one in remits]
    steps.append(("number", {"ack_id": "A1", "payer_control": "ICN-3", "claim_id": "C000000003"}))
    return steps


def _answers(random: Random, number: int, name: str, charge: int) -> list[dict[str, Any]]:
    """A payment, with lines or without; for some a reversal and a correction in later checks."""
    paid = charge * 2 - 1_001
    cas = (("CO", "45", 1_000), ("PR", "3", 1))
    named = {"control": name, "icn": f"ICN-{number}"}
    if number == 3:
        named["control"] = "LOST"  # only the payer's number tells whose it is
    if number == 4:
        lines = (
            svc(charge, charge, control=f"L{number}-1"),
            svc(charge, paid - charge, *cas, control=f"L{number}-2"),
        )
        first = {"status": "1", "lines": lines, "cas": ()}
    else:
        first = {"status": "1", "lines": (), "cas": cas}
    found = [_one(named, charge * 2, paid, **first)]
    if random.random() < 0.7:
        back = {"status": "22", "lines": (), "cas": tuple((g, c, -a) for g, c, a in cas)}
        found.append(_one(named, -charge * 2, -paid, **back))
        found.append(_one(named, charge * 2, paid - 500, status="1", lines=(), cas=(("CO", "45", 1_501),)))
    return [
        _remit(each, trace=f"EFT{number}-{at}", plb=(("WO", "X", 7),) if at else ())
        for at, each in enumerate(found)
    ]


def _one(
    named: dict[str, str], charge: int, paid: int, *, status: str, lines: Any, cas: Any
) -> dict[str, Any]:
    return clp(named["control"], status, charge, paid, *lines, cas=cas, icn=named["icn"])


def _remit(*claims: dict[str, Any], **more: Any) -> dict[str, Any]:
    return remit(*claims, day=dt.date(2026, 1, 21), **more)


def apply(book: Ledger, steps: list[tuple[str, Any]], crash: bool) -> None:
    """One run: everything of it in one transaction, as a stage does it."""
    claims = [one for kind, one in steps if kind == "claim"]
    with book.transaction() as tx:
        if claims:
            tx.add("claims", filled("claims", [one for one, _ in claims]))
            tx.add("claim_lines", filled("claim_lines", [line for _, lines in claims for line in lines]))
        for kind, one in steps:
            if kind == "number":
                tx.add("acknowledgments", filled("acknowledgments", [one]))
        remits = [one for kind, one in steps if kind == "remit"]
        if remits:
            _read(tx, remits)
        recognising.recognise(tx)
        if crash:
            raise Crash


def _read(tx: Any, remits: list[dict[str, Any]]) -> None:
    existing = tx.read("remittances")
    found = remittances.facts(*codec(*remits), payers=PAYERS)
    waiting = remittances.conflicts(found.remittances, existing)
    disputed = set(waiting["subject_id"])
    found = remittances.without(found, existing["remittance_id"])
    found, made = recognising.prepared(tx, found, disputed)
    recognising.store(tx, found, made, waiting, disputed)


def filled(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows with something in every column that must not be empty."""
    from connectors.ledger import schema

    frame = ledger(table, *rows)
    kinds = {"TEXT": "-", "BIGINT": 1, "BOOLEAN": False, "DATE": pd.Timestamp("2026-01-05")}
    for column in schema.metadata.tables[table].columns:
        if not column.nullable:
            frame[column.name] = frame[column.name].fillna(kinds[str(column.type)])
    return frame


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A maker of empty ledgers."""
    opened: list[Ledger] = []

    def make() -> Ledger:
        place = f"sqlite:///{tmp_path}/{len(opened)}.sqlite"
        url = place if request.param == "sqlite" else postgres.fresh_database()
        opened.append(Ledger.open(url))
        return opened[-1]

    yield make
    for book in opened:
        book.close()


def _assert_sound(book: Ledger) -> None:
    journal = book.read("journal")
    assert (journal.groupby("posting_id")["amount_cents"].sum() == 0).all()
    cash = journal[journal["account"] == "cash"].groupby("remittance_id")["amount_cents"].sum()
    out = recognising.held(book)
    for row in book.read("remittances").itertuples():
        assert cash.get(row.remittance_id, 0) == (0 if row.remittance_id in out else row.bpr_cents)


@pytest.mark.parametrize("seed", range(4))
def test_any_order_partition_repetition_and_crash_ends_in_the_same_ledger(books: Any, seed: int) -> None:
    random = Random(seed)
    steps = history(random)
    plain = books()
    apply(plain, steps, crash=False)
    _assert_sound(plain)
    assert len(recognising.held(plain)) == 2
    expected = plain.fingerprint()
    for _ in range(3):
        book, order = books(), steps + random.sample(steps, 5)
        random.shuffle(order)
        while order:
            size = random.randint(1, 6)
            run, order = order[:size], order[size:]
            if random.random() < 0.3:
                with pytest.raises(Crash):
                    apply(book, run, crash=True)
            apply(book, run, crash=False)
            _assert_sound(book)
        assert book.fingerprint() == expected


def test_what_was_posted_late_is_what_would_have_been_posted_at_once(books: Any) -> None:
    """Money for a claim that is not known yet stands in suspense, and leaves it when the claim is."""
    steps = history(Random(1))
    book = books()
    for step in sorted(steps, key=lambda step: step[0], reverse=True):  # remittances, the number, then claims
        apply(book, [step], crash=False)
    journal = book.read("journal")
    suspense = journal[journal["account"] == "suspense_unmatched"]["amount_cents"].sum()
    assert suspense == 0
    again = posting.changes(
        journal,
        recognising._wanted(book, {"remittance_id": sorted(book.read("remittances")["remittance_id"])}),
    )
    assert again.empty


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(-(10**9), 10**9))
def test_shares_add_up_to_the_cent(weights: list[int], amount: int) -> None:
    import numpy as np

    from tasks.billing import money
    from tasks.billing.rows import shares

    one = np.zeros(1, np.int64)
    _, row, parts = shares(np.array([amount]), one, np.array(weights), np.zeros(len(weights), np.int64))
    assert row.tolist() == list(range(len(weights)))
    assert parts.sum() == amount
    expected = money.allocate(amount, weights) if any(weights) else [amount] + [0] * (len(weights) - 1)
    assert parts.tolist() == expected
