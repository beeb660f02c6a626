"""Codec and ledger frames for tests, written the way a remittance reads.

`SAMPLE` is the synthetic 835 ``835_mixed.edi`` of the billing dossier (payment 142.50): a paid claim with a copay,
a claim denied for want of an authorization and sent with status 1, a reversal followed by its correction, and a
PLB with interest and a recovery. No real person.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from configs.identity import digest
from connectors.ledger import schema
from connectors.x12 import tables
from tasks.billing import matching, posting, remittances, shapes

DTYPES = {
    "TEXT": "str",
    "BIGINT": "Int64",
    "BOOLEAN": "boolean",
    "DATE": "datetime64[s]",
    "DATETIME": "datetime64[s]",
}


def ledger_shape(table: str) -> dict[str, str]:
    """Columns and dtypes of a ledger table, from the schema itself."""
    return {column.name: DTYPES[str(column.type)] for column in schema.metadata.tables[table].columns}


def ledger(table: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """A frame of a ledger table; columns not named are null."""
    names = ledger_shape(table)
    assert all(set(row) <= set(names) for row in rows)
    return shapes.conform(pd.DataFrame(list(rows), columns=list(names)), names)


def svc(
    charge: int,
    paid: int,
    *cas: tuple[str, str, int],
    code: str = "90837",
    modifiers: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A line in whole cents with its CAS triplets."""
    return {"charge": charge, "paid": paid, "cas": cas, "code": code, "modifiers": modifiers, **more}


def clp(
    control: str, status: str, charge: int, paid: int, *lines: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """A claim with its lines; ``cas`` are adjustments at claim level."""
    return {
        "control": control,
        "status": status,
        "charge": charge,
        "paid": paid,
        "lines": lines,
        "cas": (),
        **more,
    }


def remit(
    *claims: dict[str, Any], plb: tuple[tuple[str, str, int], ...] = (), bpr: int | None = None, **more: Any
) -> dict[str, Any]:
    """A remittance; BPR02 is what balances, unless `bpr` says otherwise."""
    right = sum(claim["paid"] for claim in claims) - sum(amount for _, _, amount in plb)
    return {"claims": claims, "plb": plb, "bpr": right if bpr is None else bpr, "trace": "EFT0000123", **more}


class Codec(NamedTuple):
    """The decoder's tables as pandas, transactions joined with their envelopes."""

    transactions: pd.DataFrame
    claims: pd.DataFrame
    lines: pd.DataFrame
    adjustments: pd.DataFrame
    provider_adjustments: pd.DataFrame


def codec(*remits: dict[str, Any]) -> Codec:
    """Frames with the codec's schemas, as its decoder would give them for these remittances."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ("t", "c", "l", "a", "p", "s")}
    for number, one in enumerate(remits):
        segment = 10
        balanced = True
        for place, claim in enumerate(one["claims"], 1):
            segment += 1
            row = len(found["c"])
            claim_segment = segment
            taken = sum(amount for _, _, amount in claim["cas"])
            for at, (group, carc, amount) in enumerate(claim["cas"], 1):
                segment += 1
                found["a"].append(_adjustment(number, row, None, at, segment, group, carc, amount))
            for position, line in enumerate(claim["lines"], 1):
                segment += 1
                off = line["charge"] - sum(c[2] for c in line["cas"]) - line["paid"]
                taken += sum(c[2] for c in line["cas"])
                index = len(found["l"])
                found["l"].append(
                    {
                        "transaction": number,
                        "claim": row,
                        "line": index,
                        "position": position,
                        "segment": segment,
                        "code": line["code"],
                        "modifiers": line["modifiers"],
                        "submitted_code": line.get("submitted"),
                        "charge_cents": line["charge"],
                        "paid_cents": line["paid"],
                        "service_from": line.get("day", dt.date(2026, 1, 5)),
                        "line_control": line.get("control"),
                        "remarks": line.get("remarks"),
                        "difference_cents": off,
                        "balanced": off == 0,
                    }
                )
                balanced &= off == 0
                for at, (group, carc, amount) in enumerate(line["cas"], 1):
                    segment += 1
                    found["a"].append(_adjustment(number, row, index, at, segment, group, carc, amount))
            off = claim["charge"] - taken - claim["paid"]
            balanced &= off == 0
            found["c"].append(
                {
                    "transaction": number,
                    "claim": row,
                    "position": place,
                    "segment": claim_segment,
                    "claim_control": claim["control"],
                    "status": claim["status"],
                    "charge_cents": claim["charge"],
                    "paid_cents": claim["paid"],
                    "patient_cents": claim.get("patient"),
                    "payer_control": claim.get("icn"),
                    "remarks": claim.get("remarks"),
                    "difference_cents": off,
                    "balanced": off == 0,
                }
            )
        for at, (code, reference, amount) in enumerate(one["plb"], 1):
            found["p"].append(
                {
                    "transaction": number,
                    "position": at,
                    "segment": segment + 1,
                    "code": code,
                    "reference": reference,
                    "amount_cents": amount,
                }
            )
        paid = sum(claim["paid"] for claim in one["claims"])
        plb = sum(amount for _, _, amount in one["plb"])
        off = one["bpr"] - (paid - plb)
        content = digest("content", repr({k: v for k, v in one.items() if k not in ("file", "control")}))
        found["t"].append(
            {
                "transaction": number,
                "bpr_cents": one["bpr"],
                "method": "ACH",
                "payment_date": one.get("day", dt.date(2026, 1, 21)),
                "production_date": dt.date(2026, 1, 20),
                "trace": one["trace"],
                "payer_identifier": one.get("payer", "1512345678"),
                "payee_qualifier": "XX",
                "payee_id": "1234567893",
                "claims": len(one["claims"]),
                "claim_paid_cents": paid,
                "plb_cents": plb,
                "difference_cents": off,
                "balanced": balanced and off == 0 and not one.get("damaged", False),
            }
        )
        found["s"].append(
            {
                "file": one.get("file", 0),
                "interchange": 0,
                "transaction": number,
                "kind": "835",
                "control": one.get("control", f"{number + 1:04}"),
                "content_sha256": content,
            }
        )
    frames = {
        "t": tables.TRANSACTIONS,
        "c": tables.REMITTED_CLAIMS,
        "l": tables.REMITTED_LINES,
        "a": tables.REMITTED_ADJUSTMENTS,
        "p": tables.PROVIDER_ADJUSTMENTS,
        "s": tables.SETS,
    }
    made = {name: pa.Table.from_pylist(found[name], schema=form).to_pandas() for name, form in frames.items()}
    interchanges = pa.Table.from_pylist(
        [{"file": 0, "interchange": 0, "control": "000000077"}], schema=tables.INTERCHANGES
    ).to_pandas()
    files = [f"{index:064x}" for index in range(1 + max((int(row["file"]) for row in found["s"]), default=0))]
    joined = remittances.with_envelopes(made["t"], made["s"], interchanges, files)
    return Codec(joined, made["c"], made["l"], made["a"], made["p"])


def _adjustment(
    transaction: int, claim: int, line: int | None, at: int, segment: int, group: str, carc: str, amount: int
) -> dict[str, Any]:
    return {
        "transaction": transaction,
        "claim": claim,
        "line": line,
        "position": at,
        "segment": segment,
        "group_code": group,
        "carc": carc,
        "amount_cents": amount,
    }


SAMPLE = remit(
    clp(
        "C000000001",
        "1",
        20000,
        12000,
        svc(20000, 12000, ("CO", "45", 5000), ("PR", "3", 3000), modifiers="95", control="L0000000001"),
        patient=3000,
        icn="PAYERICN0001",
    ),
    clp(
        "C000000002",
        "1",
        31000,
        0,
        svc(19000, 0, ("CO", "197", 19000), code="99214", modifiers="25", control="L0000000002"),
        svc(12000, 0, ("CO", "197", 12000), code="90833", control="L0000000003"),
        icn="PAYERICN0002",
    ),
    clp(
        "C000000009",
        "22",
        -15000,
        -9000,
        svc(-15000, -9000, ("CO", "45", -4000), ("PR", "3", -2000), code="90834", control="L0000000009"),
        icn="PAYERICN0009",
    ),
    clp(
        "C000000009",
        "1",
        15000,
        12000,
        svc(15000, 12000, ("CO", "45", 3000), code="90834", control="L0000000009"),
        icn="PAYERICN0010",
    ),
    plb=(("L6", "PAYERICN0001", -250), ("WO", "PAYERICN0500", 1000)),
)


def claim(claim_id: str, charge: int, **more: Any) -> dict[str, Any]:
    """A row of ``claims``."""
    return {
        "claim_id": claim_id,
        "charge_cents": charge,
        "payer_id": "ACME",
        "patient_id": "P0001",
        "payer_order": "P",
        "attempt": 1,
        "built_on": dt.date(2026, 1, 6),
        **more,
    }


def claim_line(line_id: str, claim_id: str, charge: int, code: str = "90837", **more: Any) -> dict[str, Any]:
    """A row of ``claim_lines``."""
    return {
        "line_id": line_id,
        "claim_id": claim_id,
        "position": 1,
        "charge_id": "CH" + line_id,
        "encounter_id": "E" + line_id,
        "service_date": dt.date(2026, 1, 5),
        "code": code,
        "charge_cents": charge,
        **more,
    }


CLAIMS = ledger("claims", claim("C000000001", 20000), claim("C000000002", 31000), claim("C000000009", 15000))
CLAIM_LINES = ledger(
    "claim_lines",
    claim_line("L0000000001", "C000000001", 20000, modifiers="95"),
    claim_line("L0000000002", "C000000002", 19000, "99214", modifiers="25"),
    claim_line("L0000000003", "C000000002", 12000, "90833", position=2),
    claim_line("L0000000009", "C000000009", 15000, "90834"),
)


def matched(
    *remits: dict[str, Any], claims: pd.DataFrame = CLAIMS, lines: pd.DataFrame = CLAIM_LINES
) -> remittances.RemittanceFacts:
    """Facts of remittances, matched to claims."""
    facts = remittances.facts(*codec(*remits))
    found, found_lines = matching.match(
        facts.remitted_claims,
        facts.remitted_lines,
        claims,
        lines,
        ledger("remitted_claims")[["payer_control", "claim_id"]],
    )
    return dataclasses.replace(facts, remitted_claims=found, remitted_lines=found_lines)


def posted(
    *remits: dict[str, Any], claims: pd.DataFrame = CLAIMS, lines: pd.DataFrame = CLAIM_LINES
) -> pd.DataFrame:
    """The journal of remittances."""
    facts = matched(*remits, claims=claims, lines=lines)
    return journal_of({**vars(facts), "claims": claims, "claim_lines": lines})


def with_next_payer(claims: pd.DataFrame, payer_id: str | None = None) -> pd.DataFrame:
    """Claims of ours with the payer of the policy that comes next, and what earlier payers left to the patient."""
    named = claims["secondary_coverage_id"].map(lambda _: payer_id, na_action="ignore")
    unknown = pd.Series(pd.NA, index=claims.index, dtype="Int64")
    return claims.assign(
        next_payer_id=claims.get("next_payer_id", named.astype("str")),
        prior_patient_cents=claims.get("prior_patient_cents", unknown),
    )


def journal_of(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Everything that remittances post, matched as they are."""
    received = posting.received(
        tables["remittances"], tables["remitted_claims"], tables["provider_adjustments"]
    )
    answered = posting.answered(
        tables["remittances"],
        tables["remitted_claims"],
        tables["remitted_lines"],
        tables["remitted_adjustments"],
        posting.Ours(with_next_payer(tables["claims"]), tables["claim_lines"]),
    )
    return pd.concat([received, answered], ignore_index=True)
