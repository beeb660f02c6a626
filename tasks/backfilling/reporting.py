"""What a backfill says at its end: totals from the ledger, problems with their places, Markdown for people.

Totals are those of the input, whatever run stored it: a run that went on after a fault says what an undisturbed one
says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from connectors.ledger import Ledger, Snapshot
from connectors.ledger.sums import sums, unbalanced
from tasks import recognising
from tasks.exporting import dollars
from tasks.frames import records

NAMED = 1_000  # files that are no 835s, listed by name; the manifest has all
PLACES = 20  # listed of each problem
_IDS = 5_000  # asked for at a time
_COLUMNS = ["remittance_id", "payer_id", "payer_identifier", "payment_date", "bpr_cents", "claims"]


class Problems:
    """What the decoder found, by code: how often, in how many files, and where first."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], dict[str, Any]] = {}

    def add(self, problems: pd.DataFrame, shas: list[str]) -> None:
        """Problems of one partition, whose files are `shas`."""
        for (code, severity), rows in problems.groupby(["code", "severity"]):
            found = self._found.setdefault(
                (str(code), str(severity)), {"count": 0, "files": set(), "places": []}
            )
            found["count"] += len(rows)
            found["files"] |= {shas[file] for file in rows["file"].unique()}
            left = PLACES - len(found["places"])
            places = rows.head(max(0, left))[["file", "transaction", "segment", "element"]]
            found["places"] += [
                {
                    "file": shas[row.pop("file")][:12],
                    **{k: None if pd.isna(v) else int(v) for k, v in row.items()},
                }
                for row in records(places)
            ]

    def listed(self) -> list[dict[str, Any]]:
        """One row a code, the most frequent first."""
        rows = [
            {"code": code, "severity": severity, **found, "files": len(found["files"])}
            for (code, severity), found in self._found.items()
        ]
        return sorted(rows, key=lambda row: (-row["count"], row["code"]))


def remittances(ledger: Ledger, shas: Collection[bytes]) -> pd.DataFrame:
    """The remittances that came in these files."""
    ids: set[str] = set()
    for batch in ledger.batches("remittance_sources", columns=["remittance_id", "sha256"]):
        mine = [bytes.fromhex(sha) in shas for sha in batch["sha256"]]
        ids.update(batch.loc[mine, "remittance_id"])
    parts = [
        batch[batch["remittance_id"].isin(ids)] for batch in ledger.batches("remittances", columns=_COLUMNS)
    ]
    return (
        pd.concat([pd.DataFrame(columns=_COLUMNS), *parts], ignore_index=True)
        if parts
        else pd.DataFrame(columns=_COLUMNS)
    )


def totals(ledger: Ledger, found: pd.DataFrame) -> dict[str, Any]:
    """What these `remittances` come to in the ledger, by year and payer, and whether it proves.

    Cash posted is what was paid, save of remittances that are in dispute; every posting of the ledger sums to zero.
    """
    ids = found["remittance_id"].tolist()
    lines = sum(
        ledger.count("remitted_lines", {"remittance_id": ids[at : at + _IDS]})
        for at in range(0, len(ids), _IDS)
    )
    with ledger.snapshot() as view:
        posted = sums(view, "journal", ["remittance_id"], "amount_cents", {"account": "cash"})
        wrong = unbalanced(view)
    cash = posted.set_index("remittance_id")["amount_cents"]
    found = found.assign(cash_cents=cash.reindex(found["remittance_id"]).fillna(0).to_numpy("int64"))
    live = found[~found["remittance_id"].isin(recognising.held(ledger))]
    off = int((live["cash_cents"] != live["bpr_cents"]).sum())
    return {
        "remittances": len(found),
        "claims": int(found["claims"].sum()),
        "lines": lines,
        "bpr_cents": int(found["bpr_cents"].sum()),
        "cash_cents": int(found["cash_cents"].sum()),
        "in_dispute": len(found) - len(live),
        "balanced": off == wrong == 0,
        "by_year_and_payer": _by_year_and_payer(found),
    }


def _by_year_and_payer(found: pd.DataFrame) -> list[dict[str, Any]]:
    year = pd.to_datetime(found["payment_date"]).dt.year
    payer = found["payer_id"].fillna(found["payer_identifier"])
    by = found.assign(year=year, payer=payer).groupby(["year", "payer"], dropna=False)
    rows = by.agg(
        remittances=("remittance_id", "size"),
        claims=("claims", "sum"),
        bpr_cents=("bpr_cents", "sum"),
        cash_cents=("cash_cents", "sum"),
    )
    return [
        {k: None if pd.isna(v) else v if isinstance(v, str) else int(v) for k, v in row.items()}
        for row in records(rows.reset_index())
    ]


def moved(before: Snapshot, after: Snapshot) -> list[dict[str, Any]]:
    """What stands otherwise in one ledger than in another: cents by account, payer and month."""
    by = ["account", "payer_id", "period"]
    one, other = (sums(view, "journal", by, "amount_cents") for view in (before, after))
    both = pd.concat([one.assign(amount_cents=-one["amount_cents"]), other], ignore_index=True)
    change = both.groupby(by, dropna=False)["amount_cents"].sum().reset_index()
    return [
        {k: None if pd.isna(v) else v if isinstance(v, str) else int(v) for k, v in row.items()}
        for row in records(change[change["amount_cents"] != 0])
    ]


def kept_out(before: Ledger, after: Ledger) -> list[dict[str, Any]]:
    """What would newly be in quarantine: how often each reason, by its code."""
    known = before.read("quarantine", columns=["quarantine_id"])["quarantine_id"]
    rows = after.read("quarantine", columns=["quarantine_id", "suite", "reason"])
    rows = rows[~rows["quarantine_id"].isin(known)]
    code = rows["reason"].str.extract(r"^([A-Z0-9_]+)", expand=False).fillna("CHECK")
    counted = rows.assign(code=code).groupby(["suite", "code"]).size().rename("count").reset_index()
    return [{k: v if isinstance(v, str) else int(v) for k, v in row.items()} for row in records(counted)]


COUNTED = (
    "files",
    "new_files",
    "duplicate_files",
    "quarantined_files",
    "ignored_files",
    "remittances",
    "claims",
    "lines",
    "bpr_cents",
    "cash_cents",
)


def markdown(made: Mapping[str, Any], *, names: bool) -> str:
    """The report for people; file names only where it stays in the home."""
    lines = [
        "# Backfill" + (" (dry run)" if made.get("dry_run") else ""),
        "",
        "| what | count |",
        "|---|---:|",
    ]
    for name in COUNTED:
        value = dollars(made[name]) if name.endswith("_cents") else f"{made[name]:,}"
        lines.append(f"| {name.removesuffix('_cents').replace('_', ' ')} | {value} |")
    lines += ["", "| year | payer | remittances | claims | paid | posted |", "|---|---|---:|---:|---:|---:|"]
    lines += [
        f"| {row['year'] or ''} | {row['payer'] or ''} | {row['remittances']:,} | {row['claims']:,}"
        f" | {dollars(row['bpr_cents'])} | {dollars(row['cash_cents'])} |"
        for row in made["by_year_and_payer"]
    ]
    if made["problems"]:
        lines += [
            "",
            "| problem | severity | count | files | first at (file: set, segment) |",
            "|---|---|---:|---:|---|",
        ]
        lines += [
            f"| {row['code']} | {row['severity']} | {row['count']:,} | {row['files']:,} | "
            + ", ".join(f"{at['file']}: {at['transaction']}, {at['segment']}" for at in row["places"][:3])
            + " |"
            for row in made["problems"]
        ]
    if made.get("moved") is not None:
        lines += ["", "| account | payer | month | change |", "|---|---|---|---:|"]
        lines += [
            f"| {row['account']} | {row['payer_id'] or ''} | {row['period'] or ''} | {dollars(row['amount_cents'])} |"
            for row in made["moved"]
        ]
        lines += ["", "| kept out by | code | count |", "|---|---|---:|"]
        lines += [f"| {row['suite']} | {row['code']} | {row['count']:,} |" for row in made["kept_out"]]
    if names and made["named"]:
        lines += ["", "| not read | outcome | kind | code |", "|---|---|---|---|"]
        lines += [
            f"| {row['url']}{'#' + str(row['member']) if row['member'] else ''} | {row['outcome']} | {row['kind']}"
            f" | {row['code']} |"
            for row in made["named"]
        ]
    lines += [
        "",
        f"{'balanced' if made['balanced'] else 'NOT BALANCED'}, fingerprint `{made['fingerprint']}`",
    ]
    return "\n".join(lines)
