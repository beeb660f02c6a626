"""Money of the synthetic practice: it follows from the practice and changes nothing else of it."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from connectors.sources import synthetic, synthetic_money

DAY = date(2026, 3, 16)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_patients_pay_for_sessions_of_theirs_one_too_much_and_one_without_saying_for_what(
    tmp_path: Path,
) -> None:
    files = synthetic.write_practice(tmp_path, 300, 7, DAY)
    sessions = {row["encounter_id"]: row for row in rows(files["encounters"])}
    payments = rows(files["patient_payments"])
    assert len({row["payment_id"] for row in payments}) == len(payments) > 10
    named = [row for row in payments if row["encounter_id"]]
    assert len(named) == len(payments) - 1
    assert all(sessions[row["encounter_id"]]["patient_id"] == row["patient_id"] for row in named)
    amounts = sorted({int(row["amount_cents"]) for row in payments})
    assert amounts == [synthetic_money.COPAY, synthetic_money.TOO_MUCH]


def test_one_authorization_ends_with_an_appointment_after_its_end(tmp_path: Path) -> None:
    files = synthetic.write_practice(tmp_path, 300, 7, DAY)
    (ending,) = [row for row in rows(files["authorizations"]) if row["codes"] == synthetic_money.CODE]
    booked = [row["service_date"] for row in rows(files["schedule"])]
    assert min(booked) <= ending["valid_to"] < max(booked)


def test_the_bank_saw_all_but_one_and_a_stranger(tmp_path: Path) -> None:
    paid = [
        {"trace": f"EFT{n}", "payer_identifier": "1512345678", "payment_date": DAY, "bpr_cents": cents}
        for n, cents in enumerate((100, 0, 200, 300))
    ]
    told = rows(synthetic_money.statement(tmp_path / "deposits.csv", paid))
    assert [(row["trace"], row["amount_cents"]) for row in told] == [
        ("EFT0", "100"), ("EFT2", "200"), ("EFTSTRANGER", "4321"),
    ]  # fmt: skip
    assert rows(synthetic_money.statement(tmp_path / "none.csv", [])) == []
