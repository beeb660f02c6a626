"""Files that other projects publish: every one is read, and what we say of it is what a person found in it."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from public.regenerate import DECODERS, HERE, WRONG, Verdict, golden, samples, verdicts

from connectors.x12 import decode_837, kinds

pytestmark = pytest.mark.usefixtures("both_engines")
FILES = [(kind, path) for kind, paths in samples().items() for path in paths]
GOLDEN = {kind: golden(kind) for kind in samples()}
# What the manifest's notes call a defect -> the code we must give it.
NOTED = {
    r"(\d+) wrong SE01 count": "SE01_COUNT",
    r"(\d+) SE02!=ST02": "SE02_CONTROL",
    r"(ISA13!=IEA02)": "IEA02_CONTROL",
    r"(ISA is \d+ chars not 106)": "ISA_LENGTH",
    r"(UNBALANCED claim)": "CLAIM_BALANCE",
    r"(UNBALANCED line)": "LINE_BALANCE",
}


def manifest() -> list[dict[str, str]]:
    with (HERE / "MANIFEST.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def of_file(kind: str, path: Path) -> list[Verdict]:
    return [verdict for verdict in GOLDEN[kind] if verdict.file == path.name]


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        pytest.param(
            kind,
            path,
            id=f"{kind}/{path.stem}",
            marks=pytest.mark.xfail(strict=True, reason=WRONG[path.name]) if path.name in WRONG else (),
        )
        for kind, path in FILES
    ],
)
def test_the_verdict_is_the_reviewed_one(kind: str, path: Path) -> None:
    data = path.read_bytes()
    assert verdicts(path.name, data) == of_file(kind, path)
    assert set(kinds(data)) == {kind}


@pytest.mark.parametrize("kind", list(GOLDEN))
def test_every_golden_verdict_is_of_a_file_and_was_reviewed(kind: str) -> None:
    assert {verdict.file for verdict in GOLDEN[kind]} == {path.name for path in samples()[kind]}
    assert [verdict.file for verdict, remark in GOLDEN[kind].items() if not remark.strip()] == []


def test_the_manifest_names_source_and_licence_of_every_file() -> None:
    rows = {row["path"]: row for row in manifest()}
    assert rows.keys() == {f"{kind}/{path.name}" for kind, path in FILES}
    assert {row["licence"] for row in rows.values()} <= {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause"}
    assert all((HERE / name).stat().st_size == int(row["bytes"]) for name, row in rows.items())


@pytest.mark.parametrize(("noted", "code"), list(NOTED.items()))
def test_what_the_manifest_notes_is_found_and_nothing_like_it_elsewhere(noted: str, code: str) -> None:
    with_note = {row["path"] for row in manifest() if re.search(noted, row["note"])}
    with_code = {
        f"{kind}/{row.file}" for kind, rows in GOLDEN.items() for row in rows if f"{code} " in row.problems
    }
    assert with_note == with_code


def test_a_diagnosis_without_its_code_is_told_of() -> None:
    """HI*BK*8901*BF*87200*BF:5559 at 21: the principal diagnosis cannot be read."""
    data = (HERE / "837P" / "imsweb-x12-parser__x12_valid.edi").read_bytes()
    assert 21 in decode_837(data).problems["segment"].to_pylist()


@pytest.mark.parametrize("decode", DECODERS, ids=lambda decode: decode.__name__)
def test_many_files_in_one_pass_are_as_each_alone(decode: Any) -> None:
    contents = [path.read_bytes() for _, path in FILES if path.stat().st_size < 50_000]
    together = decode(contents)
    alone = [decode(content) for content in contents]
    for name in together.__dataclass_fields__:
        assert getattr(together, name).num_rows == sum(getattr(each, name).num_rows for each in alone), name
