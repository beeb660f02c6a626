"""``cleanclaim appeals`` on a real ledger: from a denied line to the decision and the next level."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from configs.identity import digest
from connectors.clearinghouse import archive
from connectors.ledger import Ledger
from flows.cli import app
from tasks.billing import appeals
from tests.support import appeal_practice as practice
from tests.support import postgres
from tests.support.histories import filled
from tests.support.remittance_frames import ledger as rows

TODAY = ("--as-of", practice.TODAY)
Shared: TypeAlias = "tuple[Office, dict[str, str]]"


class Office:
    """A home with its ledger, and commands on it."""

    def __init__(
        self, home: Path, url: str, monkeypatch: pytest.MonkeyPatch, *, programme: bool = False
    ) -> None:
        monkeypatch.setenv("CLEANCLAIM_DATABASE_URL", url)
        monkeypatch.setenv("CLEANCLAIM_HOME", str(home))
        self.home, self.settings, self.book = home, practice.home(home), Ledger.open(url)
        practice.fill(self.book, self.settings, programme=programme)

    def item(self, claim_id: str) -> str:
        """The item of the denial or underpayment."""
        (line,) = self.book.read("remitted_lines", {"line_control": practice.DISPUTED[claim_id]})[
            "remitted_line_id"
        ]
        queue = "underpayments" if claim_id == practice.LOW else "denials"
        return digest("item", queue, line)

    def run(self, *arguments: object, status: int = 0) -> str:
        told = CliRunner().invoke(app, ["appeals", *map(str, arguments)])
        assert told.exit_code == status, told.output
        return told.output

    def json(self, *arguments: object) -> dict[str, Any]:
        found = CliRunner().invoke(app, ["appeals", *map(str, arguments), "--json"])
        assert found.exit_code == 0, found.output
        return json.loads(found.stdout)  # type: ignore[no-any-return]

    def open(self, claim_id: str, *more: object) -> str:
        return str(self.json("open", self.item(claim_id)[:12], *TODAY, *more)["appeal_id"])

    def packet(self, appeal: str, *more: object) -> tuple[dict[str, Any], str]:
        """What the command says, and the text of the packet."""
        told = self.json("packet", appeal[:12], "--out", self.home / "p.pdf", *TODAY, *more)
        return told, text(self.home / "p.pdf")


def text(path: Path) -> str:
    """The words of a PDF, blanks and line ends as one blank."""
    pages = PdfReader(io.BytesIO(path.read_bytes())).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    url = f"sqlite:///{tmp_path}/l.sqlite" if request.param == "sqlite" else postgres.fresh_database()
    return Office(tmp_path / "home", url, monkeypatch)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, dict[str, str]]]:
    """An office with an appeal of each claim; its tests make packets, and change nothing else."""
    folder = tmp_path_factory.mktemp("appeals")
    with pytest.MonkeyPatch.context() as patch:
        office = Office(folder / "home", f"sqlite:///{folder}/l.sqlite", patch)
        yield office, {one: office.open(one) for one in (practice.LATE, practice.BUNDLED, practice.LOW)}


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(tmp_path / "home", f"sqlite:///{tmp_path}/l.sqlite", monkeypatch)


def test_from_a_denial_through_two_levels_to_the_end(office: Office) -> None:
    first = office.open(practice.LATE)
    (row,) = office.book.read("appeals").to_dict(orient="records")
    assert (row["level"], row["level_name"], row["amount_cents"]) == (1, "provider reconsideration", 20_000)
    assert row["due_on"].date() == practice.ANSWERED + dt.timedelta(days=180)
    office.run("file", first, "--on", "2026-02-03", status=2)  # nothing shows what was filed
    made, _ = office.packet(first)
    office.run("file", first, "--on", "2026-02-03", "--reference", "APL-7")
    office.run("decide", first, "--outcome", "upheld", "--on", "2026-03-02", status=2)  # without the decision
    letter = office.home / "decision.txt"
    letter.write_text("upheld", encoding="utf-8")
    office.run("decide", first, "--outcome", "upheld", "--on", "2026-02-01", "--evidence", letter, status=2)
    office.run("decide", first, "--outcome", "upheld", "--on", "2026-03-02", "--evidence", letter)
    (shown,) = office.json("list", *TODAY)["appeals"]
    # Forty-five days of the settings, not the sixty of the table.
    assert (shown["state"], shown["next_level"], shown["next_due_on"]) == ("upheld", 2, "2026-04-16")
    second = office.json("open", first[:10], "--as-of", "2026-03-05")
    assert (second["level"], second["level_name"], second["due_on"]) == (2, "formal appeal", "2026-04-16")
    _, told = office.packet(second["appeal_id"])
    assert (
        "Level 1, provider reconsideration, was filed on February 3, 2026 and decided on March 2, 2026"
        in told
    )
    assert "APL-7" in told
    events = office.book.read("appeal_events").sort_values("sequence")
    documents = office.book.read("documents").set_index("document_id")
    assert events["action"].tolist() == ["filed", "decided"]
    assert documents.loc[events["document_id"], "kind"].tolist() == ["appeal", "appeal_evidence"]
    assert made["document_id"] == events["document_id"].iloc[0]
    office.run("withdraw", second["appeal_id"], "--reason", "written off")
    assert office.json("list", *TODAY)["appeals"] == []
    assert len(office.json("list", "--all", *TODAY)["appeals"]) == 2
    (rate,) = office.json("rates")["rates"]
    assert (rate["payer_id"], rate["category"], rate["decided"], rate["upheld"], rate["withdrawn"]) == (
        "ACME", "timely_filing", 1, 1, 1,
    )  # fmt: skip
    assert rate["overturned_basis_points"] == 0


def test_the_packet_of_a_late_denial_proves_the_filing_by_the_payers_own_word(shared: Shared) -> None:
    office, opened = shared
    told, words = office.packet(opened[practice.LATE])
    for fact in (
        "ALEX TESTER", "January 1, 1990", "XYZ000000001", "PAYERICN0001", "C000000001", "EFT0000123", "$200.00",
        "Appeals Unit", "PO Box 1", "CO-29", "PAT DOE, LCSW",
        "its last day was April 5, 2026", "acknowledgment (277CA) of January 13, 2026", "82 days before",
        "Interchange taken (TA1)", "File accepted by syntax (999)", "Claim accepted (277CA)", "A2 20 PR",
        "ISA13 000000001",
    ):  # fmt: skip
        assert fact in words, fact
    proof = office.book.read("files", {"kind": "277CA"})["sha256"]
    payers = next(
        sha for sha in proof if b"NM1*PR*2*EXAMPLE HEALTH PLAN" in archive.get(office.settings.archive, sha)
    )
    assert payers[:12] in words
    assert told["notes"] == []


def test_only_the_files_that_speak_of_the_claim_are_opened_for_its_proof(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every answer of the partner was opened and decoded, once for each statement."""
    office, opened = shared
    real, asked = archive.get, []

    def get(folder: Path, sha: str) -> bytes:
        asked.append(sha)
        return real(folder, sha)

    other = archive.put(office.settings.archive, b"ISA of somebody else, C000000001")
    with office.book.transaction() as tx:
        file = {"sha256": other, "direction": "in", "kind": "277CA", "partner": "sandbox"}
        tx.add("files", filled("files", file))
    monkeypatch.setattr(archive, "get", get)
    _, words = office.packet(opened[practice.LATE], "--as-of", practice.TODAY + dt.timedelta(days=1))
    sources = office.book.read("acknowledgment_sources")
    answers = [sha for sha in asked if sha in set(office.book.read("files", {"direction": "in"})["sha256"])]
    assert answers
    assert set(answers) <= set(sources["sha256"])
    assert len(answers) <= len(sources)
    assert "segment" in words


def test_a_packet_is_made_once_until_something_changes(shared: Shared) -> None:
    small, opened = shared
    appeal = opened[practice.BUNDLED]
    first, _ = small.packet(appeal)
    again = small.json("packet", appeal, "--out", small.home / "p.pdf", "--as-of", "2026-02-20")
    assert (first["new"], again["new"]) == (True, False)
    assert (again["sha256"], again["revision"]) == (first["sha256"], 1)
    note = small.home / "note.txt"
    note.write_text("The two services took 70 minutes together.", encoding="utf-8")
    changed, words = small.packet(appeal, "--statement", note)
    assert (changed["new"], changed["revision"]) == (True, 2)
    assert "took 70 minutes together" in words
    assert "$160.00 is in dispute" in words
    assert "90838, 60-min psychotherapy on top of an E/M; 53 minutes documented" in words
    assert "99213-25" in words
    assert "M15" in words
    kept, words = small.packet(appeal)
    assert (kept["new"], "took 70 minutes together" in words) == (False, True)
    for document in small.book.read("documents", {"subject_id": appeal, "kind": "appeal"}).itertuples():
        assert len(archive.get(small.settings.archive, document.sha256)) == document.bytes


def test_an_underpayment_is_disputed_with_the_contract_and_the_figures(shared: Shared) -> None:
    office, opened = shared
    _, words = office.packet(opened[practice.LOW])
    for fact in (
        "Payment dispute",
        "fixed $110.00, from 01/01/2026",
        "$110.00",
        "$90.00",
        "$20.00 is in dispute",
    ):
        assert fact in words, fact


def test_every_line_of_a_claim_in_one_packet(small: Office) -> None:
    appeal = small.open(practice.BUNDLED, "--whole")
    (row,) = small.book.read("appeals").to_dict(orient="records")
    assert pd.isna(row["remitted_line_id"])
    told = appeals.under_appeal(
        small.book.read("appeals"), small.book.read("appeal_events"), pd.Timestamp(practice.TODAY),
        small.book.read("remitted_lines"),
    )  # fmt: skip
    (line,) = small.book.read("remitted_lines", {"line_control": "L3"})["remitted_line_id"]
    assert line in set(told["subject_id"])
    # Line by line is not possible beside it.
    assert appeal[:8] in small.run("open", small.item(practice.BUNDLED), *TODAY, status=2)


def test_records_of_a_substance_use_programme_need_a_consent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path / "home", f"sqlite:///{tmp_path}/l.sqlite", monkeypatch, programme=True)
    appeal = office.open(practice.LATE)
    out = office.home / "p.pdf"
    assert "no consent" in office.run("packet", appeal, "--out", out, *TODAY, status=2)
    assert not out.exists()
    consent = {
        "consent_id": "CO1",
        "patient_id": "P0001",
        "recipient": "ACME",
        "signed_on": dt.date(2026, 1, 2),
    }
    office.book.load("consents", rows("consents", consent))
    _, words = office.packet(appeal)
    assert "42 CFR part 2 prohibits unauthorized use or disclosure of these records." in words
    assert "January 2, 2026" in words


def test_an_award_is_what_was_asked_for_or_less(small: Office) -> None:
    small.run("open", small.item(practice.LATE), "--amount", "a lot", *TODAY, status=2)
    appeal = small.open(practice.LATE, "--amount", "150.00")
    letter = small.home / "d.txt"
    letter.write_text("decided", encoding="utf-8")
    small.run("file", appeal, "--on", "2026-02-03", "--evidence", letter)
    decide = ("decide", appeal, "--evidence", letter, "--on", "2026-03-01")
    for outcome in (
        ("partly",),
        ("upheld", "--awarded", "1"),
        ("overturned", "--awarded", "150.01"),
        ("won",),
    ):
        small.run(*decide, "--outcome", *outcome, status=2)
    told = small.json(*decide, "--outcome", "partly", "--awarded", "50")
    assert (told["state"], told["awarded_cents"], told["next_level"]) == ("partly", 5_000, 2)
    next_ = small.json("open", appeal, "--as-of", "2026-03-02")
    assert next_["amount_cents"] == 10_000
    (rate,) = small.json("rates")["rates"]
    assert (rate["overturned_basis_points"], rate["won_basis_points"], rate["awarded_cents"]) == (
        0,
        10_000,
        5_000,
    )


def test_levels_are_those_of_the_payer_and_its_settings(shared: Shared) -> None:
    small, _ = shared
    found = small.json("levels", "--payer", "ACME")["levels"]
    assert [(one["level"], one["file_days"]) for one in found] == [(1, 180), (2, 45)]
    small.run("levels", "--payer", "NOBODY", status=2)


def test_the_next_level_is_of_the_track_that_was_begun_and_not_of_the_settings(small: Office) -> None:
    settings = small.home / "cleanclaim.toml"
    named = settings.read_text(encoding="utf-8").replace("days = [180, 45]", 'track = "contract"')
    settings.write_text(named, encoding="utf-8")
    first = small.open(practice.LATE, "--track", "erisa")
    letter = small.home / "decision.txt"
    letter.write_text("upheld", encoding="utf-8")
    small.run("file", first, "--on", "2026-02-03", "--evidence", letter)
    small.run("decide", first, "--outcome", "upheld", "--on", "2026-03-02", "--evidence", letter)
    second = small.json("open", first[:10], "--as-of", "2026-03-05", "--due", "2026-05-01")
    assert (second["level"], second["level_name"]) == (2, "second internal appeal")


def test_no_name_on_the_screen_and_in_no_file_name(shared: Shared) -> None:
    small, opened = shared
    appeal = opened[practice.LATE]
    told = small.run("packet", appeal, "--out", small.home / "p.pdf", *TODAY) + small.run("list", *TODAY)
    assert "TESTER" not in told
    assert not [path for path in small.home.rglob("*") if "TESTER" in path.name.upper()]
    assert (small.home / "p.pdf").stat().st_mode & 0o077 == 0
