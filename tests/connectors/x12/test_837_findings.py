"""What of the guides' situations, of other payers and of repeated rows cannot be written, one fault at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from connectors.x12.writing.claims import UnencodableError, encode_837, unencodable
from tests.support.cases837 import batch
from tests.support.tables837 import (
    CHILD,
    DAY,
    STAY,
    claim,
    envelope,
    institutional,
    line,
    revenue_line,
    tables,
)

Found = list[tuple[str, Any, str, str]]
# Aspects of `cases837` counted from 0: the fourth is the coordination of benefits.
LINE_LEVEL, CLAIM_LEVEL, TWO_PAYERS, NEVER_BILLED, LATER = range(1, 6)


def findings(given: dict[str, pa.Table], kind: str) -> Found:
    return [
        (row["table"], row["position"], row["column"], row["code"])
        for row in unencodable(given, kind).to_pylist()
    ]


def professional(claim_changes: dict[str, Any], line_changes: dict[str, Any]) -> Found:
    bad = [claim(1), claim(2, **claim_changes), claim(3)]
    return findings(tables(bad, [line(1), line(2, **line_changes), line(3)]), "837P")


def of_institution(claim_changes: dict[str, Any], line_changes: dict[str, Any]) -> Found:
    bad = [institutional(1), institutional(2, **claim_changes), institutional(3)]
    lines = [revenue_line(1), revenue_line(2, **line_changes), revenue_line(3)]
    return findings(tables(bad, lines), "837I")


PROFESSIONAL: list[tuple[dict[str, Any], dict[str, Any], Found]] = [
    ({"place_of_service": "21"}, {}, [("claims", None, "admission_date", "MISSING")]),
    ({"place_of_service": "51"}, {}, [("claims", None, "admission_date", "MISSING")]),
    ({"payer_order": "S", "filing_code": "MB"}, {}, [("claims", None, "msp_type", "MISSING")]),
    ({"msp_type": "11"}, {}, [("claims", None, "msp_type", "INVALID")]),
    ({"frequency": "8"}, {}, [("claims", None, "original_reference", "MISSING")]),
    ({"type_of_bill": "13"}, {}, [("claims", None, "type_of_bill", "INVALID")]),
    ({"pay_to_city": "SPRINGFIELD"}, {}, [
        ("claims", None, f"pay_to_{p}", "MISSING") for p in ("street", "state", "zip")]),
    ({"referring_npi": "1234567893"}, {}, [
        ("claims", None, f"referring_{p}_name", "MISSING") for p in ("last", "first")]),
    ({"note": "N" * 81}, {}, [("claims", None, "note", "TOO_LONG")]),
    ({"accept_assignment": "X"}, {}, [("claims", None, "accept_assignment", "INVALID")]),
    ({"delay_reason": "12"}, {}, [("claims", None, "delay_reason", "INVALID")]),
    ({"patient_paid_cents": -1}, {}, [("claims", None, "patient_paid_cents", "INVALID")]),
    ({"onset_date": DAY(1, 1, 1)}, {}, [("claims", None, "onset_date", "INVALID")]),
    ({**CHILD, "patient_suffix": "X" * 11}, {}, [("claims", None, "patient_suffix", "TOO_LONG")]),
    ({}, {"unit": "DA"}, [("lines", 1, "unit", "INVALID")]),
    ({}, {"revenue_code": "0912"}, [("lines", 1, "revenue_code", "INVALID")]),
    ({}, {"ordering_npi": "1234567893"}, [("lines", 1, f"ordering_{p}_name", "MISSING") for p in ("last", "first")]),
    ({}, {"description": "A:B"}, [("lines", 1, "description", "CHARACTER")]),
]  # fmt: skip
INSTITUTIONAL: list[tuple[dict[str, Any], dict[str, Any], Found]] = [
    ({"statement_from": None}, {}, [("claims", None, "statement_from", "MISSING")]),
    ({"statement_to": DAY(2026, 1, 4)}, {}, [("claims", None, "statement_to", "INVALID")]),
    ({"type_of_bill": None}, {}, [("claims", None, "type_of_bill", "MISSING")]),
    ({"type_of_bill": "013"}, {}, [("claims", None, "type_of_bill", "TOO_LONG")]),
    ({"patient_status": None}, {}, [("claims", None, "patient_status", "MISSING")]),
    ({"admission_source": None}, {}, [("claims", None, "admission_source", "MISSING")]),
    ({"billing_tax_qualifier": "SY"}, {}, [("claims", None, "billing_tax_qualifier", "INVALID")]),
    ({"billing_first_name": "PAT"}, {}, [("claims", None, "billing_first_name", "INVALID")]),
    ({"place_of_service": "11"}, {}, [("claims", None, "place_of_service", "INVALID")]),
    ({"present_on_admission": "Y"}, {}, [("claims", None, "present_on_admission", "INVALID")]),
    ({"present_on_admission": "Y X"}, {}, [("claims", None, "present_on_admission", "INVALID")]),
    ({"reason_diagnoses": "F332 F331 F411 F410"}, {}, [("claims", None, "reason_diagnoses", "TOO_MANY")]),
    ({"admission_hour": "1430"}, {}, [("claims", None, "admission_date", "MISSING")]),
    ({**STAY, "admission_date": None, "admission_hour": None}, {}, [("claims", None, "admission_date", "MISSING")]),
    ({**STAY, "discharge_hour": None}, {}, [("claims", None, "discharge_hour", "MISSING")]),
    ({**STAY, "discharge_hour": "2460"}, {}, [("claims", None, "discharge_hour", "INVALID")]),
    ({**STAY, "admitting_diagnosis": None}, {}, [("claims", None, "admitting_diagnosis", "MISSING")]),
    ({**STAY, "admission_type": None}, {}, [("claims", None, "admission_type", "MISSING")]),
    (
        {f"attending_{part}": None for part in ("last_name", "first_name", "npi", "taxonomy")},
        {},
        [("claims", None, "attending_npi", "MISSING")],
    ),
    ({"attending_last_name": None}, {}, [("claims", None, "attending_last_name", "MISSING")]),
    ({}, {"revenue_code": None}, [("lines", 1, "revenue_code", "MISSING")]),
    ({}, {"revenue_code": "912"}, [("lines", 1, "revenue_code", "INVALID")]),
    ({}, {"service_from": None}, [("lines", 1, "service_from", "MISSING")]),
    ({}, {"pointers": "1"}, [("lines", 1, "pointers", "INVALID")]),
    ({}, {"code": None, "modifiers": "HE"}, [("lines", 1, "code", "MISSING")]),
    ({}, {"unit": "MJ"}, [("lines", 1, "unit", "INVALID")]),
]  # fmt: skip


@pytest.mark.parametrize(("claim_changes", "line_changes", "expected"), PROFESSIONAL)
def test_a_professional_situation(
    claim_changes: dict[str, Any], line_changes: dict[str, Any], expected: Found
) -> None:
    assert professional(claim_changes, line_changes) == expected


@pytest.mark.parametrize(("claim_changes", "line_changes", "expected"), INSTITUTIONAL)
def test_an_institutional_situation(
    claim_changes: dict[str, Any], line_changes: dict[str, Any], expected: Found
) -> None:
    assert of_institution(claim_changes, line_changes) == expected


def test_transports_alone_need_nobody_attending_and_stays_no_line_dates() -> None:
    nobody = {f"attending_{part}": None for part in ("last_name", "first_name", "npi", "taxonomy")}
    assert of_institution(nobody, {"revenue_code": "0540", "code": "A0428"}) == []
    assert of_institution(STAY, {"service_from": None}) == []
    assert ("lines", 1, "service_from", "MISSING") in of_institution(
        STAY, {"service_from": None, "service_to": DAY(2026, 1, 5)}
    )


def test_limits_of_lines_and_diagnoses_are_the_guides_own() -> None:
    many = " ".join(f"F{n}" for n in range(200, 226))
    whole = institutional(1, charge_cents=1000 * 20000, diagnoses=many)
    found = findings(tables([whole], [revenue_line(1, n) for n in range(1, 1001)]), "837I")
    assert found == [("claims", None, "diagnoses", "TOO_MANY"), ("claims", None, "lines", "TOO_MANY")]
    assert of_institution({"diagnoses": many.rsplit(" ", 1)[0]}, {}) == []


# --- other payers --------------------------------------------------------------------------------------------------

Change = Callable[[dict[str, list[dict[str, Any]]]], None]


def coordinated(option: int, change: Change, kind: str = "837P") -> Found:
    """Findings of a claim with other payers after a change to its rows."""
    given = batch(kind, [[0, 0, 0, option, 0, 0, 0, 0, 0]])
    rows = {name: table.to_pylist() for name, table in given.items()}
    change(rows)
    return findings(tables(rows.pop("claims"), rows.pop("lines"), **rows), kind)


def setting(table: str, row: int = 0, **changes: Any) -> Change:
    return lambda rows: rows[table][row].update(changes)


PAYERS: list[tuple[int, Change, Found]] = [
    (LINE_LEVEL, setting("adjustments", amount_cents=3999), [
        ("other_payers", 1, "paid_cents", "BALANCE"), ("line_payments", 1, "paid_cents", "BALANCE")]),
    (LINE_LEVEL, setting("other_payers", paid_cents=11999), [("other_payers", 1, "paid_cents", "BALANCE")] * 2),
    (LINE_LEVEL, setting("other_payers", paid_cents=None), [("other_payers", 1, "paid_cents", "MISSING")]),
    (LINE_LEVEL, setting("other_payers", remaining_cents=1), [("other_payers", 1, "remaining_cents", "INVALID")]),
    (LINE_LEVEL, setting("other_payers", adjudicated_date=DAY(2026, 1, 20)), [
        ("other_payers", 1, "adjudicated_date", "INVALID")]),
    (LINE_LEVEL, setting("other_payers", payer_order="S"), [("other_payers", 1, "payer_order", "INVALID")]),
    (LINE_LEVEL, setting("other_payers", relationship=None), [("other_payers", 1, "relationship", "MISSING")]),
    (LINE_LEVEL, setting("other_payers", noncovered_cents=100), [
        ("other_payers", 1, "noncovered_cents", "INVALID")]),
    (LINE_LEVEL, setting("adjustments", line=None), [
        ("other_payers", 1, "adjustments", "INVALID"), ("line_payments", 1, "paid_cents", "BALANCE"),
        ("adjustments", 2, "position", "INVALID")]),
    (LINE_LEVEL, setting("line_payments", adjudicated_date=None), [
        ("line_payments", 1, "adjudicated_date", "MISSING")]),
    (LINE_LEVEL, setting("line_payments", bundled_line=2), [("line_payments", 1, "bundled_line", "INVALID")]),
    (LINE_LEVEL, setting("line_payments", code=None), [("line_payments", 1, "code", "MISSING")]),
    (LINE_LEVEL, setting("adjustments", group_code="CX"), [("adjustments", 1, "group_code", "INVALID")]),
    (LINE_LEVEL, setting("adjustments", quantity_thousandths=-1), [
        ("adjustments", 1, "quantity_thousandths", "INVALID")]),
    (CLAIM_LEVEL, setting("other_payers", adjudicated_date=None), [
        ("other_payers", 1, "adjudicated_date", "MISSING")]),
    (CLAIM_LEVEL, setting("adjustments", amount_cents=99), [("other_payers", 1, "paid_cents", "BALANCE")]),
    (CLAIM_LEVEL, setting("adjustments", carc=None), [("adjustments", 1, "carc", "MISSING")]),
    (CLAIM_LEVEL, setting("adjustments", 1, payer=2), [
        ("other_payers", 1, "paid_cents", "BALANCE"), ("adjustments", 2, "payer", "INVALID"),
        *[("adjustments", n, "position", "INVALID") for n in range(3, 10)]]),
    (CLAIM_LEVEL, setting("other_payers", remarks="MA01 N130 N1 N2 N3 N4"), [
        ("other_payers", 1, "remarks", "TOO_MANY")]),
    (TWO_PAYERS, setting("other_payers", 1, payer_id="88881"), [("other_payers", 2, "payer_id", "INVALID")]),
    (TWO_PAYERS, setting("other_payers", 1, payer_order="P"), [("other_payers", 2, "payer_order", "INVALID")]),
    (TWO_PAYERS, setting("other_payers", 1, position=3), [
        ("other_payers", 3, "position", "INVALID"), ("line_payments", 1, "payer", "INVALID"),
        *[("adjustments", n, "payer", "INVALID") for n in (1, 2)]]),
    (TWO_PAYERS, setting("line_payments", 1, payer=1), [
        ("line_payments", 1, "payer", "INVALID")]),
    (LATER, setting("other_payers", payer_id=None), [("other_payers", 1, "payer_id", "MISSING")]),
    (LATER, setting("other_payers", claim_id="C000000009"), [("other_payers", 1, "claim_id", "INVALID")]),
    (LATER, lambda rows: rows["other_payers"].extend(
        {**rows["other_payers"][0], "position": n, "payer_id": f"7777{n}", "payer_order": "ABCDEFGHSU"[n - 2]}
        for n in range(2, 12)), [("claims", None, "other_payers", "TOO_MANY")]),
]  # fmt: skip


@pytest.mark.parametrize(("option", "change", "expected"), PAYERS)
def test_another_payer(option: int, change: Change, expected: Found) -> None:
    found = coordinated(option, change)
    assert set(expected) <= set(found)
    if option != TWO_PAYERS and ("adjustments", 2, "payer", "INVALID") not in found:
        assert found == expected


@pytest.mark.parametrize("option", [LINE_LEVEL, CLAIM_LEVEL, TWO_PAYERS, NEVER_BILLED, LATER])
@pytest.mark.parametrize("kind", ["837P", "837I"])
def test_other_payers_as_they_are_have_no_finding(option: int, kind: str) -> None:
    assert coordinated(option, lambda rows: None, kind) == []


def test_a_line_that_the_payer_did_not_tell_shows_in_the_claims_balance() -> None:
    def forget(rows: dict[str, list[dict[str, Any]]]) -> None:
        rows["lines"].append({**rows["lines"][0], "position": 2, "line_id": "L2", "charge_cents": 100})
        rows["claims"][0]["charge_cents"] += 100

    assert coordinated(LINE_LEVEL, forget) == [("other_payers", 1, "paid_cents", "BALANCE")]


def test_more_groups_and_reasons_than_cas_segments_hold() -> None:
    def more(rows: dict[str, list[dict[str, Any]]]) -> None:
        first = rows["adjustments"][0]
        extra = [{**first, "position": n, "carc": str(n), "amount_cents": 0} for n in range(3, 29)]
        rows["adjustments"] += [*extra, {**first, "position": 29, "group_code": "OA", "amount_cents": 0}]

    assert {found[1:] for found in coordinated(LINE_LEVEL, more)} == {
        (n, "group_code", "TOO_MANY") for n in range(1, 30)
    }


# --- coded items and attachments -----------------------------------------------------------------------------------


def code(qualifier: str, **changes: Any) -> dict[str, Any]:
    return {"claim_id": "C000000001", "qualifier": qualifier, "position": 1, "code": "41", **changes}


CODES: list[tuple[str, dict[str, Any], str, str]] = [
    ("837P", code("BH", date_from=DAY(2026, 1, 1)), "qualifier", "INVALID"),
    ("837I", code("XX"), "qualifier", "INVALID"),
    ("837I", code("BG", code=None), "code", "MISSING"),
    ("837I", code("BH"), "date_from", "MISSING"),
    ("837I", code("BI", date_from=DAY(2026, 1, 1)), "date_to", "MISSING"),
    ("837I", code("BI", date_from=DAY(2026, 1, 2), date_to=DAY(2026, 1, 1)), "date_to", "INVALID"),
    ("837I", code("BE"), "amount_cents", "MISSING"),
    ("837I", code("BG", amount_cents=1), "amount_cents", "INVALID"),
    ("837I", code("BG", date_from=DAY(2026, 1, 1)), "date_from", "INVALID"),
    ("837I", code("BG", position=2), "position", "INVALID"),
    ("837I", code("BG", claim_id="C9"), "claim_id", "INVALID"),
]


@pytest.mark.parametrize(("kind", "row", "column", "fault"), CODES)
def test_a_coded_item(kind: str, row: dict[str, Any], column: str, fault: str) -> None:
    plain = ([claim(1)], [line(1)]) if kind == "837P" else ([institutional(1)], [revenue_line(1)])
    found = findings(tables(*plain, claim_codes=[row]), kind)
    assert found == [("claim_codes", row["position"], column, fault)]


def test_more_codes_than_two_segments_hold() -> None:
    rows = [code("BG", position=n, code=f"{n:02d}") for n in range(1, 26)]
    found = findings(tables([institutional(1)], [revenue_line(1)], claim_codes=rows), "837I")
    assert found == [("claim_codes", 25, "qualifier", "TOO_MANY")]


ATTACHED: list[tuple[dict[str, Any], str, str]] = [
    ({"control": None}, "control", "MISSING"),
    ({"transmission": "AA"}, "control", "INVALID"),
    ({"transmission": "XX"}, "transmission", "INVALID"),
    ({"report_type": None}, "report_type", "MISSING"),
    ({"position": 2}, "position", "INVALID"),
]


@pytest.mark.parametrize(("changes", "column", "fault"), ATTACHED)
def test_an_attachment(changes: dict[str, Any], column: str, fault: str) -> None:
    row = {
        "claim_id": "C000000001",
        "position": 1,
        "report_type": "OZ",
        "transmission": "EL",
        "control": "A1",
    }
    found = findings(tables([claim(1)], [line(1)], attachments=[{**row, **changes}]), "837P")
    assert found == [("attachments", {**row, **changes}["position"], column, fault)]


# --- what is not a claim's fault -----------------------------------------------------------------------------------


def test_unknown_tables_columns_and_kinds_are_the_callers_fault() -> None:
    given = tables([claim(1)], [line(1)])
    with pytest.raises(ValueError, match=r"^table remits is unknown$"):
        unencodable({**given, "remits": given["lines"]})
    with pytest.raises(ValueError, match=r"^table lines is absent$"):
        unencodable({"claims": given["claims"]})
    with pytest.raises(ValueError, match=r"^claims: unknown column colour$"):
        unencodable({**given, "claims": given["claims"].append_column("colour", pa.array(["RED"]))})
    with pytest.raises(ValueError, match="kind is neither"):
        unencodable(given, "837D")
    with pytest.raises(ValueError, match="kind, purpose"):
        envelope(kind="837D", purpose="XX")


def test_claims_of_one_guide_are_not_sent_by_the_other() -> None:
    with pytest.raises(UnencodableError) as caught:
        encode_837(tables([claim(1)], [line(1)]), envelope(kind="837I"))
    assert "INVALID place_of_service" in str(caught.value)
    assert "MISSING type_of_bill" in str(caught.value)
