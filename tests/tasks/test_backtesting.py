"""The ledger's own history as a rule is tried on it, and what its denials teach.

Two visits of one person: an add-on alone, denied for that (and paid after its correction, which does not count), and
psychotherapy, paid. A third line was never answered.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from sqlalchemy import BigInteger, Boolean, Date

from configs.settings import Settings
from connectors.ledger import Ledger
from connectors.ledger.schema import metadata
from flows import cli
from tasks import backtesting, charts, door, learning, standing
from tasks.billing import denials

BLANKS = ((BigInteger, 0), (Boolean, False), (Date, dt.date(2026, 1, 6)))


def fact(table: str, **values: Any) -> dict[str, Any]:
    """A row with something in every column that is required."""
    filled = {
        column.name: next((blank for kind, blank in BLANKS if isinstance(column.type, kind)), "x")
        for column in metadata.tables[table].columns
        if not column.nullable
    }
    return filled | values


def served(tx: Any, number: int, code: str, day: int) -> None:
    """A visit that was warned about, charged and claimed."""
    charge = fact(
        "charge_lines", charge_id=f"CH{number}", encounter_id=f"E{number}", encounter_row_id=f"R{number}",
        decision_id=f"D{number}", position=1, patient_id="P1", payer_id="ACME", service_date=dt.date(2026, 1, day),
        place_of_service="11", code=code, units=1, charge_cents=8000, diagnoses="F411", pointers="1",
    )  # fmt: skip
    held = fact("decisions", decision_id=f"H{number}", encounter_id=f"E{number}", sequence=1, outcome="held",
                decided_on=dt.date(2026, 1, 6))  # fmt: skip
    let_go = fact("decisions", decision_id=f"D{number}", encounter_id=f"E{number}", sequence=2, outcome="charged",
                  decided_on=dt.date(2026, 1, 10))  # fmt: skip
    warned = fact("findings", finding_id=f"F{number}", decision_id=f"D{number}", encounter_id=f"E{number}", line=1,
                  rule_id="ADD_ON_ALONE", severity="warn")  # fmt: skip
    tx.add("charge_lines", pd.DataFrame([charge]))
    tx.add("decisions", pd.DataFrame([held, let_go]))
    tx.add("findings", pd.DataFrame([warned]))
    claimed(tx, number, f"C{number}", 1, code)


def claimed(tx: Any, number: int, claim: str, attempt: int, code: str) -> None:
    built = dt.date(2026, 1, 10) if attempt == 1 else dt.date(2026, 2, 10)
    row = fact("claims", claim_id=claim, payer_id="ACME", payer_order="P", attempt=attempt, built_on=built,
               charge_cents=8000)  # fmt: skip
    tx.add("claims", pd.DataFrame([row]))
    line = fact(
        "claim_lines",
        line_id=f"L{claim}",
        claim_id=claim,
        charge_id=f"CH{number}",
        code=code,
        charge_cents=8000,
    )
    tx.add("claim_lines", pd.DataFrame([line]))


def answered(tx: Any, claim: str, day: dt.date, paid: int, carc: str, code: str) -> None:
    remittance = fact("remittances", remittance_id=f"RM{claim}", payment_date=day, bpr_cents=paid)
    answer = fact("remitted_claims", remitted_claim_id=f"RC{claim}", remittance_id=f"RM{claim}", position=1,
                  claim_id=claim, claim_control=claim, matched_by="control", status="1", charge_cents=8000,
                  paid_cents=paid)  # fmt: skip
    service = fact("remitted_lines", remitted_line_id=f"RL{claim}", remitted_claim_id=f"RC{claim}",
                   remittance_id=f"RM{claim}", position=1, line_id=f"L{claim}", code=code, charge_cents=8000,
                   paid_cents=paid)  # fmt: skip
    reason = fact("remitted_adjustments", adjustment_id=f"A{claim}", remittance_id=f"RM{claim}", position=1,
                  remitted_claim_id=f"RC{claim}", remitted_line_id=f"RL{claim}", group_code="CO", carc=carc,
                  amount_cents=8000 - paid)  # fmt: skip
    tx.add("remittances", pd.DataFrame([remittance]))
    tx.add("remitted_claims", pd.DataFrame([answer]))
    tx.add("remitted_lines", pd.DataFrame([service]))
    tx.add("remitted_adjustments", pd.DataFrame([reason]))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    with Ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}") as ledger, ledger.transaction() as tx:
        served(tx, 1, "90833", 5)
        served(tx, 2, "90837", 6)
        served(tx, 3, "90833", 7)
        claimed(tx, 1, "C1b", 2, "90833")
        answered(tx, "C1", dt.date(2026, 1, 30), 0, "107", "90833")
        answered(tx, "C1b", dt.date(2026, 2, 20), 6000, "45", "90833")
        answered(tx, "C2", dt.date(2026, 1, 30), 6000, "45", "90837")
    return folder


SPAN = dt.date(2026, 1, 1), dt.date(2026, 1, 31)


@pytest.mark.parametrize("lines", [1, 100])
def test_history_of_the_ledger(home: Path, lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtesting, "LINES", lines)
    with Ledger.open(f"sqlite:///{home / 'ledger.sqlite'}") as ledger:
        tested = backtesting.backtested(Settings(home=home), ledger, "ADD_ON_ALONE", *SPAN)
        before = backtesting.backtested(
            Settings(home=home), ledger, "ADD_ON_ALONE", SPAN[0], dt.date(2026, 1, 4)
        )
    assert (tested.lines, tested.hold_days) == (3, 4.0)
    (row,) = tested.by_payer.to_dict("records")
    assert row["claims"] == 3
    assert (row["denials_prevented"], row["not_judged"], row["held_wrongly"]) == (1, 1, 0)
    assert (row["dollars_prevented_cents"], row["days_saved"]) == (8000, 20)
    assert before.by_payer.empty


@pytest.mark.parametrize(("first", "lines"), [(15, 100), (1, 1)])
def test_lines_before_the_first_day_and_before_the_batch_are_in_view(
    tmp_path: Path, first: int, lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An intake of the 5th, another one of the 25th: asked from the 15th on, or in batches of a day, it is a second."""
    monkeypatch.setattr(backtesting, "LINES", lines)
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as ledger:
        with ledger.transaction() as tx:
            served(tx, 1, "90791", 5)
            served(tx, 2, "90837", 8)
            served(tx, 3, "90791", 25)
        days = dt.date(2026, 1, first), dt.date(2026, 1, 31)
        tested = backtesting.backtested(Settings(home=tmp_path), ledger, "INTAKE_AGAIN", *days)
    assert tested.by_payer["flagged"].tolist() == [1]


def test_what_no_rule_looks_for_any_more_is_not_carried_on() -> None:
    """An intake is looked for six months, a session eight days: a history of ten years needs no more memory."""
    first = pd.DataFrame({"code": ["90791", "90837", "90791"],
                          "service_date": pd.to_datetime(["2026-01-05", "2026-01-05", "2025-01-05"])})  # fmt: skip
    later = pd.DataFrame(
        {"code": ["90837"], "service_date": pd.to_datetime(["2026-03-02"]), "let_go_on": pd.NaT}
    )
    kept = backtesting._carried(first, later, pd.Timestamp("2026-03-02"))
    assert kept["code"].tolist() == ["90791", "90837"]
    assert kept["service_date"].min() == pd.Timestamp("2026-01-05")
    assert backtesting._carried(kept, later.iloc[:0], pd.Timestamp("2026-08-01")).empty


def test_what_is_plainly_paid_is_what_the_classification_says(home: Path) -> None:
    with Ledger.open(f"sqlite:///{home / 'ledger.sqlite'}") as ledger:
        frames = [ledger.read(f"remitted_{name}") for name in ("claims", "lines", "adjustments")]
    short = backtesting._classified(*frames).sort_values("line_id").reset_index(drop=True)
    whole = denials.classify(*frames)[list(short.columns)].sort_values("line_id").reset_index(drop=True)
    assert short["denied"].tolist() == whole["denied"].tolist() == [True, False, False]
    columns = ["line_id", "category", "denied_cents"]
    assert short[columns].to_numpy().tolist() == whole[columns].to_numpy().tolist()


def test_track_record_and_what_denials_teach(home: Path) -> None:
    with Ledger.open(f"sqlite:///{home / 'ledger.sqlite'}") as ledger:
        (record,) = standing.track_record(ledger).to_dict("records")
        everything = learning.denials_by_kind(ledger)
        later = learning.denials_by_kind(ledger, since=dt.date(2026, 2, 1))
    # The corrected claim's answer is one more line of the same charge: once right is right.
    assert record == {"rule_id": "ADD_ON_ALONE", "said": 3, "judged": 2, "right": 1}
    assert everything[["carc", "denied_cents", "covered"]].to_numpy().tolist() == [["107", 8000, True]]
    assert later.empty


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("CLEANCLAIM_HOME", str(home))

    def command(*arguments: str, status: int = 0) -> str:
        with pytest.raises(SystemExit) as left:
            cli.main(["scrub", *arguments])
        said = capsys.readouterr()
        assert left.value.code == status, said
        return said.out

    yield command
    door._ledger.cache_clear()


def test_commands(run: Any, tmp_path: Path) -> None:
    chart = tmp_path / "chart.svg"
    days = ("--from", "2026-01-01", "--to", "2026-01-31")
    told = json.loads(run("backtest", "--rule", "ADD_ON_ALONE", *days, "--json", "--chart", str(chart)))
    assert told["total"]["denials_prevented"] == 1
    assert told["payers"][0]["payer_id"] == "ACME"
    text = " ".join(ElementTree.parse(chart).getroot().itertext())
    assert "ACME" in text
    assert "$80.00 in 1 claims" in text
    assert "ACME" in run("backtest", "--rule", "ADD_ON_ALONE", *days)
    run("backtest", "--rule", "GATE_AUTHORIZATION", *days, status=2)
    run("backtest", "--rule", "ADD_ON_ALONE", "--from", "2026-02-01", "--to", "2026-01-01", status=2)
    learned = json.loads(run("learned", "--all", "--json"))
    assert learned["total"] == {"denied_cents": 8000, "uncovered_cents": 0}
    assert json.loads(run("learned", "--json"))["denials"] == []
    assert "107" in run("learned", "--all")
    explained = json.loads(run("explain", "ADD_ON_ALONE", "--json"))["rule"]["track_record"]
    assert explained == {"said": 3, "judged": 2, "right": 1}


def test_a_chart_is_labelled_and_to_scale() -> None:
    drawn = charts.bars("A & B", ["one", "two"], [charts.Bars("<payer>", [50, 100], ["$50", "$100"])])
    bars = [e for e in ElementTree.fromstring(drawn).iter() if e.tag.endswith("rect")][3:]
    assert float(bars[1].attrib["width"]) == 2 * float(bars[0].attrib["width"])
    assert "&lt;payer&gt;" in drawn
    assert charts.bars("nothing", ["one"], []).endswith("</svg>\n")
