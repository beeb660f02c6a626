"""``cleanclaim statements make`` and ``cleanclaim superbill``: every field, only under consent, once."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from configs.settings import Settings
from connectors.clearinghouse import archive
from connectors.ledger import Ledger
from flows.cli import app
from tests.support import appeal_practice as practice
from tests.support import postgres
from tests.support.remittance_frames import ledger as rows

AS_OF = ("--as-of", "2026-03-10")


def run(*arguments: object, status: int = 0) -> str:
    told = CliRunner().invoke(app, list(map(str, arguments)))
    assert told.exit_code == status, told.output
    return told.output


def run_json(*arguments: object, status: int = 0) -> dict[str, Any]:
    told = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert told.exit_code == status, told.output
    return json.loads(told.stdout)  # type: ignore[no-any-return]


def text(path: Path) -> str:
    pages = PdfReader(io.BytesIO(path.read_bytes())).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.fixture(params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Ledger, Settings]]:
    url = f"sqlite:///{tmp_path}/l.sqlite" if request.param == "sqlite" else postgres.fresh_database()
    monkeypatch.setenv("CLEANCLAIM_DATABASE_URL", url)
    monkeypatch.setenv("CLEANCLAIM_HOME", str(tmp_path / "home"))
    settings = practice.home(tmp_path / "home")
    with Ledger.open(url) as book:
        practice.fill(book, settings)
        yield book, settings


def test_a_statement_has_every_field_and_is_made_once_a_day(
    office: tuple[Ledger, Settings], tmp_path: Path
) -> None:
    book, settings = office
    paid = {
        "payment_id": "PP1",
        "patient_id": "P0001",
        "received_on": dt.date(2026, 2, 20),
        "amount_cents": 500,
    }
    book.load("patient_payments", rows("patient_payments", paid | {"method": "card"}))
    told = run_json("statements", "make", "--out", tmp_path / "out", *AS_OF)
    (made,) = told["statements"]
    assert (made["subject_id"], made["cents"], made["revision"], told["held"]) == ("P0001", 1_000, 1, {})
    path = tmp_path / "out" / "statement-P0001-2026-03-10.pdf"
    assert made["path"] == str(path)
    words = text(path)
    for field in (
        "EXAMPLE BEHAVIORAL GROUP", "100 EXAMPLE ST", "(555) 555-0100", "ALEX TESTER", "1 SAMPLE RD", "March 10, 2026",
        "01/05/2026", "Office visit", "$130.00", "$95.00", "$20.00", "$5.00", "$10.00", "02/20/2026", "card",
        "Due date April 9, 2026", "in the portal at pay.example", "555-0111, weekdays 9 to 5", "itemised bill",
        "financial assistance", "0-30 days", "31-60 days", "61-90 days", "over 90 days", "cut here",
    ):  # fmt: skip
        assert field in words, field
    assert "F41" not in words  # no diagnosis
    assert "C00000000" not in words  # nor anything of the payer's
    again = run_json("statements", "make", "--out", tmp_path / "out", *AS_OF)["statements"][0]
    later = run_json("statements", "make", "--out", tmp_path / "out", "--as-of", "2026-04-10")["statements"][
        0
    ]
    assert (again["new"], later["new"], later["revision"]) == (False, True, 2)
    assert (
        len(archive.get(settings.archive, later["sha256"]))
        == book.read("documents", {"document_id": later["document_id"]})["bytes"].item()
    )
    run("statements", "make", "--patient", "NOBODY", "--out", tmp_path, status=2)


def test_a_superbill_has_every_field(office: tuple[Ledger, Settings], tmp_path: Path) -> None:
    book, _ = office
    paid = {
        "payment_id": "PP1",
        "patient_id": "P0001",
        "received_on": dt.date(2026, 2, 20),
        "amount_cents": 2_500,
    }
    book.load("patient_payments", rows("patient_payments", paid | {"encounter_id": "EL1"}))
    (made,) = run_json("superbill", "EL1", "--out", tmp_path, *AS_OF)["superbills"]
    assert (made["subject_id"], made["cents"], made["new"]) == ("EL1", 20_000, True)
    words = text(tmp_path / "superbill-EL1.pdf")
    for field in (
        "PAT DOE, LCSW", "1245319599", "IL 149000001", "123456789", "1234567893", "ALEX TESTER", "January 1, 1990",
        "A F41.1; B F33.1", "01/05/2026", "10", "90837", "95", "A B", "$200.00", "$25.00", "$175.00", "Signature",
    ):  # fmt: skip
        assert field in words, field
    assert not run_json("superbill", "EL1", "--out", tmp_path, "--as-of", "2026-03-20")["superbills"][0][
        "new"
    ]
    run("superbill", "NONE", "--out", tmp_path, status=2)


def test_no_statement_of_substance_use_services_without_a_consent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/l.sqlite"
    monkeypatch.setenv("CLEANCLAIM_DATABASE_URL", url)
    monkeypatch.setenv("CLEANCLAIM_HOME", str(tmp_path / "home"))
    settings = practice.home(tmp_path / "home")
    with Ledger.open(url) as book:
        practice.fill(book, settings, programme=True)
        out = tmp_path / "out"
        told = run_json("statements", "make", "--out", out, *AS_OF, status=1)
        assert (told["statements"], told["held"]) == ([], {"P0001": "NO_CONSENT"})
        assert not out.exists()
        consent = {
            "consent_id": "CO1",
            "patient_id": "P0001",
            "recipient": "*",
            "signed_on": dt.date(2026, 1, 2),
        }
        book.load("consents", rows("consents", consent))
        run("statements", "make", "--out", out, *AS_OF)
        words = text(out / "statement-P0001-2026-03-10.pdf")
        assert "Health service" in words
        assert "Office visit" not in words
