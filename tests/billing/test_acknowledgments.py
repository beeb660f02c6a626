"""What TA1, 999 and 277CA say, and what that does to a claim.

Statements are those of the dossier's synthetic samples ``ta1_reject.edi``, ``999_partial.edi``, ``277ca_mixed.edi``.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from connectors.x12 import tables
from tasks.billing import acknowledgments
from tests.support.remittance_frames import ledger, ledger_shape


def acks(schema: pa.Schema, *rows: dict) -> pd.DataFrame:
    """A codec table as pandas."""
    return pa.Table.from_pylist(list(rows), schema=schema).to_pandas()


TA1 = acks(
    tables.INTERCHANGE_ACKS,
    {"control": "000000001", "date": "260112", "time": "0930", "code": "R", "note": "025"},
)
PARTIAL = acks(
    tables.SET_ACKS,
    {
        "transaction": 0,
        "position": 1,
        "group_control": "1",
        "group_code": "P",
        "set_control": "0001",
        "code": "A",
    },
    {
        "transaction": 0,
        "position": 2,
        "group_control": "1",
        "group_code": "P",
        "set_control": "0002",
        "code": "R",
        "error_codes": "5",
        "details": "SV1:45:2400:8 SV1:45:2400:8:4:6",
    },
)
STATUS = acks(
    tables.CLAIM_ACKS,
    {
        "level": "receiver",
        "source_entity": "PR",
        "reference": "BATCH0001",
        "category": "A1",
        "status": "19",
        "entity": "PR",
    },
    {
        "level": "claim",
        "source_entity": "PR",
        "reference": "C000000001",
        "category": "A2",
        "status": "20",
        "entity": "PR",
        "date": dt.date(2026, 1, 12),
        "action": "WQ",
        "charge_cents": 20000,
        "payer_control": "PAYERICN0001",
    },
    {
        "level": "claim",
        "source_entity": "PR",
        "reference": "C000000002",
        "category": "A7",
        "status": "562",
        "entity": "85",
        "date": dt.date(2026, 1, 12),
        "action": "U",
        "charge_cents": 31000,
    },
)
NONE = [acks(tables.INTERCHANGE_ACKS), acks(tables.SET_ACKS), acks(tables.CLAIM_ACKS)]


def sample() -> pd.DataFrame:
    return acknowledgments.facts("sandbox", TA1, PARTIAL, STATUS)


def test_the_facts_are_rows_of_the_ledger():
    for found in (sample(), acknowledgments.facts("sandbox", *NONE)):
        assert {name: str(dtype) for name, dtype in found.dtypes.items()} == ledger_shape("acknowledgments")


def test_the_samples_as_facts():
    rows = sample()[["kind", "code", "detail", "transaction_control", "claim_id", "action"]].astype(object)
    assert rows.where(rows.notna(), None).values.tolist() == [
        ["TA1", "R", "025", None, None, None],
        ["999", "A", None, "0001", None, None],
        ["999", "R", "5 SV1:45:2400:8 SV1:45:2400:8:4:6", "0002", None, None],
        ["999", "P", None, None, None, None],
        ["277CA", "A1", "19 PR receiver", None, None, None],
        ["277CA", "A2", "20 PR", None, "C000000001", "WQ"],
        ["277CA", "A7", "562 85", None, "C000000002", "U"],
    ]


def test_the_same_statements_again_are_the_same_facts():
    assert sample()["ack_id"].is_unique
    assert sample()["ack_id"].tolist() == sample()["ack_id"].tolist()
    twice = acknowledgments.facts("sandbox", *(pd.concat([one, one]) for one in (TA1, PARTIAL, STATUS)))
    assert set(twice["ack_id"]) == set(sample()["ack_id"])
    assert len(twice) == len(sample())


def test_where_each_statement_stands_in_its_file():
    """The 999 is the file's first set, the 277CA its second; a TA1 and a whole group have no segment."""
    sets = pd.DataFrame({"transaction": [0, 1]})
    placed = PARTIAL.assign(segment=[4, 6]), STATUS.assign(transaction=1, segment=[5, 9, 14])
    rows = acknowledgments.sources("sandbox", TA1, *placed, sets, "ab" * 32)
    assert {name: str(dtype) for name, dtype in rows.dtypes.items()} == ledger_shape("acknowledgment_sources")
    found = rows.merge(sample()[["ack_id", "kind", "code"]], on="ack_id").astype(object)
    found = found.where(found.notna(), None)[["kind", "code", "transaction", "segment"]]
    assert found.values.tolist() == [
        ["TA1", "R", None, None],
        ["999", "A", 1, 4],
        ["999", "R", 1, 6],
        ["999", "P", 1, None],
        ["277CA", "A1", 2, 5],
        ["277CA", "A2", 2, 9],
        ["277CA", "A7", 2, 14],
    ]


def test_another_partner_s_statement_is_another_fact():
    other = acknowledgments.facts("direct", TA1, PARTIAL, STATUS)
    assert set(other["ack_id"]).isdisjoint(sample()["ack_id"])


def test_the_samples_effects():
    found = acknowledgments.effects(sample())[["scope", "code", "effect", "proof"]]
    assert found.values.tolist() == [
        ["interchange", "R", "duplicate", False],
        ["set", "A", "accepted_syntax", False],
        ["set", "R", "rejected_syntax", False],
        ["group", "P", "none", False],
        ["batch", "A1", "received", False],
        ["claim", "A2", "accepted", True],
        ["claim", "A7", "rejected", False],
    ]


@pytest.mark.parametrize(
    ("kind", "code", "detail", "action", "payer", "group", "effect"),
    [
        ("TA1", "A", "000", None, False, False, "none"),
        ("TA1", "E", "001", None, False, False, "none"),
        ("TA1", "R", "006", None, False, False, "file_rejected"),
        ("TA1", "R", None, None, False, False, "file_rejected"),
        ("TA1", "R", "025", None, False, False, "duplicate"),
        ("TA1", "A", "025", None, False, False, "none"),
        ("TA1", "?", None, None, False, False, "alert"),
        ("999", "E", None, None, False, False, "accepted_syntax"),
        ("999", "W", None, None, False, False, "rejected_syntax"),
        ("999", "A", None, None, False, True, "accepted_syntax"),
        ("999", "P", None, None, False, True, "none"),
        ("999", "R", None, None, False, True, "rejected_syntax"),
        ("277CA", "A0", "19", "WQ", False, False, "received"),
        ("277CA", "A1", "19", "WQ", True, False, "received"),
        ("277CA", "A1", "19", "WQ", False, False, "received"),
        ("277CA", "A2", "20", "WQ", True, False, "accepted"),
        ("277CA", "A2", "20", "WQ", False, False, "received"),
        ("277CA", "A3", "20", "U", False, False, "rejected"),
        ("277CA", "A4", "20", None, True, False, "rejected"),
        ("277CA", "A5", "20", "WQ", True, False, "accepted"),
        ("277CA", "A6", "20", "U", True, False, "rejected"),
        ("277CA", "A8", "20", "U", True, False, "rejected"),
        ("277CA", "A1", "20", "U", True, False, "rejected"),
        ("277CA", "F1", "20", "U", True, False, "alert"),
        ("277CA", "P1", "20", None, True, False, "alert"),
    ],
)
def test_effect_of_a_code(kind, code, detail, action, payer, group, effect):
    assert acknowledgments.effect_of(kind, code, detail, action, payer, group) == effect


def test_a_line_s_status_is_about_the_line():
    one = STATUS[1:2].assign(level="line", line_control="L0000000001", category="A7")
    found = acknowledgments.facts("sandbox", NONE[0], NONE[1], one)
    assert found["detail"].tolist() == ["20 PR line L0000000001"]
    assert acknowledgments.effects(found)["scope"].tolist() == ["line"]


def test_a_clearinghouse_proves_nothing():
    theirs = acknowledgments.facts("sandbox", NONE[0], NONE[1], STATUS[1:2].assign(source_entity="AY"))
    assert theirs["sender"].tolist() == ["clearinghouse"]
    assert acknowledgments.effects(theirs)[["effect", "proof"]].values.tolist() == [["received", False]]


def test_a_group_answered_as_a_whole_is_one_statement():
    whole = acks(
        tables.SET_ACKS,
        {"transaction": 0, "position": 0, "group_control": "7", "group_code": "R", "code": "R"},
    )
    found = acknowledgments.facts("sandbox", NONE[0], whole, NONE[2])
    assert acknowledgments.effects(found)[["scope", "group_control", "effect"]].values.tolist() == [
        ["group", "7", "rejected_syntax"]
    ]


def test_no_statements_no_effects():
    assert acknowledgments.effects(ledger("acknowledgments")).empty
