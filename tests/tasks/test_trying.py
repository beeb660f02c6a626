"""Files tried beside a ledger that knows the people already: what was charged, suppressed and loaded counts."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from configs.settings import Settings
from connectors.ledger import Ledger, empty
from connectors.sources import synthetic
from connectors.sources.files import read_table
from tasks import judging, masters, trying
from tasks.moment import Moment
from tasks.sources import load_file
from tests.support.remittance_frames import ledger as rows_of

DAY = dt.date(2026, 1, 15)
CHARGE = {
    "encounter_id": "E1", "position": 1, "patient_id": "P1", "payer_id": "ACME", "rendering_id": "CL1",
    "service_date": "2026-01-15", "place_of_service": "11", "code": "90833", "units": 1, "charge_cents": 8000,
    "diagnoses": ["F41.1"], "pointers": "1", "minutes": 20,
}  # fmt: skip


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice")
    synthetic.write_practice(folder, 40, 7, DAY)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    return tmp_path


def stored(home: Path, **tables: list[dict[str, Any]]) -> None:
    with Ledger.open(f"sqlite:///{home / 'ledger.sqlite'}") as ledger, ledger.transaction() as tx:
        for table, given in tables.items():
            tx.add(table, rows_of(table, *given))


def written(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text(json.dumps(records))
    return path


def tried(home: Path, *files: Path, folder: Path | None = None) -> trying.Tried:
    return trying.try_files(Settings(home=home), files, DAY, folder=folder)


def session(practice: Path) -> dict[str, Any]:
    """A clean encounter of the practice."""
    rows = read_table("encounters", practice / "encounters.csv").rows
    kept = rows[rows["signed_on"].notna() & (rows["service_kind"] == "psychotherapy")].iloc[0]
    plain = {name: value for name, value in kept.items() if not pd.isna(value)}
    plain["service_date"], plain["signed_on"] = (str(plain[n])[:10] for n in ("service_date", "signed_on"))
    made: dict[str, Any] = json.loads(json.dumps(plain, default=int))
    return made


def charge_of(met: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The session as it stands charged in the ledger."""
    return {
        "charge_id": "CH1", "encounter_id": met["encounter_id"], "encounter_row_id": "R1", "decision_id": "D1",
        "position": 1, "patient_id": met["patient_id"], "payer_id": "ACME", "coverage_id": "COV1",
        "rendering_id": met["rendering_id"], "service_date": pd.Timestamp(met["service_date"]),
        "place_of_service": "11", "code": "90837", "units": 1, "charge_cents": 20000, "diagnoses": "F411",
        "pointers": "1",
    } | changes  # fmt: skip


def decision(encounter: str) -> dict[str, Any]:
    return {"decision_id": "D1", "encounter_id": encounter, "encounter_row_id": "R1", "sequence": 1,
            "outcome": "charged", "decided_on": pd.Timestamp(DAY)}  # fmt: skip


def known(home: Path, kind: str, record: dict[str, Any]) -> str:
    """Load one row of a master table; its row_id."""
    with Ledger.open(f"sqlite:///{home / 'ledger.sqlite'}") as ledger:
        load_file(ledger, kind, written(home / f"loaded {kind}.json", record))
        row: str = ledger.current(kind)["row_id"].iloc[0]
    return row


def test_a_session_charged_already_is_not_held_against_its_own_units(home: Path, practice: Path) -> None:
    met = session(practice)
    unit = {"entry_id": "U1", "authorization_id": "AU1", "charge_id": "CH1", "event": "reserve", "units": 1,
            "cause": "D1"}  # fmt: skip
    other = unit | {"entry_id": "U2", "charge_id": "CH2"}
    row = known(home, "encounters", met)
    stored(
        home,
        decisions=[decision(met["encounter_id"])],
        charge_lines=[charge_of(met, encounter_row_id=row, authorization_id="AU1")],
        authorization_units=[unit, other],
    )
    found = {"encounters": pd.DataFrame([met]).assign(codes=None)}
    past = trying._past(Settings(home=home), DAY, None, found)
    assert past.units["charge_id"].tolist() == ["CH2"]
    assert past.charges["encounter_id"].tolist() == [met["encounter_id"]]


def test_earlier_lines_are_read_with_their_session(home: Path, practice: Path) -> None:
    met = session(practice)
    earlier = met | {"encounter_id": "E0", "start_time": "1000", "end_time": "1055"}
    stranger = charge_of(met, charge_id="CH2", encounter_id="E8", patient_id="NOBODY", encounter_row_id="R8")
    payers = read_table("payers", practice / "payers.csv").rows.iloc[0].dropna().to_dict()
    payer = json.loads(json.dumps(payers, default=str)) | {"payer_id": "ACME", "payer_class": "medicaid"}
    known(home, "payers", payer)
    row = known(home, "encounters", earlier)
    stored(
        home, decisions=[decision("E0")], charge_lines=[charge_of(earlier, encounter_row_id=row), stranger]
    )
    waiting = pd.DataFrame([met])
    with Ledger.open(f"sqlite:///{home / 'ledger.sqlite'}") as ledger, ledger.snapshot() as view:
        now = Moment(view)
        (line,) = judging._history(now, waiting, masters.current(now)).to_dict("records")
        nobody = judging._history(now, empty("encounters"), masters.current(now))
    assert (line["charge_id"], line["start_time"], line["payer_class"]) == ("CH1", "1000", "medicaid")
    assert nobody.empty


@pytest.mark.parametrize(
    "data", [b"encounter_id,progress_note\nE1,x\n", b"encounter_id,service_date\n\xff\xfe,x\n"]
)
def test_a_file_refused_whole_is_unusable(home: Path, practice: Path, data: bytes) -> None:
    """Clinical notes, or no text at all: not rows to be mended but a file to be made anew."""
    good = written(home / "good.json", session(practice))
    (home / "bad.csv").write_bytes(data)
    counts = tried(home, good, home / "bad.csv", folder=practice).counts
    assert (counts["unusable_files"], counts["kept_out"]) == (1, 0)


def test_notes_beside_all_required_columns_make_the_file_unusable(home: Path, practice: Path) -> None:
    file = written(home / "notes.json", session(practice) | {"progress_note": "x"})
    told = tried(home, file, folder=practice)
    assert set(told.problems["code"]) == {"REFUSED_COLUMN"}
    assert (told.counts["unusable_files"], told.counts["kept_out"]) == (1, 0)


def test_one_broken_row_leaves_the_file_usable(home: Path) -> None:
    (home / "charges.jsonl").write_text(json.dumps(CHARGE) + "\n7\n")
    counts = tried(home, home / "charges.jsonl").counts
    assert (counts["unusable_files"], counts["kept_out"], counts["charges"]) == (0, 1, 1)


def test_a_suppressed_rule_does_not_hold_a_charge_of_a_file(home: Path) -> None:
    row = {"suppression_id": "S1", "encounter_id": "E1", "rule_id": "ADD_ON_ALONE", "sequence": 1,
           "action": "suppress", "person": "kim", "reason": "x", "expires_on": pd.Timestamp(2026, 2, 1),
           "at": pd.Timestamp(2026, 1, 2)}  # fmt: skip
    file = written(home / "charges.json", CHARGE)
    stored(home, suppressions=[row])
    said = tried(home, file).findings.set_index("rule")["severity"]
    assert said["ADD_ON_ALONE"] == "suppressed"


def test_edits_are_read_for_the_codes_of_the_files(
    home: Path, practice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[set[str]] = []
    read = masters.references.read
    monkeypatch.setattr(
        masters.references,
        "read",
        lambda facts, settings, codes=(), *rest: asked.append(set(codes)) or read(facts, settings),
    )
    stored(home)
    charges = written(home / "charges.json", CHARGE | {"code": "G9999"})
    tried(home, charges, written(home / "met.json", session(practice) | {"codes": "99214-25 90833"}))
    assert asked == [{"G9999", "99214", "90833"}]


def test_charges_of_a_file_are_late_by_the_payers_own_clock(home: Path, practice: Path) -> None:
    """The federal plan files until the end of next year, however few days its record has."""
    payers = read_table("payers", practice / "payers.csv").rows.iloc[:1]
    file = written(
        home / "charges.json",
        CHARGE | {"payer_id": payers["payer_id"].iloc[0], "service_date": "2025-06-02", "code": "90837"},
    )

    def late(**changes: Any) -> bool:
        given = payers.assign(timely_filing_days=90, **changes).astype(object)
        given.where(given.notna(), None).to_csv(home / "payers.csv", index=False)
        return "TIMELY_PAST" in set(tried(home, file, home / "payers.csv").findings["rule"])

    assert late(filing_basis="service_date")
    assert not late(filing_basis="calendar_year")
