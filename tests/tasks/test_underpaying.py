"""``cleanclaim ledger underpayments`` and the queue on a real ledger: open by a payment, closed by a correction."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from configs.settings import load_settings
from connectors.ledger import Ledger
from flows.cli import app
from tasks import standing, underpaying
from tests.support import books, postgres
from tests.support.histories import filled
from tests.support.remittance_frames import claim, claim_line, clp, ledger, remit, svc

JANUARY, FEBRUARY = dt.date(2026, 1, 21), dt.date(2026, 2, 10)
PAYER = {
    "payer_id": "ACME",
    "name": "ACME",
    "payer_class": "commercial",
    "edi_payer_id": "99999",
    "appeal_days": 180,
}
RATE = {
    "payer_id": "ACME", "code": "90837", "modifier": "", "provider_class": "", "plan": "", "place_group": "",
    "method": "fixed", "rate_cents": 15_000, "effective_from": dt.date(2026, 1, 1),
}  # fmt: skip
OLD = RATE | {
    "rate_cents": 14_000,
    "effective_from": dt.date(2025, 1, 1),
    "effective_to": dt.date(2025, 12, 31),
}


def paid(cents: int, *, status: str = "1", sign: int = 1, control: str = "C000000001") -> dict[str, Any]:
    line = svc(sign * 20_000, sign * cents, ("CO", "45", sign * (20_000 - cents)), control="L" + control[-1])
    return clp(control, status, sign * 20_000, sign * cents, line)


LOW = remit(paid(14_000), paid(15_000, control="C000000002"), trace="EFT1", day=JANUARY)
RIGHT = remit(paid(14_000, status="22", sign=-1), paid(15_000), trace="EFT2", day=FEBRUARY)


def open_at(url: str) -> Ledger:
    book = Ledger.open(url)
    book.load("payers", ledger("payers", {**PAYER, "filing_code": "CI", "partner": "sandbox"}))
    book.load("contracts", ledger("contracts", RATE, OLD))
    book.add("claims", filled("claims", claim("C000000001", 20_000), claim("C000000002", 20_000)))
    lines = [claim_line(f"L{n}", f"C00000000{n}", 20_000, units=1) for n in (1, 2)]
    book.add("claim_lines", filled("claim_lines", *lines))
    return book


@pytest.fixture(params=["sqlite", "postgresql"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    url = f"sqlite:///{tmp_path}/l.sqlite" if request.param == "sqlite" else postgres.fresh_database()
    return open_at(url)


def items(book: Ledger, tmp_path: Path) -> list[dict[str, Any]]:
    rows = standing.work(book, load_settings(tmp_path), dt.date(2026, 3, 1))
    found: list[dict[str, Any]] = rows[rows["queue"] == "underpayments"].to_dict(orient="records")
    return found


def test_a_payment_opens_the_item_and_a_correction_closes_it(book: Ledger, tmp_path: Path) -> None:
    assert items(book, tmp_path) == []
    books.read(book, LOW)
    (item,) = items(book, tmp_path)
    assert (item["claim_id"], item["amount_cents"], item["category"]) == ("C000000001", 1_000, "old_rate")
    assert item["reason"] == "old_rate: expected 150.00, allowed 140.00"
    assert item["deadline"].date() == JANUARY + dt.timedelta(days=180)
    told = underpaying.report(book)
    assert {name: count for name, count in told.counts.items() if count} == {
        "under": 1, "as_agreed": 1, "short_cents": 1_000
    }  # fmt: skip
    (row,) = told.lines.to_dict(orient="records")
    old = book.current("contracts").set_index("rate_cents").at[14_000, "row_id"]
    assert (row["shown_by"], row["expected_cents"], row["variance_cents"]) == (old, 15_000, -1_000)
    books.read(book, RIGHT)
    assert items(book, tmp_path) == []
    assert underpaying.report(book).counts["as_agreed"] == 2


def test_a_contract_that_is_corrected_is_the_contract(book: Ledger, tmp_path: Path) -> None:
    books.read(book, LOW)
    book.load("contracts", ledger("contracts", RATE | {"rate_cents": 14_000}))
    assert items(book, tmp_path) == []
    assert underpaying.report(book).counts["over"] == 1


def test_days_and_payers_are_those_asked_for(book: Ledger) -> None:
    books.read(book, LOW)
    day = dt.date(2026, 1, 5)
    assert underpaying.report(book, "ACME", day, day).counts["under"] == 1
    assert underpaying.report(book, since=dt.date(2026, 1, 6)).counts["under"] == 0
    assert underpaying.report(book, until=dt.date(2026, 1, 4)).counts["as_agreed"] == 0
    assert underpaying.report(book, "OTHER").by_cause.empty


def test_the_command_says_how_much_and_that_work_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLEANCLAIM_DATABASE_URL", raising=False)
    book = open_at(f"sqlite:///{tmp_path}/ledger.sqlite")
    asked = ["ledger", "underpayments", "--home", str(tmp_path)]
    assert CliRunner().invoke(app, asked).exit_code == 0
    books.read(book, LOW)
    told = CliRunner().invoke(app, [*asked, "--json"])
    assert told.exit_code == 1
    made = json.loads(told.stdout)
    assert (made["under"], made["short_cents"]) == (1, 1_000)
    assert [(row["payer_id"], row["cause"], row["variance_cents"]) for row in made["causes"]] == [
        ("ACME", "old_rate", -1_000)
    ]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 1
    assert "1 underpaid, $10.00 to be had" in shown.stdout
    assert CliRunner().invoke(app, [*asked, "--to", "2026-01-01"]).exit_code == 0
    assert CliRunner().invoke(app, [*asked, "--payer", "NOBODY"]).exit_code == 2
    book.close()
