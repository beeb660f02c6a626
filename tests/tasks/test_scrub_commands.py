"""``cleanclaim scrub`` as a user runs it: rules, files tried, people's word on a rule.

The practice is a synthetic one in a folder of files; the home has either nothing in it or the same practice loaded.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectors.ledger import Ledger
from connectors.sources import synthetic
from connectors.sources.charges import CHARGES
from connectors.sources.files import read_any, read_table
from flows import cli
from tasks import door
from tasks.sources import load_file
from tasks.trying import KINDS

DAY = "2026-01-15"


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice")
    synthetic.write_practice(folder, 40, 7, dt.date.fromisoformat(DAY))
    return folder


@pytest.fixture(scope="module")
def masters(practice: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("masters")
    for path in practice.glob("*.csv"):
        if path.stem != "encounters":
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.fixture(scope="module")
def loaded(practice: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the practice and its encounters in the ledger."""
    home = tmp_path_factory.mktemp("home")
    with Ledger.open(f"sqlite:///{home / 'ledger.sqlite'}") as ledger:
        for path in sorted(practice.glob("*.csv")):
            load_file(ledger, path.stem, path)
    return home


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CLEANCLAIM_HOME", "unset")
    yield
    door._ledger.cache_clear()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def command(*arguments: str | Path, status: int = 0) -> Any:
        with pytest.raises(SystemExit) as left:
            cli.main(["scrub", *map(str, arguments)])
        said = capsys.readouterr()
        assert left.value.code == status, said
        return json.loads(said.out) if "--json" in arguments else said.out + said.err

    return command


def one_encounter(practice: Path, **changes: object) -> dict[str, object]:
    """A clean encounter of the practice as a JSON object."""
    rows = read_table("encounters", practice / "encounters.csv").rows
    kept = rows[rows["signed_on"].notna() & (rows["service_kind"] == "psychotherapy")].iloc[0]
    plain = {name: value for name, value in kept.items() if not pd.isna(value)}
    plain["service_date"], plain["signed_on"] = (str(plain[n])[:10] for n in ("service_date", "signed_on"))
    return json.loads(json.dumps(plain, default=int)) | changes  # type: ignore[no-any-return]


def test_rules_are_listed_with_severity_and_source(run: Any, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text('[payers.ACME]\nPAIR_PR10 = "warn"\n[scrub]\nDUPLICATE = "shadow"\n')
    rules = {entry["rule"]: entry for entry in run("rules", "--home", tmp_path, "--json")["rules"]}
    assert rules["PAIR_PR10"]["payers"] == {"ACME": "warn"}
    assert rules["DUPLICATE"]["severity"] == "shadow"
    assert {"GATE_CONSENT", "CODING_TOO_SHORT", "FEE_MISSING", "NCCI_PTP"} <= rules.keys()
    assert all(entry["source"] and entry["version"] and entry["since"] for entry in rules.values())
    assert "PAIR_PR10" in run("rules", "--home", tmp_path)


def test_a_rule_is_explained_with_its_samples(run: Any, tmp_path: Path) -> None:
    told = run("explain", "ADD_ON_ALONE", "--home", tmp_path, "--json")["rule"]
    assert "Passes::" in told["page"]
    assert "Fails::" in told["page"]
    assert "CARC107" in told["predicts"]
    assert told["track_record"] == {"said": 0, "judged": 0, "right": 0}
    assert "GATE_ENROLLMENT" in run("explain", "GATE_ENROLLMENT", "--home", tmp_path)
    run("explain", "NOTHING", "--home", tmp_path, status=2)


def test_encounters_are_tried_without_a_home(run: Any, practice: Path, masters: Path, tmp_path: Path) -> None:
    told = run(
        *("try", practice / "encounters.csv", "--masters", masters, "--date", DAY, "--json"),
        *("--home", tmp_path / "none"),
        status=1,
    )
    assert told["counts"]["encounters"] == 40
    assert 0 < told["counts"]["held"] < 40
    assert {"encounter", "line", "rule", "severity", "message", "fix", "reference_version"} <= told[
        "findings"
    ][0].keys()
    assert not (tmp_path / "none").exists()


def test_what_passes_is_exit_status_0(run: Any, practice: Path, masters: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps([one_encounter(practice)]))
    told = run("try", file, "--masters", masters, "--date", DAY, "--home", tmp_path, "--json")
    assert [f for f in told["findings"] if f["severity"] == "hold"] == []
    unsigned = one_encounter(practice)
    del unsigned["signed_on"]
    file.write_text(json.dumps(unsigned) + "\n")
    told = run("try", file, "--masters", masters, "--date", DAY, "--home", tmp_path, "--json", status=1)
    assert {f["rule"] for f in told["findings"]} == {"GATE_NOTE_SIGNED"}


def test_masters_among_the_files_win(run: Any, practice: Path, masters: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps([one_encounter(practice)]))
    signed = ("--masters", masters, "--date", DAY, "--home", tmp_path, "--json")
    providers = read_table("providers", masters / "providers.csv").rows
    left = providers.assign(active_from=pd.Timestamp("2026-06-01"), active_to=pd.NaT).astype(object)
    left.where(left.notna(), None).to_csv(tmp_path / "any name.csv", index=False)
    told = run("try", file, tmp_path / "any name.csv", *signed, status=1)
    assert "GATE_PROVIDER_ACTIVE" in {f["rule"] for f in told["findings"]}


def test_the_ledger_is_not_touched(run: Any, practice: Path, loaded: Path, tmp_path: Path) -> None:
    def state() -> tuple[str, dict[str, str]]:
        files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in loaded.rglob("*") if p.is_file()}
        with Ledger.open(f"sqlite:///{loaded / 'ledger.sqlite'}", migrate=False) as ledger:
            return ledger.fingerprint(), files

    before = state()
    file = tmp_path / "one.json"
    unsigned = one_encounter(practice, encounter_id="NEW")
    del unsigned["signed_on"]
    file.write_text(json.dumps([unsigned]))
    told = run("try", file, "--date", DAY, "--home", loaded, "--json", status=1)
    assert told["counts"]["held"] == 1
    assert state() == before


CHARGE = {
    "encounter_id": "E1", "position": 1, "patient_id": "P1", "payer_id": "ACME", "rendering_id": "CL1",
    "service_date": DAY, "place_of_service": "11", "code": "90833", "units": 1, "charge_cents": 8000,
    "diagnoses": ["F41.1"], "pointers": "1", "minutes": 20,
}  # fmt: skip


def test_charges_are_tried_by_the_scrub_alone(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "charges.json"
    file.write_text(json.dumps([CHARGE]))
    told = run("try", file, "--date", DAY, "--home", tmp_path, "--json", status=1)
    (alone,) = [f for f in told["findings"] if f["rule"] == "ADD_ON_ALONE"]
    assert (alone["encounter"], alone["line"], alone["severity"]) == ("E1", 1, "hold")
    assert told["counts"]["charges"] == 1
    pd.DataFrame([CHARGE | {"diagnoses": "F411"}]).to_parquet(tmp_path / "charges.parquet")
    again = run("try", tmp_path / "charges.parquet", "--date", DAY, "--home", tmp_path, "--json", status=1)
    assert again["findings"] == told["findings"]


def test_institutional_charges_are_tried_too(run: Any, tmp_path: Path) -> None:
    stay = {"form": "837I", "stay_id": "S1", "stay_admitted_on": "2026-01-05", "stay_attending_id": "CL9"}
    day = {
        "code": "H0035",
        "revenue_code": "0912",
        "type_of_bill": "013",
        "level_of_care": "php",
        "minutes": 300,
    }
    bed = {"code": "1002", "revenue_code": "1002", "type_of_bill": "086", "level_of_care": "rtc_sud_high"}
    left = {"position": 2, "stay_discharged_on": DAY, "stay_patient_status": "01", "place_of_service": "55"}
    file = tmp_path / "charges.json"
    file.write_text(json.dumps([CHARGE | stay | day | {"stay_weekly_hours": 19}, CHARGE | stay | bed | left]))
    told = run("try", file, "--date", DAY, "--home", tmp_path, "--json", status=1)
    assert {(f["line"], f["rule"]) for f in told["findings"] if f["rule"][:5] in ("INST_", "CODE_")} == {
        (1, "INST_PROGRAMME_LEVEL"),
        (2, "INST_BED_DAY_DISCHARGE"),
    }
    assert told["problems"] == []


def test_bad_rows_are_reported_by_line_and_column(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "charges.jsonl"
    file.write_text(
        "\n".join(json.dumps(row) for row in (CHARGE, CHARGE | {"position": 2, "service_date": "soon"}))
    )
    told = run("try", file, "--date", DAY, "--home", tmp_path, "--json", status=1)
    assert [(p["file"], p["row"], p["column"], p["code"]) for p in told["problems"]] == [
        ("charges.jsonl", 2, "service_date", "NOT_A_DATE")
    ]
    assert told["counts"]["charges"] == 1
    assert told["counts"]["kept_out"] == 1
    assert "line 2, column service_date" in run("try", file, "--date", DAY, "--home", tmp_path, status=1)


def test_a_file_of_nothing_known_is_bad_usage(run: Any, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("colour,size\nred,1\n")
    run("try", tmp_path / "other.csv", "--home", tmp_path, status=2)
    run("try", tmp_path / "missing.csv", "--home", tmp_path, status=2)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "charges"])
def test_a_file_is_known_by_its_columns(practice: Path, kind: str) -> None:
    path = practice / f"{kind}.csv"
    found, loaded = read_any(path, KINDS)
    assert found == kind
    pd.testing.assert_frame_equal(loaded.rows, read_table(kind, path).rows)


def test_json_rows_have_the_line_they_begin_on(tmp_path: Path) -> None:
    file = tmp_path / "fees"
    file.write_text(
        '[\n {"code": "90837", "modifier": "",\n  "effective_from": "2026-01-01", "charge_cents": 20000},\n'
        ' {"code": "90834", "modifier": "", "effective_from": "2026-01-01", "charge_cents": 1.5},\n 7,\n {"code" '
    )
    kind, loaded = read_any(file, KINDS)
    assert kind == "fees"
    assert loaded.rows["code"].tolist() == ["90837"]
    assert [(p.row, p.code) for p in loaded.problems.itertuples()] == [
        (4, "NOT_CENTS"),
        (5, "NOT_READABLE"),
        (6, "NOT_READABLE"),
    ]


def test_a_rule_is_suppressed_and_listed_by_the_audit(run: Any, loaded: Path, practice: Path) -> None:
    from tasks import auditing

    encounter = one_encounter(practice)["encounter_id"]
    home = ("--home", loaded)
    until = ("--reason", "the payer said so", "--until", "2026-02-01")
    run("suppress", encounter, "PAIR_PR10", "--line", "1", *until, *home)
    run("unsuppress", encounter, "PAIR_PR10", *home)
    run("unsuppress", encounter, "PAIR_PR10", *home, status=2)
    run("suppress", encounter, "GATE_CONSENT", *until, *home, status=2)
    run("suppress", encounter, "TYPO", *until, *home, status=2)
    run("suppress", "NOBODY", "PAIR_PR10", *until, *home, status=2)
    with Ledger.open(f"sqlite:///{loaded / 'ledger.sqlite'}") as ledger:
        rows = auditing.actions(ledger)
    assert rows["action"].tolist() == ["suppress", "withdraw"]
    assert rows["detail"].tolist() == ["PAIR_PR10, line 1 until 2026-02-01", "PAIR_PR10"]
    assert rows["subject_id"].tolist() == [encounter, encounter]


def test_the_page_names_every_column_of_the_charges_layout() -> None:
    page = (Path(__file__).parents[2] / "docs" / "trying-rules.md").read_text(encoding="utf-8")
    assert [column.name for column in CHARGES.columns if f"| `{column.name}` |" not in page] == []
