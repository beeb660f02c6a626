"""A small practice with something to appeal: a claim denied as late that the payer itself had acknowledged in time, a
claim of two lines of which one was bundled, and one allowed below its contract. No real person.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd

from configs.settings import Settings, load_settings
from connectors.clearinghouse import archive
from connectors.clearinghouse.sandbox import answer
from connectors.ledger import Ledger
from connectors.x12 import decode_acknowledgments
from tasks import frames
from tasks.billing import acknowledgments
from tests.support import books
from tests.support.histories import filled
from tests.support.remittance_frames import claim, claim_line, clp, ledger, remit, svc

SENT = (
    Path(__file__).parents[1] / "connectors" / "clearinghouse" / "fixtures" / "sandbox_837p_primary.edi"
).read_bytes()
SERVICE, ANSWERED, TODAY = dt.date(2026, 1, 5), dt.date(2026, 1, 21), dt.date(2026, 2, 2)
LATE, BUNDLED, LOW = "C000000001", "C000000002", "C000000003"
DISPUTED = {LATE: "L1", BUNDLED: "L3", LOW: "L4"}  # the line of each
SETTINGS = """
[practice]
name = "EXAMPLE BEHAVIORAL GROUP"
npi = "1234567893"
tax_id = "123456789"
taxonomy = "261QM0801X"
street = "100 EXAMPLE ST"
city = "SPRINGFIELD"
state = "IL"
zip = "627011234"
phone = "5555550100"
help_line = "555-0111, weekdays 9 to 5"
ways_to_pay = ["in the portal at pay.example", "by check"]

[appeals.ACME]
days = [180, 45]
address = ["Appeals Unit", "PO Box 1", "SPRINGFIELD, IL 62701"]
"""
PAYER = {
    "payer_id": "ACME", "name": "EXAMPLE HEALTH PLAN", "payer_class": "commercial", "edi_payer_id": "99999",
    "filing_code": "CI", "partner": "sandbox", "remit_ids": "1512345678", "timely_filing_days": 90,
    "appeal_days": 180,
}  # fmt: skip
PATIENT = {
    "patient_id": "P0001", "last_name": "TESTER", "first_name": "ALEX", "birth_date": dt.date(1990, 1, 1), "sex": "U",
    "street": "1 SAMPLE RD", "city": "SPRINGFIELD", "state": "IL", "zip": "627010001",
}  # fmt: skip
POLICY = {
    "coverage_id": "COV1", "patient_id": "P0001", "payer_id": "ACME", "priority": "P", "member_id": "XYZ000000001",
    "group_number": "GRP001", "relationship": "18", "effective_from": dt.date(2026, 1, 1),
}  # fmt: skip
CLINICIAN = {
    "provider_id": "CL001", "npi": "1245319599", "last_name": "DOE", "first_name": "PAT", "taxonomy": "1041C0700X",
    "provider_class": "LCSW", "license_number": "149000001", "license_state": "IL",
}  # fmt: skip
RATE = {
    "payer_id": "ACME", "code": "90834", "modifier": "", "provider_class": "", "plan": "", "place_group": "",
    "method": "fixed", "rate_cents": 11_000, "effective_from": dt.date(2026, 1, 1),
}  # fmt: skip
REMIT = remit(
    clp(LATE, "4", 20_000, 0, svc(20_000, 0, ("CO", "29", 20_000), control="L1"), icn="PAYERICN0001"),
    clp(
        BUNDLED,
        "1",
        29_000,
        9_500,
        svc(
            13_000, 9_500, ("CO", "45", 2_000), ("PR", "3", 1_500), code="99213", modifiers="25", control="L2"
        ),
        svc(16_000, 0, ("CO", "97", 16_000), code="90838", control="L3", remarks="M15"),
    ),
    clp(LOW, "1", 15_000, 9_000, svc(15_000, 9_000, ("CO", "45", 6_000), code="90834", control="L4")),
    day=ANSWERED,
)
LINES = (
    claim_line("L1", LATE, 20_000, units=1, modifiers="95"),
    claim_line("L2", BUNDLED, 13_000, "99213", units=1, modifiers="25"),
    claim_line("L3", BUNDLED, 16_000, "90838", units=1, position=2),
    claim_line("L4", LOW, 15_000, "90834", units=1),
)


def home(folder: Path) -> Settings:
    """A home with the practice's settings."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cleanclaim.toml").write_text(SETTINGS, encoding="utf-8")
    return load_settings(folder)


def fill(book: Ledger, settings: Settings, *, programme: bool = False) -> None:
    """The practice's facts; of a `programme` all are records of substance-use treatment (42 CFR Part 2)."""
    masters = (
        ("payers", PAYER), ("patients", PATIENT), ("coverages", POLICY), ("providers", CLINICIAN), ("contracts", RATE),
    )  # fmt: skip
    rows = {}
    for kind, row in masters:
        book.load(kind, ledger(kind, row))
        rows[kind] = book.current(kind)["row_id"].iloc[0]
    book.load(
        "encounters", filled("encounters", *(_encounter(line) | {"part2": programme} for line in LINES))
    )
    named = {
        "coverage_id": "COV1", "rendering_id": "CL001", "service_from": SERVICE, "service_to": SERVICE,
        "patient_row_id": rows["patients"], "coverage_row_id": rows["coverages"], "payer_row_id": rows["payers"],
        "rendering_row_id": rows["providers"], "diagnoses": "F411", "part2": programme,
    }  # fmt: skip
    charges = {LATE: 20_000, BUNDLED: 29_000, LOW: 15_000}
    versions = book.current("encounters").set_index("encounter_id")["row_id"]
    with book.transaction() as tx:
        tx.add("claims", filled("claims", *(claim(one, cents, **named) for one, cents in charges.items())))
        tx.add("claim_lines", filled("claim_lines", *LINES))
        tx.add("charge_lines", filled("charge_lines", *(_charge(line, versions) for line in LINES)))
        _send(tx, settings)
    books.read(book, REMIT)


def _encounter(line: dict[str, Any]) -> dict[str, Any]:
    named = {"encounter_id": line["encounter_id"], "patient_id": "P0001", "service_date": SERVICE}
    return named | {"rendering_id": "CL001", "minutes": 60, "therapy_minutes": 53, "signed_on": SERVICE}


def _charge(line: dict[str, Any], versions: pd.Series) -> dict[str, Any]:
    named = {
        name: line.get(name) for name in ("charge_id", "encounter_id", "code", "charge_cents", "position")
    }
    named |= {"units": 1, "modifiers": line.get("modifiers"), "diagnoses": "F411 F331", "pointers": "1 2"}
    named |= {"encounter_row_id": versions[line["encounter_id"]], "patient_id": "P0001", "payer_id": "ACME"}
    return named | {
        "service_date": SERVICE,
        "rendering_id": "CL001",
        "place_of_service": "10",
        "supervising_id": None,
    }


def _send(tx: Any, settings: Settings) -> None:
    """The claim went in an interchange, and the partner's answers to it came."""
    sha = archive.put(settings.archive, SENT)
    file = {
        "submission_id": "S1", "partner": "sandbox", "interchange_control": "000000001", "group_control": "1",
        "file_name": "1.x12", "sha256": sha, "bytes": len(SENT), "business_date": dt.date(2026, 1, 12),
    }  # fmt: skip
    tx.add("submissions", filled("submissions", file))
    member = {"entry_id": "S1-1", "submission_id": "S1", "claim_id": LATE, "transaction_control": "0001"}
    tx.add("submission_claims", filled("submission_claims", member))
    tx.add(
        "submission_events",
        filled("submission_events", {"event_id": "S1-u", "submission_id": "S1", "event": "uploaded"}),
    )
    files, _ = answer(SENT, seed=1, stages=["acknowledge"])
    for data in files.values():
        sha = archive.put(settings.archive, data)
        decoded = decode_acknowledgments(data)
        kind = "277CA" if decoded.claim_acks.num_rows else "999" if decoded.set_acks.num_rows else "TA1"
        tx.add(
            "files", filled("files", {"sha256": sha, "direction": "in", "kind": kind, "partner": "sandbox"})
        )
        parts = (decoded.interchange_acks, decoded.set_acks, decoded.claim_acks)
        said = tuple(map(frames.of_arrow, parts))
        tx.add("acknowledgments", acknowledgments.facts("sandbox", *said))
        sets = frames.of_arrow(decoded.sets)
        tx.add("acknowledgment_sources", acknowledgments.sources("sandbox", *said, sets, sha))
