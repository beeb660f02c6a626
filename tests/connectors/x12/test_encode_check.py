"""What the 837P encoder will not write: each fault by its code and column."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from connectors.x12.guides.claim_837 import ATTACHMENT, CONDITIONS, PROFESSIONAL, Guide837
from connectors.x12.guides.claim_837i import INSTITUTIONAL
from connectors.x12.guides.elements_837 import AMOUNTS, DAYS, elements_of
from connectors.x12.tables837 import TABLES_837
from connectors.x12.writing.batch import Batch
from connectors.x12.writing.checks import Needs
from connectors.x12.writing.claims import unencodable
from connectors.x12.writing.conditions import Conditions
from connectors.x12.writing.findings import npi_is_valid
from tests.support.tables837 import CHILD, DAY, SUPERVISING, claim, line, tables

MORE_DIAGNOSES = " ".join(f"F{number}" for number in range(200, 213))

CLAIM_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"member_id": None}, "MISSING", "member_id"),
    ({"member_id": ""}, "MISSING", "member_id"),
    ({"subscriber_last_name": "   "}, "MISSING", "subscriber_last_name"),
    ({"subscriber_birth_date": None}, "MISSING", "subscriber_birth_date"),
    ({"charge_cents": None}, "MISSING", "charge_cents"),
    ({"relationship": None}, "MISSING", "relationship"),
    ({"rendering_npi": None}, "MISSING", "rendering_npi"),
    ({"rendering_taxonomy": None}, "MISSING", "rendering_taxonomy"),
    ({"frequency": "7"}, "MISSING", "original_reference"),
    ({**CHILD, "patient_zip": None}, "MISSING", "patient_zip"),
    ({**CHILD, "subscriber_zip": None}, "MISSING", "subscriber_zip"),
    ({**SUPERVISING, "supervising_npi": None}, "MISSING", "supervising_npi"),
    ({"claim_id": "C" * 21}, "TOO_LONG", "claim_id"),
    ({"subscriber_last_name": "T" * 61}, "TOO_LONG", "subscriber_last_name"),
    ({"subscriber_street": "1" * 56}, "TOO_LONG", "subscriber_street"),
    ({"authorization": "A" * 51}, "TOO_LONG", "authorization"),
    ({"subscriber_last_name": "TESTER*"}, "CHARACTER", "subscriber_last_name"),
    ({"subscriber_last_name": "TES:TER"}, "CHARACTER", "subscriber_last_name"),
    ({"subscriber_street": "1 SAMPLE RD ~2"}, "CHARACTER", "subscriber_street"),
    ({"subscriber_street": "1 SAMPLE RD #2"}, "CHARACTER", "subscriber_street"),
    ({"subscriber_first_name": "RENÉ"}, "CHARACTER", "subscriber_first_name"),
    ({"subscriber_first_name": "AL\nEX"}, "CHARACTER", "subscriber_first_name"),
    ({"member_id": "xyz1"}, "CHARACTER", "member_id"),
    ({"group_number": "G^1"}, "CHARACTER", "group_number"),
    ({"authorization": " A1"}, "CHARACTER", "authorization"),
    ({"diagnoses": MORE_DIAGNOSES}, "TOO_MANY", "diagnoses"),
    ({"diagnoses": "F41.1 F331"}, "INVALID", "diagnoses"),
    ({"diagnoses": "F411 F411"}, "INVALID", "diagnoses"),
    ({"diagnoses": "F411  F331"}, "INVALID", "diagnoses"),
    ({"billing_npi": "1234567890"}, "INVALID", "billing_npi"),
    ({"rendering_npi": "2234567892"}, "INVALID", "rendering_npi"),
    ({**SUPERVISING, "supervising_npi": "123456789"}, "INVALID", "supervising_npi"),
    ({"billing_zip": "62701"}, "INVALID", "billing_zip"),
    ({"subscriber_zip": "6270-1"}, "INVALID", "subscriber_zip"),
    ({"billing_tax_id": "12345678"}, "INVALID", "billing_tax_id"),
    ({"billing_street": "PO BOX 12"}, "INVALID", "billing_street"),
    ({"billing_taxonomy": "261QM0801"}, "INVALID", "billing_taxonomy"),
    ({"subscriber_state": "XX"}, "INVALID", "subscriber_state"),
    ({"subscriber_city": "X"}, "INVALID", "subscriber_city"),
    ({"subscriber_sex": "X"}, "INVALID", "subscriber_sex"),
    ({"subscriber_birth_date": DAY(190, 1, 1)}, "INVALID", "subscriber_birth_date"),
    ({"filing_code": "QQ"}, "INVALID", "filing_code"),
    ({**CHILD, "relationship": "99"}, "INVALID", "relationship"),
    ({"frequency": "2"}, "INVALID", "frequency"),
    ({"charge_cents": 20001}, "SUM", "charge_cents"),
]

LINE_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"code": None}, "MISSING", "code"),
    ({"line_id": None}, "MISSING", "line_id"),
    ({"pointers": None}, "MISSING", "pointers"),
    ({"units": None}, "MISSING", "units"),
    ({"service_from": None}, "MISSING", "service_from"),
    ({"line_id": "L" * 31}, "TOO_LONG", "line_id"),
    ({"line_id": "l1"}, "CHARACTER", "line_id"),
    ({"modifiers": "25 59 HO 95 93"}, "TOO_MANY", "modifiers"),
    ({"modifiers": "95 95"}, "INVALID", "modifiers"),
    ({"modifiers": "9"}, "INVALID", "modifiers"),
    ({"pointers": "3"}, "INVALID", "pointers"),
    ({"pointers": "0"}, "INVALID", "pointers"),
    ({"pointers": "A"}, "INVALID", "pointers"),
    ({"code": "9083"}, "INVALID", "code"),
    ({"units": 0}, "INVALID", "units"),
    ({"service_to": DAY(2026, 1, 4)}, "INVALID", "service_to"),
    ({"position": 2}, "INVALID", "position"),
    ({"position": None}, "INVALID", "position"),
    ({"place_of_service": "1"}, "INVALID", "place_of_service"),
]


def reasons(claims: list[dict[str, Any]], lines: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(row.values())[:4] for row in unencodable(tables(claims, lines)).to_pylist()]


def test_a_good_claim_has_no_finding() -> None:
    assert reasons([claim(1), claim(2, **CHILD)], [line(1), line(2)]) == []


@pytest.mark.parametrize(("change", "code", "column"), CLAIM_FAULTS)
def test_a_fault_of_the_claim_is_found_alone_among_good_ones(
    change: dict[str, Any], code: str, column: str
) -> None:
    bad = claim(2, **change)
    found = reasons([claim(1), bad, claim(3)], [line(1), line(2, claim_id=bad["claim_id"]), line(3)])
    assert (bad["claim_id"], None, column, code) in found
    assert {row[0] for row in found} == {bad["claim_id"]}
    assert {row[2] for row in found} <= {
        column,
        "charge_cents",
        "claim_id",
    }  # a 21-character id is also the line's


@pytest.mark.parametrize(("change", "code", "column"), LINE_FAULTS)
def test_a_fault_of_the_line_is_found_alone_among_good_ones(
    change: dict[str, Any], code: str, column: str
) -> None:
    found = reasons([claim(1), claim(2), claim(3)], [line(1), {**line(2), **change}, line(3)])
    assert ("C000000002", change.get("position", 1), column, code) in found
    assert {row[0] for row in found} == {"C000000002"}


def test_a_negative_charge_is_not_sent() -> None:
    found = reasons([claim(1, charge_cents=-100)], [line(1, charge_cents=-100)])
    assert found == [
        ("C000000001", None, "charge_cents", "INVALID"),
        ("C000000001", 1, "charge_cents", "INVALID"),
    ]


def test_more_than_five_pointers_and_fifty_lines_are_too_many() -> None:
    claims = [claim(1, charge_cents=51 * 20000, diagnoses="F411 F331 F4310 F902 F913")]
    lines = [line(1, position) for position in range(1, 51)] + [line(1, 51, pointers="1 2 3 4 5")]
    assert reasons(claims, lines) == [
        ("C000000001", None, "lines", "TOO_MANY"),
        ("C000000001", 51, "pointers", "TOO_MANY"),
    ]


def test_lines_belong_to_exactly_one_claim() -> None:
    claims = [claim(1), claim(2), claim(2)]
    found = reasons(claims, [line(1, 1), line(2), line(9)])
    assert ("C000000009", 1, "claim_id", "INVALID") in found
    assert ("C000000002", None, "claim_id", "INVALID") in found
    assert ("C000000002", None, "lines", "MISSING") in found  # the second of the two has none


def test_line_ids_are_unique_within_the_claim() -> None:
    lines = [line(1, 1, charge_cents=10000), line(1, 2, charge_cents=10000, line_id="L0000001001")]
    assert reasons([claim(1)], lines) == [("C000000001", 2, "line_id", "INVALID")]


def test_the_patient_of_a_subscriber_is_not_judged() -> None:
    """Columns that would not be written do not hold a claim."""
    assert reasons([claim(1, patient_last_name="*", supervising_last_name="")], [line(1)]) == []


def test_messages_do_not_repeat_values() -> None:
    secret = claim(1, member_id="secret", subscriber_last_name="SECRET*", charge_cents=987654)
    for row in unencodable(tables([secret], [line(1, code="SECRET")])).to_pylist():
        assert "secret" not in row["message"].lower()
        assert "987654" not in row["message"]


@pytest.mark.parametrize("kind", ["837P", "837I"])
@pytest.mark.parametrize("table", TABLES_837)
def test_every_column_has_limits_and_a_place(kind: str, table: str) -> None:
    """A column is text with an Element, an amount, a day, or a position; each has a place in one guide at least."""
    text = {element.column for element in elements_of(kind, table)}
    numbers = {amount.column for amount in AMOUNTS[table]} | {"position", "line", "payer"}
    for field in TABLES_837[table]:
        assert field.name in {pa.string(): text, pa.date32(): DAYS[table]}.get(field.type, numbers)
    needs = [Needs(Batch(tables([claim(1)], [line(1)]), each), table).written for each in ("837P", "837I")]
    of_payer = {"payer_id"} if table == "line_payments" else set()  # SVD01 is the other payer's
    assert {*TABLES_837[table].names} | of_payer == needs[0].keys() | needs[1].keys()


@pytest.mark.parametrize("guide", [PROFESSIONAL, INSTITUTIONAL], ids=lambda guide: guide.kind)
def test_every_condition_of_a_guide_is_known(guide: Guide837) -> None:
    levels = [loop for level in guide.hierarchy.values() for loop in level]
    for loop in (*levels, *guide.claim, *guide.line, *guide.payer, *guide.payment, ATTACHMENT):
        for when in (loop.when, *(segment.when for segment in loop.segments)):
            assert when in {"", "?"} | CONDITIONS.keys()
            assert when in ("", "?") or hasattr(Conditions, "_" + when.replace(" ", "_"))


@pytest.mark.parametrize("npi", ["1234567893", "1245319599", "1003000126", "1679576722"])
def test_npis_of_the_vectors_are_valid(npi: str) -> None:
    assert npi_is_valid(npi)


@pytest.mark.parametrize("npi", ["1234567890", "2234567892", "0234567893", "123456789", "12345678931", ""])
def test_other_npis_are_not(npi: str) -> None:
    assert not npi_is_valid(npi)
