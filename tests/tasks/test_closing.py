"""A closed month stays as it was: what comes for it later is booked in the first open one, whoever writes it."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from connectors.ledger import Ledger, schema
from tasks import assigning, closing, people, periods, rebilling
from tasks.billing import months, posting, proof
from tests.support import books, postgres

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path}/l.sqlite" if request.param == "sqlite" else postgres.fresh_database()
    opened = Ledger.open(url)
    books.charged(opened)
    books.read(opened, books.PAID, books.STRANGER, books.TWICE[0])
    yield opened
    opened.close()


def close(book: Ledger, month: str) -> dict[str, object]:
    return closing.close(book, month, today=books.TODAY, person="kim", reason="month end")


def listed(book: Ledger) -> dict[str, tuple[object, ...]]:
    rows = closing.listed(book).astype(object)
    rows = rows.where(rows.notna(), None)
    columns = ["month", "entries", "debit_cents", "credit_cents", "closed_by", "holds"]
    return {row[0]: row[1:] for row in rows[columns].itertuples(index=False, name=None)}


def test_a_month_is_closed_with_the_digest_of_its_trial_balance(book: Ledger) -> None:
    journal = book.read("journal")
    told = close(book, "2026-01")
    assert (told["entries"], told["debit_cents"]) == (len(journal), told["credit_cents"])
    (row,) = book.read("closings").to_dict("records")
    assert (row["period"], row["person"], row["reason"]) == ("2026-01", "kim", "month end")
    assert row["balances_sha256"] == months.digest_of(months.trial_balance(journal), "2026-01")
    assert pd.notna(row["at"])
    assert listed(book) == {"2026-01": (len(journal), told["debit_cents"], told["credit_cents"], "kim", True)}


def test_closing_is_refused_and_stores_nothing(book: Ledger) -> None:
    books.read(book, books.CORRECTED)
    for month in ("2026-02", "2026-03", "January"):
        with pytest.raises(people.Refused):
            close(book, month)
    assert book.count("closings") == 0
    close(book, "2026-01")
    with pytest.raises(people.Refused, match="closed already"):
        close(book, "2026-01")
    close(book, "2026-02")
    assert book.count("closings") == 2


def test_a_month_without_entries_may_be_closed_and_takes_none(book: Ledger) -> None:
    for month in ("2025-12", "2026-01", "2026-02"):
        close(book, month)
    books.read(book, books.CORRECTED)
    assert [*listed(book)] == ["2025-12", "2026-01", "2026-02", "2026-03"]
    assert listed(book)["2025-12"] == (0, 0, 0, "kim", True)


def test_entries_without_a_date_are_listed_apart(book: Ledger) -> None:
    row = {"posting_id": "P", "source": "remittance", "account": "cash", "position": 1, "amount_cents": 7}
    book.add("journal", pd.DataFrame([row | {"entry_id": "P:1"}]))
    assert listed(book)[None] == (1, 7, 0, None, None)  # type: ignore[index]
    close(book, "2026-01")


def late_charge(book: Ledger) -> None:
    """As the stage that judges stores it."""
    charges = books.filled("charge_lines", books.charge(4, 9_000))
    with book.transaction() as tx:
        tx.add("journal", periods.booked(tx, posting.post_charges(charges)))


def late_withdrawal(book: Ledger) -> None:
    """The encounter of the first charge is charged anew."""
    later = books.filled("charge_lines", books.charge(1, 21_000) | {"charge_id": "CHL1b"})
    with book.transaction() as tx:
        assert rebilling.withdraw_superseded(tx, later, tx.read("authorization_units")) == 1


def late_word(book: Ledger) -> None:
    """Another claim than the one it was recognised as: the answer is withdrawn and given again."""
    told = assigning.assign(
        book, books.remitted(book, "C000000001"), "C000000002", person="kim", reason="by phone"
    )
    assert told["posted"] > 0


LATE = {
    "a charge": late_charge,
    "a charge withdrawn": late_withdrawal,
    "a remittance": lambda book: books.read(book, books.PAID | {"trace": "EFT9"}),
    "a match": books.taught,
    "a dispute": lambda book: books.read(book, books.TWICE[1]),
    "a person's word": late_word,
}


@pytest.mark.parametrize("late", LATE)
def test_what_comes_for_a_closed_month_is_booked_in_the_first_open_one(book: Ledger, late: str) -> None:
    close(book, "2026-01")
    close(book, "2026-02")
    before = book.read("journal")
    LATE[late](book)
    after = book.read("journal")
    new = after[~after["entry_id"].isin(before["entry_id"])]
    assert len(new)
    assert set(new["period"]) == {"2026-03"}
    assert (new["effective_on"].dt.strftime("%Y-%m") == "2026-01").all()
    assert all(row[-1] for month, row in listed(book).items() if month < "2026-03")


def test_an_entry_that_slips_into_a_closed_month_does_not_prove(book: Ledger) -> None:
    close(book, "2026-01")
    assert _closed_months(book) == []
    charges = books.filled("charge_lines", books.charge(4, 9_000))
    with book.transaction() as tx:
        tx.add("journal", posting.post_charges(charges).assign(period="2026-01"))
    assert _closed_months(book) == ["2026-01"]
    assert listed(book)["2026-01"][-1] is False


def test_an_entry_without_a_month_is_in_that_of_its_date(book: Ledger) -> None:
    """A writer that asks for no month would otherwise slip through."""
    close(book, "2026-01")
    with book.transaction() as tx:
        tx.add("journal", posting.post_charges(books.filled("charge_lines", books.charge(4, 9_000))))
    assert _closed_months(book) == ["2026-01"]


def test_an_entry_changed_behind_the_ledger_s_back_does_not_prove(book: Ledger) -> None:
    close(book, "2026-01")
    journal = schema.journal
    with book._engine.begin() as connection:
        both = sa.update(journal).where(
            journal.c.posting_id == posting.post_charges(books.CHARGES)["posting_id"][0]
        )
        connection.execute(both.values(amount_cents=journal.c.amount_cents * 2))
    assert _closed_months(book) == ["2026-01"]


def _closed_months(book: Ledger) -> list[str]:
    tables = {name: book.read(name) for name in ("journal", "closings")}
    return [problem["subject_id"] for problem in proof._closed_months_stand(tables)]


def test_every_writer_of_the_journal_asks_for_the_month() -> None:
    """Each ``add("journal", …)`` of the program is given what `periods.booked` returned."""
    calls = [
        (path.name, node)
        for folder in ("configs", "connectors", "expectations", "tasks", "flows")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _adds_to_journal(node)
    ]
    assert {name for name, _ in calls} >= {"recognising.py", "judging.py", "rebilling.py"}
    assert [f"{name}:{call.lineno}" for name, call in calls if not _booked(call)] == []


def _adds_to_journal(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("add", "put", "settle")
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == "journal"
    )


def _booked(call: ast.Call) -> bool:
    given = call.args[1] if len(call.args) > 1 else None
    return isinstance(given, ast.Call) and ast.unparse(given.func) == "periods.booked"


def test_a_writer_that_does_not_ask_would_be_found() -> None:
    good, bad, named = (
        next(node for node in ast.walk(ast.parse(code)) if _adds_to_journal(node))
        for code in (
            'tx.add("journal", periods.booked(tx, entries))',
            'tx.add("journal", posting.post_charges(charges))',
            'tx.add("journal", entries)',
        )
    )
    assert [_booked(one) for one in (good, bad, named)] == [True, False, False]


def test_a_person_closes_only_what_has_ended_today(book: Ledger) -> None:
    with pytest.raises(people.Refused, match="has not ended"):
        closing.close(book, "2026-01", today=dt.date(2026, 1, 31), person="kim", reason="early")
