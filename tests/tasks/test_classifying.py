"""``cleanclaim denials classify``: files in, verdicts out, no home and no ledger."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flows.cli import app

ISA = "ISA*00*          *00*          *ZZ*PAYER99999     *ZZ*SUBMIT123      *260112*0930*^*00501*000000007*0*T*:"


def file(*sets: Sequence[str]) -> bytes:
    """An 835 of these remittances, each the segments of its claims; BPR02 is the sum of CLP04."""
    segments = [ISA, "GS*HP*PAYER99999*SUBMIT123*20260112*0930*1*X*005010X221A1"]
    for number, body in enumerate(sets, 1):
        paid = sum(float(each.split("*")[4]) for each in body if each.startswith("CLP"))
        inside = [
            f"BPR*I*{paid:g}*C*ACH************20260121", f"TRN*1*EFT{number}*1512345678",
            "N1*PR*EXAMPLE HEALTH PLAN", "N1*PE*EXAMPLE GROUP*XX*1234567893", "LX*1", *body,
        ]  # fmt: skip
        segments += [f"ST*835*{number:04}", *inside, f"SE*{len(inside) + 2}*{number:04}"]
    segments += [f"GE*{len(sets)}*1", "IEA*1*000000007"]
    return "".join(f"{segment}~\n" for segment in segments).encode()


# The claims of the dossier's denial_cases with lines, in one remittance: CLP, SVC, CAS, remarks.
CASES = file(
    [
        "CLP*C1*1*200*120*30*12*I1", "SVC*HC:90837*200*120**1", "CAS*CO*45*50", "CAS*PR*3*30",
        "CLP*C2*4*150*0*150*12*I2", "SVC*HC:90837*150*0**1", "CAS*PR*1*150",
        "CLP*C3*1*310*0**12*I3", "SVC*HC:90837*310*0**1", "CAS*CO*197*310",
        "CLP*C4*22*-130*-90**12*I4", "SVC*HC:90837*-130*-90**1", "CAS*CO*45*-40",
        "CLP*C5*1*200*0**12*I5", "SVC*HC:90837*200*0**1", "CAS*CO*16*200", "LQ*HE*MA130",
        "CLP*C6*1*200*0**12*I6", "MOA***N290", "SVC*HC:90837*200*0**1", "CAS*CO*16*200",
        "CLP*C7*1*200*0**12*I7", "SVC*HC:90837*200*0**1", "CAS*OA*18*200", "LQ*HE*N522",
        "CLP*C8*1*100*0**12*I8", "SVC*HC:90837*100*0**1", "CAS*CO*1*100",
        "CLP*C9*1*100*0**12*I9", "SVC*HC:90837*100*0**1", "CAS*CO*45*100",
        "CLP*C10*19*200*120*30*12*I10", "SVC*HC:90837*200*120**1", "CAS*CO*45*50", "CAS*PR*2*30",
    ]
)  # fmt: skip
EXPECTED: list[dict[str, Any]] = [
    {"denied": False, "patient_cents": 3000, "contractual_cents": 5000, "action": "bill_patient"},
    {"denied": False, "patient_cents": 15000, "action": "bill_patient"},
    {"denied": True, "category": "auth_missing", "root_stage": "authorization", "preventable": "Y"},
    {"denied": False, "action": "reverse_posting"},
    {"resubmit_as": "1", "reasons": [{"group": "CO", "carc": "16", "rarc": "MA130"}]},
    {"action": "fix_provider_ids", "resubmit_as": "7"},
    {"action": "close_duplicate", "recoverable_cents": 0},
    {"patient_cents": 0, "action": "do_not_bill_patient"},
    {"flag": "suspect_bad_remit", "denied": True},
    {"denied": False, "flag": "wait_crossover", "action": "mark_crossover"},
]  # fmt: skip


def asked(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["denials", "classify", *map(str, arguments)])


def test_every_line_of_the_dossiers_cases(tmp_path: Path) -> None:
    path = tmp_path / "a.835"
    path.write_bytes(CASES)
    done = asked(path, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["problems"] == []
    for number, (line, expected) in enumerate(zip(told["lines"], EXPECTED, strict=True), 1):
        assert {key: line[key] for key in expected} == expected
        assert (line["file"], line["remittance"], line["claim_position"], line["line_position"]) == (
            str(path), 1, number, 1
        )  # fmt: skip
    assert told["totals"]["denied"] == 5
    assert told["totals"]["lines"] == 10


def test_a_claim_without_lines_and_claims_of_several_remittances_have_their_places(tmp_path: Path) -> None:
    bare = ["CLP*C1*4*200*0**12*I1", "CAS*CO*29*200"]
    two = [
        "CLP*C2*1*300*0**12*I2",
        "SVC*HC:90837*200*0**1",
        "CAS*CO*50*200",
        "SVC*HC:90785*100*0**1",
        "CAS*CO*97*100",
    ]
    path = tmp_path / "a.835"
    path.write_bytes(file(bare, two))
    lines = json.loads(asked(path, "--json").stdout)["lines"]
    places = [
        (line["remittance"], line["claim_position"], line["line_position"], line["segment"]) for line in lines
    ]
    assert places == [(1, 1, None, 7), (2, 1, 1, 8), (2, 1, 2, 10)]
    assert [line["category"] for line in lines] == ["timely_filing", "medical_necessity", "bundling"]
    assert [line["denied_cents"] for line in lines] == [20000, 20000, 10000]


def test_units_codes_and_remarks_of_the_file_are_read(tmp_path: Path) -> None:
    body = [
        "CLP*C1*1*400*200**12*I1", "SVC*HC:H2015*400*200**2**4", "CAS*CO*45*200",
        "CLP*C2*1*200*90**12*I2", "SVC*HC:90834*200*90**1*HC:90837", "CAS*CO*45*110",
        "CLP*C3*1*200*150*50*12*I3", "MOA***N782", "SVC*HC:90837*200*150**1", "CAS*PR*2*50",
    ]  # fmt: skip
    path = tmp_path / "a.835"
    path.write_bytes(file(body))
    cut, lower, poor = json.loads(asked(path, "--json").stdout)["lines"]
    assert (cut["denied"], cut["partial"], cut["units_cut_thousandths"], cut["flag"]) == (
        True,
        True,
        2000,
        "units_cut",
    )
    assert (cut["recoverable_cents"], cut["contractual_cents"]) == (20000, 0)
    assert (lower["denied"], lower["flag"], lower["action"]) == (False, "downcoded", "appeal_with_records")
    assert (poor["patient_cents"], poor["action"], poor["flag"]) == (0, "bill_next_payer", "qmb")


def test_what_is_damaged_is_named_and_the_rest_is_shown(tmp_path: Path) -> None:
    good, off = (
        ["CLP*C1*1*100*100**12*I1", "SVC*HC:90837*100*100**1"],
        ["CLP*C2*1*100*99**12*I2", "SVC*HC:90837*100*99**1"],
    )
    paths = {name: tmp_path / name for name in ("two.835", "cut.835", "none.txt", "empty.zip", "many.zip")}
    paths["two.835"].write_bytes(file(off, good))
    paths["cut.835"].write_bytes(CASES[:700])
    paths["none.txt"].write_bytes(b"a letter")
    for name, members in (("empty.zip", []), ("many.zip", [CASES, file(good)])):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            for number, data in enumerate(members):
                archive.writestr(f"{number}.835", data)
        paths[name].write_bytes(held.getvalue())
    done = asked(*paths.values(), "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    wrong = {(Path(p["file"]).name, p["remittance"], p["code"]) for p in told["problems"]}
    assert ("two.835", 1, "LINE_BALANCE") in wrong
    assert {name for name, _, _ in wrong} == {"two.835", "cut.835", "none.txt", "empty.zip"}
    places = {(Path(p["file"]).name, p["code"]): p["segment"] for p in told["problems"]}
    assert places["two.835", "LINE_BALANCE"] == 8
    shown = [(Path(line["file"]).name, line["remittance"]) for line in told["lines"]]
    assert shown == [("two.835", 2), *[("many.zip#1", 1)] * 10, ("many.zip#2", 1)]
    assert "segment 8: LINE_BALANCE" in done.stderr


@pytest.mark.parametrize("options", [[], ["--all"]])
def test_without_json_there_is_a_table_and_no_value_of_a_person(tmp_path: Path, options: list[str]) -> None:
    path = tmp_path / "a.835"
    path.write_bytes(
        file(
            [
                "CLP*SECRET1*1*310*0**12*ICN9",
                "NM1*QC*1*TESTER*ALEX",
                "SVC*HC:90837*310*0**1",
                "CAS*CO*197*310",
            ]
        )
    )
    done = asked(path, *options)
    assert done.exit_code == 0
    assert "CO-197" in done.stdout
    assert "1 lines, 1 denied" in done.stdout
    assert not {"SECRET1", "TESTER", "ICN9"} & set(done.stdout.replace(",", " ").split())
    assert list(tmp_path.iterdir()) == [path]
