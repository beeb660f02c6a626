"""``cleanclaim x12``: what people and programs are told of a file, and the tables that are made of it."""

from __future__ import annotations

import gzip
import io
import re
import stat
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import flow_kit as kit
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from connectors.x12 import inspect
from flows import x12_tree

SAMPLES = Path(__file__).parents[1] / "connectors" / "x12" / "samples"
GOOD = (SAMPLES / "835_reversal_and_plb.edi").read_bytes()
OFF = (SAMPLES / "835_two_sets_one_claim_off_by_a_cent.edi").read_bytes()
STATUS = (SAMPLES / "277ca_mixed.edi").read_bytes()


def put(folder: Path, **contents: bytes) -> list[Path]:
    """Files of these names (underscores are dots) with these bytes."""
    paths = [folder / name.replace("_", ".") for name in contents]
    for path, data in zip(paths, contents.values(), strict=True):
        path.write_bytes(data)
    return paths


def told(*arguments: object, folder: Path) -> kit.Told:
    return kit.cleanclaim("x12", *arguments, home=folder / "home")


def words(text: str) -> str:
    """What is shown, without the lines of the tree and wherever it was wrapped."""
    return " ".join(re.sub(r"[│├└─]", " ", text).split())


def shown(data: bytes, *, everything: bool = False, show_values: bool = False, width: int = 80) -> str:
    """The tree of one file as it stands on a terminal of this width."""
    report = {
        "path": "a.835",
        "sha256": "f" * 64,
        "bytes": len(data),
        **inspect(data, show_values=show_values),
    }
    screen = Console(file=io.StringIO(), width=width, highlight=False)
    screen.print(x12_tree.tree(report, everything=everything))
    return screen.file.getvalue()  # type: ignore[attr-defined]


def many(count: int, *, wrong: int = 0) -> bytes:
    """One interchange of so many remittances, the last ones a cent off."""
    envelope, body = GOOD.split(b"ST*835", 1)
    one, _, closing = (b"ST*835" + body).partition(b"GE*")
    sets = [one.replace(b"*0001~", b"*%04d~" % n) for n in range(1, count + 1)]
    for n in range(count - wrong, count):
        sets[n] = sets[n].replace(b"BPR*I*142.5*", b"BPR*I*142.49*")
    return envelope + b"".join(sets) + b"GE*%d" % count + closing[1:]


def zipped(*members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number, member in enumerate(members):
            archive.writestr(f"JOHN DOE {number}.835", member)
    return made.getvalue()


def locked(member: bytes) -> bytes:
    """A zip whose member says that it needs a password."""
    data = bytearray(zipped(member))
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


# --- for people --------------------------------------------------------------------------------------------------


def test_a_good_file_is_told_from_the_envelope_to_the_verdict() -> None:
    assert shown(GOOD).splitlines()[1:] == [
        "└── interchange 000000077  test  2026-01-12 09:30",
        "    PAYER99999 (ZZ) to SUBMIT123 (ZZ)",
        "    └── group 1  HP remittances  005010X221A1",
        "        └── 835 0001  balanced  4 claims, 5 lines, 48 segments",
        "            charge $510.00  paid $150.00  PLB $7.50  BPR $142.50",
    ]


def test_what_is_off_is_told_with_cents_and_place_and_the_error_before_the_warning() -> None:
    text = words(shown(OFF))
    assert "2 x 835 1 balanced 1 not balanced" in text
    assert "1 claim off, at segment 16 by 1 cent" in text
    assert text.index("error CLAIM_BALANCE at segment 16 (2100)") < text.index("warning NEGATIVE_PAYMENT")
    assert "delimiters: component >" in text


def test_nothing_is_cut_at_eighty_columns() -> None:
    assert max(map(len, shown(OFF).splitlines())) <= 80
    assert words(shown(OFF)) == words(shown(OFF, width=200))


def test_answers_are_counted() -> None:
    assert "answers: 2 A1, 1 A2, 1 A7" in shown(STATUS)
    rejected = (SAMPLES / "ta1_duplicate.edi").read_bytes()
    assert "TA1 for interchange 000000001: R rejected, note 025" in words(shown(rejected))


def test_a_file_that_was_cut_off_says_so() -> None:
    text = words(shown(GOOD[:900]))
    assert "IEA_MISSING" in text
    assert "the file was probably cut off" in text
    assert "835 0001 not balanced" in text


def test_of_many_sets_the_first_are_shown_the_wrong_ones_before_and_the_rest_is_counted() -> None:
    text = shown(many(1254, wrong=2))
    assert "1,254 x 835  1,252 balanced  2 not balanced" in text
    assert re.findall(r"835 (\d+)  (?:not )?balanced", text) == [
        *(f"{n:04d}" for n in range(1, 19)),
        "1253",
        "1254",
    ]
    assert "... and 1,234 more transaction sets without an error (--all shows them)" in text
    assert shown(many(60), everything=True).count("  balanced  4 claims") == 60


def test_of_many_problems_the_first_are_shown() -> None:
    text = words(shown(GOOD.replace(b"SE*48*", b"ZZZ*1~" * 40 + b"SE*88*")))
    assert text.count("SEGMENT_UNKNOWN") == x12_tree.PROBLEMS
    assert "... and 20 more problems (--all shows them)" in text


def test_a_value_in_the_file_cannot_change_how_it_looks() -> None:
    hostile = GOOD.replace(b"PAYER99999     ", b"[red]P\x1b[2J[/]   ").replace(
        b"*200*", b"*[blink]\x1b[1m*", 1
    )
    text = shown(hostile, show_values=True)
    assert "\x1b" not in text
    assert "[red]P?[2J[/] (ZZ)" in text
    assert "[blink]?[1m" in text


def test_no_element_value_is_shown_unless_it_is_asked_for(tmp_path: Path) -> None:
    (path,) = put(tmp_path, off_835=OFF)
    plain, asked = (
        told("inspect", path, folder=tmp_path),
        told("inspect", path, "--show-phi", folder=tmp_path),
    )
    envelope = set(re.findall(r"[A-Za-z0-9]{5,}", OFF[:200].decode()))
    values = set(re.findall(r"[A-Za-z0-9]{5,}", OFF.decode())) - envelope
    assert len(values) > 20
    assert {value for value in values if value in plain.out} <= {"005010X221A1"}
    assert "CLP*" in asked.out
    assert "trace " in asked.out
    as_json = told("inspect", "--json", path, folder=tmp_path)
    assert "CLP*" not in as_json.out
    assert "trace" not in as_json.out


ODD = {
    "empty": (b"", "NO_ISA", "there is nothing in it"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\n", "NO_ISA", "this is a PDF; ask for the electronic file"),
    "letter": (b"Dear [bold]TESTER,\n", "NO_ISA", "this is some other text"),
    "page": (b"<html><body>Session expired</body>", "NO_ISA", "an error page of the portal"),
    "locked zip": (locked(GOOD), "ZIP_ENCRYPTED", "unpack it with its password"),
    "cut gz": (gzip.compress(GOOD)[:200], "GZ_DAMAGED", "fetch it again"),
    "empty zip": (zipped(), "EMPTY", "there is no file in it"),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_x12_is_told_plainly(name: str, tmp_path: Path) -> None:
    data, code, hint = ODD[name]
    (path,) = put(tmp_path, file_835=data)
    answer = told("inspect", path, folder=tmp_path)
    assert answer.status == 0
    assert f"error {code}" in words(answer.out)
    assert hint in words(answer.out)
    (file,) = told("inspect", "--json", path, folder=tmp_path).json["files"]
    assert [problem["code"] for problem in file["problems"]] == [code]
    assert set(file["problems"][0]) == {"code", "severity", "loop", "segment", "message", "file"}
    assert told("inspect", "--check", path, folder=tmp_path).status == 1


def test_a_container_is_told_member_by_member_and_never_by_their_names(tmp_path: Path) -> None:
    (path,) = put(tmp_path, several_zip=zipped(GOOD, b"hello", gzip.compress(STATUS)))
    answer = told("inspect", path, folder=tmp_path)
    assert "JOHN" not in answer.out
    for name in ("several.zip#1 835", "several.zip#2 not X12", "several.zip#3 277CA"):
        assert name in words(answer.out)
    assert "3 files, 1 not X12, 1 error, 1 warning" in words(answer.out)
    files = told("inspect", "--json", path, folder=tmp_path).json["files"]
    assert [file["path"].rpartition("#")[2] for file in files] == ["1", "2", "3"]


def test_of_many_files_those_with_an_error_are_all_shown(tmp_path: Path) -> None:
    (path,) = put(tmp_path, many_zip=zipped(*[GOOD] * 30, *[OFF] * 2, *[GOOD] * 5))
    answer = told("inspect", path, folder=tmp_path)
    shown_files = re.findall(r"^many\.zip#(\d+)", answer.out, re.MULTILINE)
    assert shown_files == [*map(str, range(1, 21)), "31", "32"]
    assert "... and 15 more files without an error (--all shows them)" in answer.out
    assert told("inspect", "--all", path, folder=tmp_path).out.count("many.zip#") == 37


@pytest.mark.parametrize("command", [["inspect"], ["tables", "--out", "out"]])
def test_a_folder_or_nothing_in_place_of_a_file_is_2(command: list[str], tmp_path: Path) -> None:
    for place, what in ((tmp_path, "is a directory"), (tmp_path / "nowhere", "does not exist")):
        answer = told(*command, place, folder=tmp_path)
        assert answer.status == 2
        assert what in words(answer.err)
        assert answer.out == ""


# --- for programs ------------------------------------------------------------------------------------------------


def test_the_keys_of_json_stay(tmp_path: Path) -> None:
    paths = put(tmp_path, a_835=OFF, b_zip=zipped(STATUS, GOOD))
    files = told("inspect", "--json", *paths, folder=tmp_path).json["files"]
    assert [file["file"] for file in files] == [0, 1, 2]
    for file in files:
        assert {"path", "sha256", "kind", "transactions", "problems"} <= set(file)
        assert {"file", "bytes", "looks_like", "interchanges"} <= set(file)
    first = files[0]["transactions"][0]
    assert {
        "type",
        "version",
        "control",
        "claims",
        "lines",
        "charge_cents",
        "paid_cents",
        "bpr_cents",
    } <= set(first)
    assert {"plb_cents", "balanced", "problems", "interchange", "group_control", "difference_cents"} <= set(
        first
    )
    assert [problem["file"] for problem in first["problems"]] == [0, 0]
    assert files[0]["interchanges"][0]["groups"][0]["transactions"] == [0, 1]


def test_check_says_by_its_status_whether_all_is_well(tmp_path: Path) -> None:
    good, off = put(tmp_path, good_835=GOOD, off_835=OFF)
    assert told("inspect", "--check", good, folder=tmp_path).status == 0
    assert told("inspect", "--check", "--json", good, off, folder=tmp_path).status == 1
    assert told("inspect", good, off, folder=tmp_path).status == 0


# --- tables ------------------------------------------------------------------------------------------------------


def rows(out: Path) -> dict[str, Any]:
    return {path.stem: pq.read_table(path) for path in out.glob("*.parquet")}


def test_tables_are_written_for_their_owner_alone(tmp_path: Path) -> None:
    paths = put(tmp_path, a_835=OFF, b_zip=zipped(STATUS, GOOD))
    answer = told("tables", *paths, "--out", tmp_path / "deep" / "out", "--json", folder=tmp_path)
    out = tmp_path / "deep" / "out"
    assert answer.status == 0
    assert {name: table.num_rows for name, table in rows(out).items()} == answer.json["tables"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}
    numbers = [(file["file"], Path(file["path"]).name) for file in answer.json["files"]]
    assert numbers == [(0, "a.835"), (1, "b.zip#1"), (2, "b.zip#2")]
    assert rows(out)["835_sets"]["file"].to_pylist() == [0, 0, 1, 2]
    assert answer.json["problems"] == []


def test_claims_have_their_tables_too(tmp_path: Path) -> None:
    (path,) = put(tmp_path, claims_837=(SAMPLES / "837i_two_claims.edi").read_bytes())
    answer = told("tables", path, "--out", tmp_path / "out", "--json", folder=tmp_path)
    assert (answer.json["tables"]["837_claims"], answer.json["tables"]["837_lines"]) == (2, 3)
    assert {stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "out").iterdir()} == {0o600}


def test_large_remittances_have_the_tables_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in windows, beside a small one."""
    from connectors.x12 import large

    paths = put(tmp_path, many_835=many(30, wrong=2), off_835=OFF)
    assert told("tables", *paths, "--out", tmp_path / "once", folder=tmp_path).status == 0
    monkeypatch.setattr(large, "LARGE", 10_000)
    monkeypatch.setattr(large, "decode_large_835", partial(large.decode_large_835, window=3000))
    assert told("tables", *paths, "--out", tmp_path / "windows", folder=tmp_path).status == 0
    once, windows = rows(tmp_path / "once"), rows(tmp_path / "windows")
    assert once.keys() == windows.keys()
    assert [name for name in once if not once[name].equals(windows[name])] == []


def test_tables_replace_earlier_ones_and_say_so(tmp_path: Path) -> None:
    good, off = put(tmp_path, good_835=GOOD, off_835=OFF)
    out = tmp_path / "out"
    first = told("tables", off, "--out", out, "--json", folder=tmp_path)
    assert first.json["replaced"] == []
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    second = told("tables", good, "--out", out, folder=tmp_path)
    assert second.status == 0
    assert f"{len(first.json['tables'])} of them replaced earlier ones" in words(second.out)
    assert rows(out)["835_claims"].num_rows == 4
    assert sorted(path.name for path in out.iterdir() if path.suffix != ".parquet") == ["notes.txt"]


def test_a_failure_while_writing_leaves_the_earlier_tables_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, off = put(tmp_path, good_835=GOOD, off_835=OFF)
    out = tmp_path / "out"
    assert told("tables", good, "--out", out, folder=tmp_path).status == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    write, calls = pq.write_table, []

    def full(table: Any, file: Any) -> None:
        calls.append(table)
        if len(calls) > 3:
            raise OSError("no space left on device")
        write(table, file)

    monkeypatch.setattr(pq, "write_table", full)
    answer = told("tables", off, "--out", out, folder=tmp_path)
    assert answer.status != 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_tables_name_what_was_left_out_and_end_with_1(tmp_path: Path) -> None:
    paths = put(tmp_path, good_835=GOOD, letter_txt=b"Dear TESTER,", locked_zip=locked(GOOD))
    answer = told("tables", *paths, "--out", tmp_path / "out", "--json", folder=tmp_path)
    assert answer.status == 1
    assert [(Path(each["path"]).name, each["code"]) for each in answer.json["problems"]] == [
        ("locked.zip", "ZIP_ENCRYPTED"),
        ("letter.txt", "NO_ISA"),
    ]
    assert "letter.txt: NO_ISA: not X12 (text)" in answer.err
    assert "TESTER" not in answer.err + answer.out
    assert answer.json["tables"]["835_claims"] == 4


def test_tables_into_a_file_is_2(tmp_path: Path) -> None:
    good, taken = put(tmp_path, good_835=GOOD, taken_txt=b"")
    answer = told("tables", good, "--out", taken, folder=tmp_path)
    assert answer.status == 2
    assert "is a file" in words(answer.err)
