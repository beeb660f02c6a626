"""Our verdict of every public sample, as rows a person can review; run by path, it rewrites ``golden/``.

A remark in the column ``reviewed`` is kept as long as the verdict beside it is the same: a verdict that changed has
to be read again.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from connectors.x12 import decode_835, decode_837, decode_acknowledgments, inspect

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
# Every decoder there is; each tells the problems of its own kinds of set, and all tell those of the envelope.
DECODERS = [decode_835, decode_acknowledgments, decode_837]

# Files whose golden verdict was written by hand, since ours is wrong: file -> what is wrong.
WRONG = {
    "kputnam-stupidedi__pacdr-professional-external-example.edi": (
        "NM1*ZD is the data receiver of 005010X298: not read, and yet not out of place"
    ),
}


class Verdict(NamedTuple):
    """One row of a golden file, without the remark."""

    file: str
    set: str
    kind: str
    intact: str
    claims: str
    lines: str
    charge: str
    paid: str
    bpr: str
    plb: str
    balanced: str
    answers: str
    problems: str


def verdicts(name: str, data: bytes) -> list[Verdict]:
    """The row of the file, then one for each run of transaction sets that we say the same of."""
    decoded = [decode(data) for decode in DECODERS]
    sets, money = decoded[0].sets.to_pylist(), inspect(data)["transactions"]
    problems = _problems(decoded)
    answers = _answers(decoded[1])
    rows = [
        _set_row(found, each, answers.get(number, []), problems.get(number, []))
        for number, (found, each) in enumerate(zip(sets, money, strict=True))
    ]
    file = Verdict(
        name,
        "file",
        " ".join(sorted({row["kind"] for row in sets})) or ("TA1" if answers.get(None) else "none"),
        f"{decoded[0].interchanges.num_rows}/{len(sets)}",
        *[""] * 7,
        " ".join(answers.get(None, [])),
        _told(problems.get(None, [])),
    )
    return [file, *_runs(name, rows)]


def _set_row(
    found: dict[str, Any], money: dict[str, Any], answers: list[str], problems: list[Any]
) -> Verdict:
    counts = ("claims", "lines", "charge_cents", "paid_cents", "bpr_cents", "plb_cents", "balanced")
    values = ["" if money[key] is None else str(money[key]).lower() for key in counts]
    intact = str(found["intact"]).lower()
    return Verdict("", "", found["kind"], intact, *values, " ".join(answers), _told(problems))


def _runs(name: str, rows: Sequence[Verdict]) -> Iterable[Verdict]:
    done = 0
    for row, run in groupby(rows):
        first, done = done + 1, done + len(list(run))
        yield row._replace(file=name, set=str(first) if first == done else f"{first}-{done}")


def _problems(decoded: Sequence[Any]) -> dict[int | None, list[Any]]:
    """By transaction, None for the file; what several decoders say of the envelope once."""
    told: dict[int | None, set[Any]] = {}
    for row in (row for each in decoded for row in each.problems.to_pylist()):
        key = (row["code"], row["severity"], row["loop"] or "", row["segment"] or 0)
        told.setdefault(row["transaction"], set()).add(key)
    return {number: sorted(keys) for number, keys in told.items()}


def _told(problems: Sequence[Any]) -> str:
    """Each code with where it stands, in order of the first place."""
    told = []
    for (code, severity, loop), rows in groupby(problems, key=lambda row: row[:3]):
        places = [place for *_, place in rows]
        where = ",".join(map(str, places)) if len(places) < 7 else f"{places[0]}..{places[-1]} x{len(places)}"
        told.append((places[0], f"{code} {severity[0].upper()} @{where} {loop}".rstrip()))
    return "; ".join(text for _, text in sorted(told))


def _answers(decoded: Any) -> dict[int | None, list[str]]:
    """By transaction, None for the TA1 of the file: the codes alone."""
    told: dict[int | None, list[str]] = {}
    for row in decoded.interchange_acks.to_pylist():
        told.setdefault(None, []).append(f"{row['code']}:{row['note']}")
    for row in decoded.set_acks.to_pylist():
        details = f"[{row['details']}]" if row["details"] else ""
        said = f"{row['group_code']}/{row['code']}{':' + row['error_codes'] if row['error_codes'] else ''}"
        told.setdefault(row["transaction"], []).append(said + details)
    for row in decoded.claim_acks.to_pylist():
        codes = ":".join(row[key] for key in ("category", "status", "entity") if row[key])
        told.setdefault(row["transaction"], []).append(f"{row['level']}={codes}/{row['action']}")
    return told


def samples() -> dict[str, list[Path]]:
    """The files by transaction: a folder and a golden table each."""
    files = sorted(HERE.glob("*/*.edi"))
    return {kind: list(found) for kind, found in groupby(files, key=lambda path: path.parent.name)}


def golden(kind: str) -> dict[Verdict, str]:
    """The reviewed verdicts of one transaction with their remarks."""
    path = GOLDEN / f"{kind}.tsv"
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {Verdict(*row[:-1]): row[-1] for row in rows[1:]}


def main() -> None:
    """Rewrite the golden tables."""
    GOLDEN.mkdir(exist_ok=True)
    for kind, paths in samples().items():
        reviewed = golden(kind)
        right = [row for row in reviewed if row.file in WRONG]
        files = [path for path in paths if path.name not in WRONG]
        rows = right + [row for path in files for row in verdicts(path.name, path.read_bytes())]
        rows.sort(key=lambda row: row.file)
        lines = ["\t".join([*Verdict._fields, "reviewed"])]
        lines += ["\t".join([*row, reviewed.get(row, "")]) for row in rows]
        (GOLDEN / f"{kind}.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
