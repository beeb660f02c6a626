"""Proof of timely filing: the claim's way to the payer, each step with its control numbers and the file that says so.

The ledger has the statements, and which file each stands in at which segment; the files are in the archive, kept
unchanged. The packet names both, so that a payer can find them in its own records. Only the payer's own
dated word with its own number proves receipt; a 999 and a clearinghouse's receipt show the way there.

Source: dossier 5.3; 277CA A2 (S67), carc.tsv row 29 (S05).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd

from configs.settings import Settings
from connectors.clearinghouse import archive
from connectors.ledger import Ledger
from connectors.x12 import decode_acknowledgments
from tasks.billing import acknowledgments, deadlines
from tasks.billing.appeals.case import Filing, Proof
from tasks.frames import of_arrow, records

OURS = "our office"
SAYS = {
    "file_rejected": "Interchange refused",
    "accepted_syntax": "File accepted by syntax",
    "rejected_syntax": "File refused by syntax",
    "received": "Claim received",
    "accepted": "Claim accepted",
    "rejected": "Claim refused before adjudication",
}


def proof(ledger: Ledger, settings: Settings, claim: dict[str, Any]) -> tuple[Filing, tuple[Proof, ...]]:
    """The clock of a claim and the steps of its way, those of the claims it resubmits before it."""
    steps: list[Proof] = []
    for one in _chain(ledger, claim):
        steps += _steps(ledger, settings, one)
    accepted = [step for step in steps if step.accepts and step.on]
    sent = [step.on for step in steps if step.file and step.by == OURS and step.on]
    first = min(accepted, key=lambda step: step.on or dt.date.max) if accepted else None
    days, limit = _limit(ledger, claim)
    number = first.number.split(" ")[-1] if first else None
    filing = Filing(days, limit, min(sent, default=None), first.on if first else None, number)
    return filing, tuple(steps)


def _chain(ledger: Ledger, claim: dict[str, Any]) -> list[dict[str, Any]]:
    """The claim after those it resubmits, the first one first."""
    found = [claim]
    while (before := found[0]["replaces_claim_id"]) and not pd.isna(before):
        rows = ledger.read("claims", {"claim_id": before})
        if rows.empty:
            break
        found.insert(0, records(rows)[0])
    return found


def _limit(ledger: Ledger, claim: dict[str, Any]) -> tuple[int | None, dt.date | None]:
    """Days to file a first claim and the last of them; the days are None where the limit is a date of the calendar."""
    payer = ledger.current("payers", {"payer_id": claim["payer_id"]})
    if payer.empty:
        return None, None
    row = payer.iloc[[0]]
    days = pd.Series([claim["service_from"], claim["service_to"]]).astype("datetime64[s]")
    limit = deadlines.filing(
        days.iloc[[0]],
        row["timely_filing_days"].set_axis([0]),
        row["filing_basis"].set_axis([0]),
        days.iloc[[1]].set_axis([0]),
    ).iloc[0]
    return int((limit - claim["service_from"]).days), limit.date()


def _steps(ledger: Ledger, settings: Settings, claim: dict[str, Any]) -> list[Proof]:
    """Sent, TA1, 999, 277CA of one claim."""
    members = ledger.read("submission_claims", {"claim_id": claim["claim_id"]})
    files = ledger.read("submissions", {"submission_id": members["submission_id"].tolist()})
    found: list[Proof] = []
    for file in records(
        files.merge(members, on="submission_id").sort_values(["business_date", "submission_id"])
    ):
        names = {"ISA13": "interchange_control", "GS06": "group_control", "ST02": "transaction_control"}
        numbers = ", ".join(f"{name} {file[column]}" for name, column in names.items())
        sent = f"Claim {claim['claim_id']} sent (837)"
        found.append(Proof(sent, file["business_date"].date(), OURS, "", numbers, str(file["sha256"])[:12]))
        said = acknowledgments.effects(
            ledger.read("acknowledgments", {"kind": ["TA1", "999"], "partner": file["partner"]})
        )
        found += _of_file(ledger, settings, said, file)
    spoken = ledger.read("acknowledgments", {"claim_id": claim["claim_id"], "kind": "277CA"})
    return found + _of_claim(_places(ledger, settings, spoken), spoken)


@dataclass(frozen=True)
class Places:
    """Where each statement stands: by its id the files that bear it, and its segment there."""

    rows: dict[str, list[tuple[str, int | None]]]
    settings: Settings

    def of(self, ack_id: str) -> str:
        """The first of them in the archive, with its own control number and the segment; blank where none is."""
        for sha, segment in self.rows.get(ack_id, []):
            try:
                data = archive.get(self.settings.archive, sha)
            except FileNotFoundError:  # an archive that was moved away: the statement stands without its file
                continue
            own = of_arrow(decode_acknowledgments(data).interchanges)["control"]
            number = f", ISA13 {own.iloc[0]}" if len(own) == 1 else ""
            return f"{sha[:12]}{number}" + ("" if segment is None else f", segment {segment}")
        return ""


def _places(ledger: Ledger, settings: Settings, said: pd.DataFrame) -> Places:
    """The places of these statements, as reading them noted it."""
    rows = ledger.read("acknowledgment_sources", {"ack_id": said["ack_id"].unique().tolist()})
    found: dict[str, list[tuple[str, int | None]]] = {}
    for row in records(rows.sort_values(["ack_id", "sha256"])):
        segment = None if pd.isna(row["segment"]) else int(row["segment"])
        found.setdefault(str(row["ack_id"]), []).append((str(row["sha256"]), segment))
    return Places(found, settings)


def _same(column: pd.Series, number: str) -> pd.Series:
    """Control numbers are the same whatever zeros a partner leads them with."""
    same: pd.Series = column.astype("str").str.lstrip("0") == number.lstrip("0")
    return same


def _of_file(ledger: Ledger, settings: Settings, said: pd.DataFrame, file: dict[str, Any]) -> list[Proof]:
    """What a TA1 says of the interchange, and a 999 of the set."""
    interchange = said["scope"] == "interchange"
    interchange &= _same(said["interchange_control"], file["interchange_control"])
    of_set = (said["scope"] == "set") & _same(said["group_control"], file["group_control"])
    of_set &= _same(said["transaction_control"], file["transaction_control"])
    said = said[interchange | of_set].sort_values(["scope", "ack_id"])
    places, found = _places(ledger, settings, said), []
    for row in records(said):
        kind, number = "999", f"answers GS06 {file['group_control']}, ST02 {file['transaction_control']}"
        what = SAYS.get(row["effect"], "File answered")
        if row["scope"] == "interchange":
            kind, number = "TA1", f"answers ISA13 {file['interchange_control']}"
            what = "Interchange taken" if row["effect"] == "none" else what
        by = f"clearinghouse ({file['partner']})"
        found.append(Proof(f"{what} ({kind})", None, by, row["code"], number, places.of(row["ack_id"])))
    return found


def _of_claim(places: Places, spoken: pd.DataFrame) -> list[Proof]:
    """What each 277CA says of the claim, in the order of its days; `accepts` is the payer's own proof."""
    effects = acknowledgments.effects(spoken)[["ack_id", "effect", "proof"]]
    found = []
    for row in records(
        spoken.merge(effects, on="ack_id").sort_values(["stated_on", "code"], na_position="first")
    ):
        by = "the payer" if row["sender"] == "payer" else "clearinghouse"
        number = "" if pd.isna(row["payer_control"]) else f"payer's number {row['payer_control']}"
        what = f"{SAYS.get(row['effect'], 'Answered')} (277CA)"
        on = None if pd.isna(row["stated_on"]) else row["stated_on"].date()
        codes = f"{row['code']} {'' if pd.isna(row['detail']) else row['detail']}".strip()
        place = places.of(row["ack_id"])
        found.append(Proof(what, on, by, codes, number, place, accepts=bool(row["proof"])))
    return found
