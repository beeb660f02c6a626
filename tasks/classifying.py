"""What each line of 835 files is, without a ledger: decode, judge, and say where each line stands.

A remittance that is damaged or does not balance is named with its file and segment, and none of its lines is judged:
amounts that do not add up say nothing of a denial. The others are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc

from connectors.x12 import Decoded835, decode_835, large
from tasks.billing import denials
from tasks.billing.denial_rules import reasons_of
from tasks.frames import of_arrow, records
from tasks.opening import opened
from tasks.portions import BYTES

# Of a line, in the order in which it is told.
PLACE = ["file", "remittance", "claim_position", "line_position", "segment"]
VERDICT = [
    "denied", "partial", "category", "action", "step", "resubmit_as", "root_stage", "preventable", "flag",
    "charge_cents", "paid_cents", "patient_cents", "contractual_cents", "denied_cents", "recoverable_cents",
    "units_cut_thousandths",
]  # fmt: skip


@dataclass(frozen=True)
class Classified:
    """Lines in the order of their files, and problems with file, remittance, segment, code and message."""

    lines: list[dict[str, Any]]
    problems: list[dict[str, Any]]


def classified(paths: Sequence[Path]) -> Classified:
    """Every line of every sound 835 in the files, and what is wrong with the others."""
    lines: list[dict[str, Any]] = []
    problems: list[dict[str, Any]] = []
    for members, faults in _passes(paths):
        problems += [_problem(label, None, None, code, message) for label, code, message in faults]
        decoded = _decoded([data for _, data in members])
        labels = [label for label, _ in members]
        lines += _lines(decoded, labels)
        problems += _problems(decoded, labels)
    return Classified(lines, problems)


def _passes(
    paths: Sequence[Path],
) -> Iterator[tuple[list[tuple[str, bytes]], list[tuple[str, str, str]]]]:
    """Files that are read together, up to `BYTES`, with the faults of containers among them."""
    members: list[tuple[str, bytes]] = []
    faults: list[tuple[str, str, str]] = []
    size = 0
    for path in paths:
        found = opened(path)
        faults += [(str(path), code, message) for code, message in found.faults]
        for label, data in found.members:
            if members and size + len(data) > BYTES:
                yield members, faults
                members, faults, size = [], [], 0
            members.append((label, data))
            size += len(data)
    yield members, faults


def _decoded(inputs: Sequence[bytes]) -> Decoded835:
    found = large.decode_large_835(inputs) if large.wants_windows(inputs) else None
    return decode_835(inputs) if found is None else found.decoded


def _lines(decoded: Decoded835, labels: Sequence[str]) -> list[dict[str, Any]]:
    """The verdicts of sound remittances with the places of their lines."""
    sound = decoded.transactions.filter(pc.fill_null(decoded.transactions["balanced"], False))["transaction"]
    claims, lines, adjustments = (
        of_arrow(table.filter(pc.is_in(table["transaction"], value_set=sound.combine_chunks())))
        for table in (decoded.claims, decoded.lines, decoded.adjustments)
    )
    for frame in (claims, lines, adjustments):
        frame["remittance_id"] = frame["transaction"].astype("str")
        frame["remitted_claim_id"] = "C" + frame["claim"].astype("str")
    for frame in (lines, adjustments):
        frame["remitted_line_id"] = ("L" + frame["line"].astype("str")).where(frame["line"].notna())
    verdicts = denials.classify(claims, lines.assign(line_id=None), adjustments)
    of_claims = claims[
        ["remitted_claim_id", "transaction", "position", "segment", "charge_cents", "paid_cents"]
    ]
    of_lines = lines[["remitted_line_id", "position", "segment", "charge_cents", "paid_cents"]]
    rows = verdicts.merge(of_claims, on="remitted_claim_id").merge(
        of_lines, on="remitted_line_id", how="left", suffixes=("_claim", "")
    )
    for name in ("segment", "charge_cents", "paid_cents"):
        rows[name] = rows[name].fillna(rows[f"{name}_claim"])
    rows["claim_position"], rows["line_position"] = rows["position_claim"], rows["position"]
    files, places = _places(decoded)
    rows["file"] = rows["transaction"].map(files).map(dict(enumerate(labels)))
    rows["remittance"] = rows["transaction"].map(places)
    rows = rows.sort_values(["transaction", "claim_position", "line_position"], kind="stable")
    told = [[each._asdict() for each in reasons_of(text)] for text in rows["reasons"]]
    plain = rows[[*PLACE, *VERDICT]].astype(object).where(rows[[*PLACE, *VERDICT]].notna(), None)
    return [{**row, "reasons": listed} for row, listed in zip(records(plain), told, strict=True)]


def _places(decoded: Decoded835) -> tuple[dict[int, int], dict[int, int]]:
    """Of each transaction its file, and which ST of the file it is, from 1."""
    sets = of_arrow(decoded.sets.select(["file", "transaction"]))
    number = sets.groupby("file").cumcount() + 1
    return (
        dict(zip(sets["transaction"], sets["file"], strict=True)),
        dict(zip(sets["transaction"], number, strict=True)),
    )


def _problems(decoded: Decoded835, labels: Sequence[str]) -> list[dict[str, Any]]:
    """Errors with their places; a file without an 835, and a remittance that is off without an error of its own."""
    files, places = _places(decoded)
    errors = of_arrow(decoded.problems.filter(pc.equal(decoded.problems["severity"], "error")))
    found = [
        _problem(
            labels[row["file"]],
            None if pd.isna(row["transaction"]) else places.get(row["transaction"]),
            None if pd.isna(row["segment"]) else int(row["segment"]),
            row["code"],
            row["message"],
        )
        for row in records(errors)
    ]
    transactions = of_arrow(decoded.transactions.select(["transaction", "balanced"]))
    off = transactions.loc[~transactions["balanced"].fillna(False).astype(bool), "transaction"]
    # An envelope's error speaks of no set; the sets it spoils are named too.
    for number in off[~off.isin(errors["transaction"])]:
        message = "its envelope or its sums cannot be trusted"
        found.append(_problem(labels[files[number]], places[number], 1, "DAMAGED", message))
    told = {files[number] for number in transactions["transaction"]} | {*errors["file"]}
    found += [
        _problem(label, None, 1, "NO_835", "there is no 835 in it")
        for number, label in enumerate(labels)
        if number not in told
    ]
    return found


def _problem(
    file: str, remittance: int | None, segment: int | None, code: str, message: str
) -> dict[str, Any]:
    return {"file": file, "remittance": remittance, "segment": segment, "code": code, "message": message}
