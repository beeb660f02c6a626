"""What people do at the desk: work the queues, decide about quarantine, look into files."""

from __future__ import annotations

import csv
import datetime as dt
import re
import zipfile
from pathlib import Path

import flow_kit as kit
import pyarrow.parquet as pq
import pytest

from flows.demo import SECOND_ANSWERS
from tasks.billing.queues import GROUPS

AS_OF = ("--as-of", kit.DAY + dt.timedelta(days=SECOND_ANSWERS))


def status_of(office: kit.Office, item: str) -> str:
    return str(office.run("worklist", "show", item, "--json", *AS_OF).json["item"]["status"])


def test_every_queue_of_the_demo_is_listed_with_what_to_do(finished: kit.Demo) -> None:
    office = kit.Office(finished.home)
    items = office.run("worklist", "list", "--json", *AS_OF).json["items"]
    counts = {queue: sum(item["queue"] == queue for item in items) for queue in {i["queue"] for i in items}}
    assert counts == finished.json["worklists"]
    assert {"holds", "denials", "rejections", "suspense", "quarantine", "patients"} <= set(counts)
    for item in items:
        assert item["next_action"], item["queue"]
        assert item["reason"], item["queue"]
        # A correction that was asked for and waits is shown, too.
        assert item["status"] == ("correct" if item["queue"] == "corrections" else "open")
    denials = [item for item in items if item["queue"] in GROUPS["denials"]]
    assert all(item["amount_cents"] > 0 and item["deadline"] and item["claim_id"] for item in denials)
    priorities = [item["priority"] for item in items]
    assert priorities == sorted(priorities, reverse=True)


def test_the_list_for_people_shows_the_most_urgent_and_no_one(finished: kit.Demo) -> None:
    told = kit.Office(finished.home).run("worklist", "list", "--limit", "3", *AS_OF)
    assert told.status == 0
    assert re.search(r"\d+ items", told.out)
    assert "TESTER" not in told.out


def test_an_item_is_assigned_noted_snoozed_resolved_and_reopened(finished_copy: kit.Office) -> None:
    denial = next(i for i in finished_copy.items("denials", 45) if i["status"] == "open")["item_id"]
    tomorrow = dt.date.today() + dt.timedelta(days=500)
    for arguments in (
        ("assign", denial[:12], "maria"), ("note", denial[:12], "called the payer"),
        ("snooze", denial[:12], "--until", tomorrow),
    ):  # fmt: skip
        told = finished_copy.run("worklist", *arguments)
        assert told.status == 0, told.err
    assert status_of(finished_copy, denial) == "snoozed"
    assert denial not in {
        i["item_id"] for i in finished_copy.run("worklist", "list", "--json", *AS_OF).json["items"]
    }
    assert finished_copy.run("worklist", "resolve", denial, "--reason", "appealed").status == 0
    assert status_of(finished_copy, denial) == "resolved"
    assert finished_copy.run("worklist", "reopen", denial).status == 0
    shown = finished_copy.run("worklist", "show", denial, "--json", *AS_OF).json
    assert (shown["item"]["status"], shown["item"]["assignee"]) == ("open", "maria")
    actions = [event["action"] for event in shown["events"]]
    assert actions == ["assign", "note", "snooze", "resolve", "reopen"]
    people = finished_copy.run("worklist", "show", denial, *AS_OF)
    assert "called the payer" in people.out


def test_only_a_rejection_can_be_sent_again(finished_copy: kit.Office) -> None:
    denial = finished_copy.items("denials", 45)[0]["item_id"]
    before = finished_copy.ledger.count("work_events")
    told = finished_copy.run("worklist", "resolve", denial, "--reason", "again", "--resubmit")
    assert told.status == 2
    assert finished_copy.ledger.count("work_events") == before


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_a_queue_is_exported(finished: kit.Demo, tmp_path: Path, ending: str) -> None:
    office, out = kit.Office(finished.home), tmp_path / f"queue{ending}"
    told = office.run("worklist", "export", "--queue", "denials", "--out", out, "--json", *AS_OF)
    assert told.status == 0, told.err
    wanted = sum(finished.json["worklists"].get(queue, 0) for queue in GROUPS["denials"])
    assert told.json == {"out": str(out), "items": wanted}
    if ending == ".csv":
        with out.open(encoding="utf-8-sig", newline="") as stream:
            assert len(list(csv.DictReader(stream))) == wanted
    elif ending == ".parquet":
        assert pq.read_table(out).num_rows == wanted
    else:
        assert zipfile.is_zipfile(out)


def test_an_export_to_an_unknown_kind_of_file_is_bad_usage(finished: kit.Demo, tmp_path: Path) -> None:
    told = kit.Office(finished.home).run("worklist", "export", "--out", tmp_path / "queue.doc", *AS_OF)
    assert told.status == 2
    assert not (tmp_path / "queue.doc").exists()


def test_an_unbalanced_remittance_can_be_looked_at_and_discarded_but_not_released(
    finished_copy: kit.Office,
) -> None:
    rows = finished_copy.run("quarantine", "list", "--json").json["rows"]
    identity = next(row["quarantine_id"] for row in rows if row["expectation"] == "balanced")
    shown = finished_copy.run("quarantine", "show", identity[:10], "--json").json
    assert shown["row"]["suite"] == "remittances"
    assert shown["events"] == []
    refused = finished_copy.run("quarantine", "release", identity, "--reason", "let it in")
    assert refused.status == 2
    assert finished_copy.ledger.count("quarantine_events") == 0
    before = finished_copy.proof()
    assert (
        finished_copy.run("quarantine", "discard", identity[:10], "--reason", "payer voided it").status == 0
    )
    left = [row for row in rows if row["quarantine_id"] != identity]
    assert finished_copy.run("quarantine", "list", "--json").json["rows"] == left
    every = finished_copy.run("quarantine", "list", "--all", "--json").json["rows"]
    assert [row["quarantine_id"] for row in every if row["state"] == "discarded"] == [identity]
    after = finished_copy.proof()
    assert (after["balanced"], after["quarantined"]) == (True, before["quarantined"] - 1)
    assert after["accounts"] == before["accounts"]


def test_a_released_encounter_goes_on_and_a_discarded_one_does_not(
    loaded: kit.Office, tmp_path: Path
) -> None:
    known = loaded.ledger.current("encounters")
    visit = known[known["service_kind"] == "psychotherapy"].iloc[0]
    common = {
        "patient_id": visit["patient_id"], "rendering_id": visit["rendering_id"], "service_kind": "psychotherapy",
        "minutes": "45", "diagnoses": "F41.1", "modality": "in_person", "patient_location": "office",
    }  # fmt: skip
    rows = [  # signed before the visit: the suite keeps it out
        {"encounter_id": name, **common, "service_date": f"2026-03-{day}", "signed_on": "2026-03-01"}
        for name, day in (("EREL", "14"), ("EDIS", "15"))
    ]
    assert loaded.run("load", "encounters", kit.write_csv(tmp_path / "early.csv", rows)).status == 0
    assert loaded.daily().status == 1
    states = loaded.encounter_states()
    assert (states["EREL"], states["EDIS"]) == ("quarantined", "quarantined")
    versions = loaded.ledger.current("encounters").set_index("row_id")["encounter_id"]
    rows_by = {
        versions[row["subject_id"]]: row["quarantine_id"]
        for row in loaded.run("quarantine", "list", "--json").json["rows"]
    }
    assert set(rows_by) == {"EREL", "EDIS"}
    assert loaded.run("quarantine", "release", rows_by["EREL"], "--reason", "late entry").status == 0
    assert loaded.run("quarantine", "discard", rows_by["EDIS"], "--reason", "no such visit").status == 0
    assert loaded.daily(1).status == 0
    states = loaded.encounter_states()
    assert states["EREL"] in ("held", "sent")
    assert states["EDIS"] == "quarantined"
    assert loaded.proof()["balanced"]


def outbound(demo: kit.Demo) -> Path:
    return Path(demo.json["outbound_files"][0])


def unbalanced(demo: kit.Demo) -> int:
    """How many remittances of the demo are in quarantine because they do not add up."""
    rows = kit.cleanclaim("quarantine", "list", "--json", home=demo.home).json["rows"]
    return sum(row["expectation"] == "balanced" for row in rows)


def test_x12_inspect_says_what_a_file_is(finished: kit.Demo) -> None:
    answers = finished.home / "demo" / "clearinghouse" / "practice" / "ReceiveFiles"
    paths = [*finished.json["outbound_files"], *sorted(answers.iterdir())]
    files = kit.cleanclaim("x12", "inspect", "--json", *paths, home=finished.home).json["files"]
    assert {"837P", "TA1", "999", "277CA", "835"} <= {file["kind"] for file in files}
    for file in files:
        assert set(file) >= {"path", "sha256", "kind", "transactions", "problems"}
        for transaction in file["transactions"]:
            assert set(transaction) >= {
                "type", "version", "control", "claims", "lines", "charge_cents", "paid_cents", "bpr_cents",
                "plb_cents", "balanced", "problems",
            }  # fmt: skip
    sent = [t for file in files if file["kind"] in ("837P", "837I") for t in file["transactions"]]
    assert sum(t["claims"] for t in sent) == finished.json["claims"]
    assert sum(t["lines"] for t in sent) == finished.json["claim_lines"]
    paid = {f["sha256"]: f["transactions"] for f in files if f["kind"] == "835"}
    verdicts = [t["balanced"] for transactions in paid.values() for t in transactions]
    assert verdicts.count(False) == unbalanced(finished) > 0
    # The check whose answer came late took the place of an earlier file of its name at the partner.
    assert finished.json["remittances"] - verdicts.count(True) in (0, 1)
    balanced = [t for transactions in paid.values() for t in transactions if t["balanced"]]
    assert 0 < sum(t["bpr_cents"] for t in balanced) <= finished.json["proof"]["remittances"]["bpr_cents"]


def test_x12_inspect_for_people_shows_protected_data_only_when_asked(finished: kit.Demo) -> None:
    answers = finished.home / "demo" / "clearinghouse" / "practice" / "ReceiveFiles"
    off = next(p for p in sorted(answers.glob("*.835")) if "not balanced" in _inspected(p, finished))
    plain = _inspected(off, finished)
    assert "CLP*" not in plain
    assert "SVC*" not in plain
    shown = _inspected(off, finished, "--show-phi")
    assert "CLP*" in shown or "SVC*" in shown


def _inspected(path: Path, demo: kit.Demo, *options: str) -> str:
    return kit.cleanclaim("x12", "inspect", path, *options, home=demo.home).out


def test_x12_inspect_of_what_is_no_x12(finished: kit.Demo, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear TESTER,", encoding="utf-8")
    told = kit.cleanclaim("x12", "inspect", "--json", tmp_path / "letter.txt", home=finished.home)
    (file,) = told.json["files"]
    assert file["problems"]
    assert "TESTER" not in told.out.replace(str(tmp_path), "")


def test_x12_tables_writes_parquet_that_adds_up(finished: kit.Demo, tmp_path: Path) -> None:
    answers = finished.home / "demo" / "clearinghouse" / "practice" / "ReceiveFiles"
    paths = sorted({path.read_bytes(): path for path in answers.iterdir()}.values())  # each content once
    told = kit.cleanclaim("x12", "tables", *paths, "--out", tmp_path / "out", "--json", home=finished.home)
    assert told.status == 0, told.err
    tables = {path.stem: pq.read_table(path) for path in (tmp_path / "out").glob("*.parquet")}
    assert {name: table.num_rows for name, table in tables.items()} == told.json["tables"]
    balanced = sum(tables["835_transactions"]["balanced"].to_pylist())
    assert tables["835_transactions"].num_rows == balanced + unbalanced(finished)
    assert finished.json["remittances"] - balanced in (0, 1)
    assert tables["ack_claim_acks"].num_rows > 0


def test_templates_can_be_filled_and_loaded(finished_copy: kit.Office, tmp_path: Path) -> None:
    from connectors.ledger.schema import MASTER_KINDS
    from flows.cli import main

    with pytest.raises(SystemExit) as end:
        main(["templates", str(tmp_path / "templates")])
    assert end.value.code == 0
    for kind in [*MASTER_KINDS, "deposits"]:
        (path,) = (tmp_path / "templates").rglob(f"{kind}.csv")
        told = finished_copy.run("load", "--json", kind, path)
        assert (told.status, told.json["loads"][0]["read"]) == (0, 0), kind


def test_home_may_be_named_before_the_command(finished: kit.Demo) -> None:
    from flows.cli import main

    with pytest.raises(SystemExit) as end:
        main(["--home", str(finished.home), "proof", "--json"])
    assert end.value.code == 0
