"""Deposits through the door: loaded from every format, matched, in the queue, in the proof, whatever came first."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import pytest

from configs.settings import Settings
from connectors.ledger import Ledger
from tasks import proving, standing
from tasks.sources import load_file
from tests.connectors.sources import bank_files
from tests.connectors.sources.bank_files import Payment
from tests.support.remittance_frames import ledger as frame

AS_OF = dt.date(2026, 2, 20)
PAYMENTS = (Payment(14250), Payment(500, "EFT2", reference="B0002"))
TABLE = (
    "deposit_id,deposited_on,trace,payer_identifier,amount_cents\n"
    "D1,2026-01-20,EFT0000123,512345678,14250\nD2,2026-01-20,eft2,1512345678,500\n"
)
FILES = {
    "report": bank_files.bai2(*PAYMENTS),
    "credits": bank_files.nacha(*PAYMENTS, end="\r\n"),
    "table": TABLE.encode(),
}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return opened(tmp_path / "ledger.sqlite")


def opened(path: Path) -> Ledger:
    ledger = Ledger.open(f"sqlite:///{path}")
    one = {
        "payer_identifier": "1512345678",
        "payment_date": dt.date(2026, 1, 20),
        "method": "ACH",
        "content_sha256": "x",
        "claims": 0,
        "claim_paid_cents": 0,
        "plb_cents": 0,
    }
    rows = [
        {"remittance_id": "R1", "trace": "EFT0000123", "bpr_cents": 14250, **one},
        {"remittance_id": "R2", "trace": "EFT3", "bpr_cents": 700, **one},
    ]
    ledger.add("remittances", frame("remittances", *rows))
    return ledger


def put(ledger: Ledger, folder: Path, name: str) -> tuple[int, int]:
    path = folder / name
    path.write_bytes(FILES[name])
    report = load_file(ledger, "deposits", path)
    assert report.problems.empty
    return report.new, report.same


def sections(ledger: Ledger) -> dict[str, Any]:
    made: dict[str, Any] = proving.prove(ledger)["deposits"]
    return {state: tuple(sums.values()) for state, sums in made.items() if sums["count"]}


WANTED = {
    "matched": (1, 14250, 14250),
    "deposit_without_remittance": (1, 500, 0),
    "remittance_without_deposit": (1, 0, 700),
}


@pytest.mark.parametrize("name", FILES)
def test_loading_again_changes_nothing(ledger: Ledger, tmp_path: Path, name: str) -> None:
    assert put(ledger, tmp_path, name) == (2, 0)
    before = ledger.fingerprint()
    assert put(ledger, tmp_path, name) == (0, 2)
    assert ledger.fingerprint() == before


def test_one_deposit_in_three_formats_is_counted_once_in_every_order(tmp_path: Path) -> None:
    prints = set()
    for number, order in enumerate(itertools.permutations(FILES)):
        ledger = opened(tmp_path / f"{number}.sqlite")
        assert [put(ledger, tmp_path, name) for name in order] == [(2, 0), (0, 2), (0, 2)]
        assert sections(ledger) == WANTED
        prints.add(ledger.fingerprint())
        ledger.close()
    assert len(prints) == 1


def test_what_is_due_is_open_work(ledger: Ledger, tmp_path: Path) -> None:
    put(ledger, tmp_path, "report")
    settings = Settings(home=tmp_path)
    early = standing.work(ledger, settings, dt.date(2026, 1, 23))
    assert "deposits" not in set(early["queue"])
    rows = standing.work(ledger, settings, AS_OF)
    rows = rows[rows["queue"] == "deposits"].set_index("category")
    assert rows["amount_cents"].to_dict() == {
        "deposit_without_remittance": 500,
        "remittance_without_deposit": 700,
    }
    assert set(rows["status"]) == {"open"}


def test_a_remittance_that_comes_later_closes_the_work(ledger: Ledger, tmp_path: Path) -> None:
    put(ledger, tmp_path, "credits")
    one = frame(
        "remittances",
        {"remittance_id": "R9", "trace": "EFT2", "bpr_cents": 500, "payer_identifier": "1512345678"},
    )
    columns = {"content_sha256": "x", "claims": 0, "claim_paid_cents": 0, "plb_cents": 0}
    ledger.add("remittances", one.assign(**columns))
    assert "deposit_without_remittance" not in sections(ledger)


def test_without_deposits_there_is_no_work(ledger: Ledger, tmp_path: Path) -> None:
    rows = standing.work(ledger, Settings(home=tmp_path), AS_OF)
    assert "deposits" not in set(rows["queue"])
    assert sections(ledger) == {"remittance_without_deposit": (2, 0, 14950)}


def test_a_broken_file_is_told_and_nothing_is_stored(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_bytes(FILES["report"][:-20])
    report = load_file(ledger, "deposits", path).to_dict()
    assert (report["read"], report["new"]) == (0, 0)
    assert report["problems"]
    assert ledger.count("deposits") == 0
