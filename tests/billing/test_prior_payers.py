"""What earlier payers decided, on the wire of a claim to the next one: dossier 4.2, costly mistake 21."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from connectors.x12 import decode_837, encode_837, unencodable
from connectors.x12.tables837 import TABLES_837, complete
from tasks.billing import matching, prior_payers, remittances
from tests.support import tables837 as plain
from tests.support.pyx12_judge import errors_of
from tests.support.remittance_frames import claim, claim_line, clp, codec, ledger, remit, svc

ANSWERED, CORRECTED = dt.date(2026, 1, 21), dt.date(2026, 2, 10)
ONE, TWO = "L0000000001", "L0000000002"
SENT = {"charge_id": "CH1"}, {"charge_id": "CH2", "position": 2}
CLAIMS = ledger(
    "claims",
    claim("C000000001", 30_000),
    claim("C000000002", 30_000, payer_order="S", coordinates="?"),
    claim("C000000003", 30_000, payer_order="T", coordinates="?"),
)
LINES = ledger(
    "claim_lines",
    *(
        claim_line(f"{line}{suffix}", claim_id, cents, units=1, **sent)
        for suffix, claim_id in (("", "C000000001"), ("S", "C000000002"), ("T", "C000000003"))
        for line, cents, sent in ((ONE, 20_000, SENT[0]), (TWO, 10_000, SENT[1]))
    ),
)


def first(*lines: dict[str, Any], status: str = "1", day: dt.date = ANSWERED, **more: Any) -> dict[str, Any]:
    """An answer of the first payer."""
    charge, paid = (sum(line[name] for line in lines) for name in ("charge", "paid"))
    named = {"trace": f"EFT{day}{status}{len(lines)}{paid}", "day": day}
    return remit(clp("C000000001", status, charge, paid, *lines, icn=f"ICN{day.month}", **more), **named)


PAID = svc(20_000, 12_000, ("CO", "45", 5_000), ("PR", "2", 3_000), control=ONE)
DENIED = svc(10_000, 0, ("CO", "45", 4_000), ("PR", "1", 6_000), control=TWO)


def told_of(
    claim_id: str, *remits: dict[str, Any], lines_sent: pd.DataFrame = LINES
) -> tuple[pd.DataFrame, dict[str, pa.Table]]:
    """A claim that carries all these answers, and the tables of them."""
    found = remittances.facts(*codec(*remits))
    claims, lines = matching.match(
        found.remitted_claims, found.remitted_lines, CLAIMS, lines_sent, ledger("acknowledgments")
    )
    own = CLAIMS[CLAIMS["claim_id"] == claim_id].assign(coordinates=" ".join(claims["remitted_claim_id"]))
    told = prior_payers.Told(found.remittances, claims, lines, found.remitted_adjustments, CLAIMS, lines_sent)
    heads = [plain.claim(1, claim_id=c, payer_order=o, msp_type=None, payer_id=f"9999{o}")
             for c, o in zip(CLAIMS["claim_id"], CLAIMS["payer_order"], strict=True)]  # fmt: skip
    mine = lines_sent[lines_sent["claim_id"] == claim_id]
    made = prior_payers.tables(own, mine, told, pd.DataFrame(heads))
    return own, {name: complete(table, TABLES_837[name]) for name, table in made.items()}


def carried_by(claim_id: str, *remits: dict[str, Any]) -> dict[str, pa.Table]:
    """The tables of a claim that carries all these answers, beside a plain claim and its lines."""
    own, made = told_of(claim_id, *remits)
    order = own["payer_order"].iloc[0]
    sent = plain.tables(
        [plain.claim(1, claim_id=claim_id, charge_cents=30_000, payer_order=order, filing_code="MC")],
        [plain.line(1, claim_id=claim_id, charge_cents=20_000, position=1),
         plain.line(1, claim_id=claim_id, charge_cents=10_000, position=2, line_id="SECOND")],
    )  # fmt: skip
    return sent | made


def rows(tables: dict[str, pa.Table], name: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in tables[name].to_pylist()]


CAS = ("line", "position", "group_code", "carc", "amount_cents")


def test_lines_are_told_as_they_were_answered_and_the_wire_gives_them_back() -> None:
    tables = carried_by("C000000002", first(PAID, DENIED))
    assert len(unencodable(tables)) == 0
    data = encode_837(tables, plain.envelope())
    assert errors_of(data) == []
    wire = decode_837(data)
    for name in ("other_payers", "line_payments", "adjustments"):
        columns = [c for c in TABLES_837[name].names if c not in ("claim_id", "benefits_assigned", "release")]
        assert getattr(wire, name).select(columns).to_pylist() == tables[name].select(columns).to_pylist()
    assert rows(
        tables, "other_payers", "payer_order", "paid_cents", "remaining_cents", "adjudicated_date"
    ) == [("P", 12_000, None, None)]
    assert rows(tables, "line_payments", "line", "paid_cents", "remaining_cents", "adjudicated_date") == [
        (1, 12_000, 3_000, ANSWERED), (2, 0, 6_000, ANSWERED),
    ]  # fmt: skip
    assert rows(tables, "adjustments", *CAS) == [
        (1, 1, "CO", "45", 5_000), (1, 2, "PR", "2", 3_000), (2, 1, "CO", "45", 4_000), (2, 2, "PR", "1", 6_000),
    ]  # fmt: skip


def test_an_837i_tells_revenue_codes_of_which_the_answer_repeated_none_and_never_one_as_a_procedure() -> None:
    revenue = LINES["charge_id"].map({"CH1": "0905", "CH2": "1001"}).astype("str")
    by_procedure = PAID | {"code": "H0015"}
    by_revenue = DENIED | {"code": "1001"}
    _, made = told_of(
        "C000000002", first(by_procedure, by_revenue), lines_sent=LINES.assign(revenue_code=revenue)
    )
    assert rows(made, "line_payments", "line", "code", "revenue_code") == [
        (1, "H0015", "0905"),
        (2, None, "1001"),
    ]
    stay = plain.tables(
        [plain.institutional(1, claim_id="C000000002", charge_cents=30_000, payer_order="S")],
        [plain.revenue_line(1, claim_id="C000000002", charge_cents=20_000, revenue_code="0905", code="H0015"),
         plain.revenue_line(1, 2, claim_id="C000000002", charge_cents=10_000, revenue_code="1001", code=None)],
    )  # fmt: skip
    assert unencodable(stay | made, "837I").to_pylist() == []
    assert errors_of(encode_837(stay | made, plain.envelope(kind="837I"))) == []


def test_a_claim_answered_as_a_whole_is_told_as_a_whole() -> None:
    whole = remit(
        clp("C000000001", "1", 30_000, 20_000, cas=(("CO", "45", 7_000), ("PR", "1", 3_000)), icn="ICN1"),
        day=ANSWERED,
    )
    tables = carried_by("C000000002", whole)
    assert len(unencodable(tables)) == 0
    assert errors_of(encode_837(tables, plain.envelope())) == []
    assert rows(
        tables, "other_payers", "paid_cents", "remaining_cents", "adjudicated_date", "payer_control"
    ) == [(20_000, 3_000, ANSWERED, "ICN1")]
    assert tables["line_payments"].num_rows == 0
    assert rows(tables, "adjustments", *CAS) == [(None, 1, "CO", "45", 7_000), (None, 2, "PR", "1", 3_000)]


def test_groups_are_told_one_after_the_other() -> None:
    mixed = svc(20_000, 12_000, ("CO", "45", 4_000), ("PR", "2", 3_000), ("CO", "253", 1_000), control=ONE)
    tables = carried_by("C000000002", first(mixed, DENIED))
    assert rows(tables, "adjustments", *CAS)[:3] == [
        (1, 1, "CO", "45", 4_000), (1, 2, "CO", "253", 1_000), (1, 3, "PR", "2", 3_000),
    ]  # fmt: skip
    assert len(unencodable(tables)) == 0


def test_a_line_that_the_payer_split_is_one_again() -> None:
    parts = (
        svc(15_000, 10_000, ("CO", "45", 5_000), control=ONE),
        svc(5_000, 2_000, ("PR", "2", 3_000), control=ONE),
    )
    tables = carried_by("C000000002", first(*parts, DENIED))
    assert rows(tables, "line_payments", "line", "paid_cents", "remaining_cents")[0] == (1, 12_000, 3_000)
    assert len(unencodable(tables)) == 0


def test_of_a_line_that_was_answered_again_the_last_word_is_told() -> None:
    again = svc(20_000, 11_000, ("CO", "45", 5_000), ("PR", "2", 4_000), control=ONE)
    tables = carried_by("C000000002", first(PAID, DENIED), first(again, day=CORRECTED))
    assert rows(tables, "line_payments", "line", "paid_cents", "adjudicated_date") == [
        (1, 11_000, CORRECTED), (2, 0, ANSWERED),
    ]  # fmt: skip
    assert len(tables["adjustments"]) == 4


def test_the_third_payer_hears_of_both_before_it() -> None:
    second = remit(
        clp(
            "C000000002", "2", 30_000, 6_000,
            svc(20_000, 3_000, ("OA", "23", 17_000), control=f"{ONE}S"),
            svc(10_000, 3_000, ("OA", "23", 4_000), ("PR", "2", 3_000), control=f"{TWO}S"),
            icn="S1",
        ),
        trace="EFTS", payer="1999999999", day=CORRECTED,
    )  # fmt: skip
    tables = carried_by("C000000003", first(PAID, DENIED), second)
    assert len(unencodable(tables)) == 0
    assert errors_of(encode_837(tables, plain.envelope())) == []
    assert rows(tables, "other_payers", "position", "payer_order", "payer_id", "paid_cents") == [
        (1, "P", "9999P", 12_000), (2, "S", "9999S", 6_000),
    ]  # fmt: skip


@pytest.mark.parametrize("fault", ["a line is missing", "an adjustment of the claim beside its lines"])
def test_what_does_not_add_up_is_told_and_not_sent(fault: str) -> None:
    told = first(PAID) if fault == "a line is missing" else first(PAID, DENIED)
    if fault != "a line is missing":
        (whole,) = told["claims"]
        told = first(PAID, DENIED) | {
            "claims": (whole | {"paid": whole["paid"] - 500, "cas": (("PR", "3", 500),)},), "bpr": 11_500,
        }  # fmt: skip
    found = unencodable(carried_by("C000000002", told))
    assert "BALANCE" in found["code"].to_pylist()


def test_a_claim_that_carries_nothing_has_no_other_payer() -> None:
    assert prior_payers.carried(CLAIMS.assign(coordinates=None)).empty
