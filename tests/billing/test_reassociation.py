"""Which deposit is which remittance: every state, every reason, the clocks, and that no order matters."""

from __future__ import annotations

import datetime as dt
import itertools
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.billing import bank_deposits, reassociation, remedies
from tasks.billing.queues import money
from tasks.billing.selections import selections
from tests.support.remittance_frames import ledger

LIMITS = SimpleNamespace(banking_days_apart=3, banking_days_for_check=10)
DAY, LATER = dt.date(2026, 1, 20), dt.date(2026, 2, 20)
TIN = "1512345678"
PAYERS = ledger(
    "payers",
    {"payer_id": "ACME", "remit_ids": "1512345678 9ACMEPLAN1"},
    {"payer_id": "BETA", "remit_ids": "1598765432 1600000000"},
    {"payer_id": "GAMMA", "remit_ids": "1600000000"},
)


def deposit(
    deposit_id: str = "B1", trace: str | None = "EFT1", cents: int = 14250, **more: Any
) -> dict[str, Any]:
    row = {
        "deposit_id": deposit_id,
        "trace": trace,
        "amount_cents": cents,
        "payer_identifier": TIN,
        "deposited_on": DAY,
        **more,
    }
    return {"deposit_row_id": "-".join(map(str, row.values())), **row}


def remittance(
    remittance_id: str = "R1", trace: str = "EFT1", cents: int = 14250, **more: Any
) -> dict[str, Any]:
    return {
        "remittance_id": remittance_id,
        "trace": trace,
        "bpr_cents": cents,
        "payer_identifier": TIN,
        "payment_date": DAY,
        "method": "ACH",
        **more,
    }


def found(
    deposits: list[dict[str, Any]],
    remittances: list[dict[str, Any]],
    as_of: dt.date = LATER,
    payers: Any = None,
) -> pd.DataFrame:
    return reassociation.reassociate(
        ledger("deposits", *deposits), ledger("remittances", *remittances), as_of, LIMITS, payers
    )


def states(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    known = rows[["state", "reason", "deposit_id", "remittance_id"]]
    known = known.astype(object).where(known.notna(), None)
    return sorted(known.itertuples(index=False, name=None), key=str)


MATCHED, DIFFERS, LONE_DEPOSIT, LONE_REMITTANCE, NOT_EXPECTED = reassociation.STATES


# --- trace, payer, cents ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ({}, {}),
        ({"trace": "000EFT1"}, {}),
        ({"trace": " eft 1 "}, {}),
        ({"payer_identifier": "512345678"}, {}),
        ({"payer_identifier": "51-2345678"}, {}),
        ({"payer_identifier": "9ACMEPLAN1"}, {}),
        ({"payer_identifier": "1012345678"}, {"payer_identifier": "12345678"}),
        ({"amount_cents": -300}, {"bpr_cents": -300}),
        ({"deposited_on": dt.date(2026, 1, 27)}, {}),
        ({}, {"method": "FWT"}),
    ],
)
def test_the_same_trace_payer_and_cents_are_the_same_money(
    there: dict[str, Any], here: dict[str, Any]
) -> None:
    rows = found([deposit() | there], [remittance() | here], payers=PAYERS)
    assert states(rows) == [(MATCHED, None, "B1", "R1")]
    assert (rows["difference_cents"].tolist(), rows["due"].tolist()) == ([0], [False])


def test_an_identifier_of_several_payers_is_none_of_theirs() -> None:
    rows = found(
        [deposit(payer_identifier="1598765432")], [remittance(payer_identifier="1600000000")], payers=PAYERS
    )
    assert {row[1] for row in states(rows)} == {"PAYER_DIFFERS"}
    alike = found(
        [deposit(payer_identifier="600000000")], [remittance(payer_identifier="1600000000")], payers=PAYERS
    )
    assert states(alike) == [(MATCHED, None, "B1", "R1")]


def test_other_cents_are_one_row_with_the_difference() -> None:
    rows = found([deposit(cents=14200)], [remittance()], payers=PAYERS)
    assert states(rows) == [(DIFFERS, "AMOUNT_DIFFERS", "B1", "R1")]
    (row,) = rows.to_dict("records")
    assert (row["deposit_cents"], row["remittance_cents"], row["difference_cents"]) == (14200, 14250, -50)
    assert (row["due"], row["payer_id"]) == (True, "ACME")


@pytest.mark.parametrize(
    ("payer", "reason"), [("1598765432", "PAYER_DIFFERS"), (None, "PAYER_UNKNOWN"), ("", "PAYER_UNKNOWN")]
)
def test_the_trace_alone_never_matches(payer: str | None, reason: str) -> None:
    rows = found([deposit(payer_identifier=payer)], [remittance()])
    assert states(rows) == [(LONE_DEPOSIT, reason, "B1", None), (LONE_REMITTANCE, reason, None, "R1")]
    assert rows["due"].tolist() == [True, True]


def test_payer_and_cents_without_the_trace_never_match() -> None:
    rows = found([deposit(trace=None)], [remittance()])
    assert states(rows) == [
        (LONE_DEPOSIT, "TRACE_MISSING", "B1", None),
        (LONE_REMITTANCE, "NOTHING_FOUND", None, "R1"),
    ]


@pytest.mark.parametrize("more", [{"method": "NON", "bpr_cents": 0}, {"bpr_cents": 0}, {"method": "NON"}])
def test_no_deposit_is_expected_where_nothing_is_paid(more: dict[str, Any]) -> None:
    rows = found([deposit("B9", "EFT9")], [remittance() | more])
    assert (NOT_EXPECTED, None, None, "R1") in states(rows)


def test_a_deposit_that_comes_twice_is_matched_once() -> None:
    rows = found([deposit("B1"), deposit("B2")], [remittance()])
    assert states(rows) == [
        (LONE_DEPOSIT, "SAME_TRACE_AGAIN", "B2", None),
        (MATCHED, None, "B1", "R1"),
    ] or states(rows) == [(LONE_DEPOSIT, "SAME_TRACE_AGAIN", "B1", None), (MATCHED, None, "B2", "R1")]


def test_a_remittance_older_than_the_first_deposit_is_no_work() -> None:
    before = remittance("R0", "EFT0", payment_date=dt.date(2026, 1, 19))
    rows = found([deposit()], [remittance(), before])
    assert states(rows) == [(MATCHED, None, "B1", "R1"), (LONE_REMITTANCE, "BEFORE_DEPOSITS", None, "R0")]
    assert not rows["due"].any()
    assert states(found([], [remittance()])) == [(LONE_REMITTANCE, "BEFORE_DEPOSITS", None, "R1")]


# --- one deposit of several remittances ---------------------------------------------------------------------------


def test_a_deposit_holds_the_remittances_of_its_trace() -> None:
    rows = found([deposit(cents=300)], [remittance("R1", cents=100), remittance("R2", cents=200)])
    assert states(rows) == [(MATCHED, None, "B1", "R1"), (MATCHED, None, "B1", "R2")]
    assert rows["deposit_cents"].tolist() == rows["remittance_cents"].tolist()
    assert reassociation.by_state(rows)[MATCHED] == {
        "count": 2,
        "deposit_cents": 300,
        "remittance_cents": 300,
    }


def test_a_deposit_without_trace_holds_the_remittances_of_its_payer_and_day() -> None:
    others = [
        remittance("R2", "EFT2", 200),
        remittance("R3", "EFT3", 999),
        remittance("R4", "EFT4", 100, payment_date=dt.date(2026, 1, 21)),
        remittance("R5", "EFT5", 100, payer_identifier="1598765432"),
    ]
    rows = found([deposit(trace=None, cents=300)], [remittance("R1", "EFT1", 100), *others])
    assert [row for row in states(rows) if row[0] == MATCHED] == [
        (MATCHED, None, "B1", "R1"),
        (MATCHED, None, "B1", "R2"),
    ]


def test_more_ways_than_one_are_work() -> None:
    several = [remittance(f"R{n}", f"EFT{n}", cents) for n, cents in enumerate((100, 200, 250, 50))]
    rows = found([deposit(trace=None, cents=300)], several)
    assert (LONE_DEPOSIT, "SEVERAL_WAYS", "B1", None) in states(rows)
    assert MATCHED not in set(rows["state"])


def test_two_deposits_never_share_a_remittance() -> None:
    several = [remittance("R1", "EFT1", 100), remittance("R2", "EFT2", 200), remittance("R3", "EFT3", 250)]
    deposits = [deposit("B1", None, 300), deposit("B2", None, 350)]  # 100 + 200 and 100 + 250
    rows = found(deposits, several)
    assert [row for row in states(rows) if row[2]] == [
        (LONE_DEPOSIT, "SEVERAL_WAYS", "B1", None),
        (LONE_DEPOSIT, "SEVERAL_WAYS", "B2", None),
    ]


def test_a_sum_is_a_coincidence_where_a_remittance_has_the_trace() -> None:
    several = [remittance("R1", "EFT1", 500), remittance("R2", "EFT2", 100), remittance("R3", "EFT3", 200)]
    rows = found([deposit(cents=300)], several)
    assert (DIFFERS, "AMOUNT_DIFFERS", "B1", "R1") in states(rows)
    assert MATCHED not in set(rows["state"])


def test_a_remittance_is_not_taken_from_the_deposit_with_its_trace() -> None:
    several = [remittance("R1", "EFT1", 100), remittance("R2", "EFT2", 200)]
    rows = found([deposit("B1", "EFT1", 90), deposit("B2", "EFT9", 300)], several)
    assert (DIFFERS, "AMOUNT_DIFFERS", "B1", "R1") in states(rows)
    assert (LONE_DEPOSIT, "NOTHING_FOUND", "B2", None) in states(rows)


@given(st.lists(st.integers(-5, 9).filter(bool), max_size=9), st.integers(-20, 40))
def test_selections_are_what_trying_all_of_them_finds(amounts: list[int], total: int) -> None:
    tried = [
        way
        for size in range(2, len(amounts) + 1)
        for way in itertools.combinations(range(len(amounts)), size)
        if sum(amounts[i] for i in way) == total
    ]
    ways = selections(amounts, total)
    assert len(ways) == min(len(tried), 2)
    assert set(ways) <= set(tried)


def test_too_many_to_be_certain_is_more_than_one_way() -> None:
    assert len(selections([2**n for n in range(40)], 3)) == 1
    assert len(selections([(-2) ** n for n in range(40)], 5)) == 2


# --- checks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    [
        {"reference": "0001234"},
        {"deposit_id": "1234"},
        {"trace": "1234"},
        {"payer_identifier": TIN, "reference": "1234"},
    ],
)
def test_a_check_is_found_by_its_number(where: dict[str, Any]) -> None:
    there = deposit("B1", None, payer_identifier=None) | where
    rows = found([there], [remittance(trace="1234", method="CHK")])
    assert rows[["state", "path"]].values.tolist() == [[MATCHED, "paper_check"]]


def test_a_check_of_another_payer_or_other_cents_is_work() -> None:
    check = remittance(trace="1234", method="CHK")
    other = found([deposit("B1", "1234", payer_identifier="1598765432")], [check])
    assert set(other["state"]) == {LONE_DEPOSIT, LONE_REMITTANCE}
    cents = found([deposit("B1", None, 14200, payer_identifier=None, reference="1234")], [check])
    assert states(cents) == [(DIFFERS, "AMOUNT_DIFFERS", "B1", "R1")]


def test_two_checks_of_one_number_and_amount_are_work() -> None:
    checks = [
        remittance("R1", "1234", method="CHK"),
        remittance("R2", "1234", method="CHK", payer_identifier="1598765432"),
    ]
    rows = found([deposit("B1", None, payer_identifier=None, reference="1234")], checks)
    assert set(rows["reason"]) == {"SEVERAL_WAYS"}
    assert MATCHED not in set(rows["state"])


# --- clocks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opened", "last", "due", "deadline"),
    [
        ("2026-01-20", "2026-01-23", "2026-01-26", "2026-01-30"),  # day four is after the weekend
        ("2026-01-22", "2026-01-27", "2026-01-28", "2026-02-03"),
        ("2026-01-24", "2026-01-29", "2026-01-30", "2026-02-05"),  # a Saturday
        ("2026-01-15", "2026-01-21", "2026-01-22", "2026-01-28"),  # Martin Luther King's day between
    ],
)
def test_the_payer_is_called_on_the_fourth_banking_day(
    opened: str, last: str, due: str, deadline: str
) -> None:
    lone = [deposit(deposited_on=dt.date.fromisoformat(opened))]
    waiting = found(lone, [], dt.date.fromisoformat(last))
    assert waiting["due"].tolist() == [False]
    (row,) = found(lone, [], dt.date.fromisoformat(due)).to_dict("records")
    assert (row["due"], row["expected_by"], row["deadline"]) == (
        True,
        pd.Timestamp(last),
        pd.Timestamp(deadline),
    )


def test_days_open_are_banking_days_and_a_check_has_more_of_them() -> None:
    first = deposit("B0", "EFT0", deposited_on=dt.date(2026, 1, 2))
    check = remittance(trace="1234", method="CHK")
    rows = found([first], [check], dt.date(2026, 2, 3)).set_index("path")
    assert rows.loc["paper_check", ["days_open", "due"]].tolist() == [10, False]
    assert rows.loc["paper_check", "expected_by"] == pd.Timestamp("2026-02-03")
    assert found([first], [check], dt.date(2026, 2, 4)).set_index("path").loc["paper_check", "due"]


def test_without_a_date_there_is_nothing_to_wait_for() -> None:
    rows = found([deposit("B0", "EFT0")], [remittance(payment_date=None)])
    assert rows.set_index("state").loc[LONE_REMITTANCE, "due"]


# --- one deposit of several statements ----------------------------------------------------------------------------

BAI2 = {"source": "bai2"}
NACHA = {"source": "nacha"}


@pytest.mark.parametrize(
    ("statements", "count"),
    [
        ([deposit("B1", **BAI2), deposit("12209", **NACHA)], 1),
        (
            [
                deposit("B1", "00eft1", **BAI2),
                deposit("12209", payer_identifier="512345678", **NACHA),
                deposit("D1"),
            ],
            1,
        ),
        ([deposit("B1", payer_identifier=None, **BAI2), deposit("12209", **NACHA)], 1),
        ([deposit("12209", None, payer_identifier=None, **BAI2), deposit("12209", **NACHA)], 1),
        (
            [
                deposit("B1", None, payer_identifier=None, reference="12209", **BAI2),
                deposit("12209", **NACHA),
            ],
            1,
        ),
        ([deposit("B1", None, **BAI2), deposit("B1", None)], 1),
        ([deposit("D1", None), deposit("D1", "EFT1")], 1),
        ([deposit("B1", **BAI2), deposit("B2", **BAI2), deposit("12209", **NACHA)], 2),
        ([deposit("B1", **BAI2), deposit("12209", "EFT2", **NACHA)], 2),
        ([deposit("B1", **BAI2), deposit("12209", cents=14251, **NACHA)], 2),
        ([deposit("B1", **BAI2), deposit("12209", payer_identifier="1598765432", **NACHA)], 2),
        ([deposit("B1", **BAI2), deposit("12209", deposited_on=dt.date(2026, 1, 21), **NACHA)], 2),
        ([deposit("B1", None, **BAI2), deposit("12209", **NACHA)], 2),
        ([deposit("B1", None), deposit("B2", None)], 2),
    ],
)
def test_what_makes_two_statements_one_deposit(statements: list[dict[str, Any]], count: int) -> None:
    for order in itertools.permutations(statements):
        unified = bank_deposits.unified(ledger("deposits", *order))
        assert len(unified) == count
        assert unified["deposit"].is_unique


def test_a_deposit_without_trace_that_may_be_told_twice_says_so() -> None:
    rows = found([deposit("B1", None, **BAI2), deposit("12209", **NACHA)], [remittance()])
    assert states(rows) == [
        (LONE_DEPOSIT, "POSSIBLE_REPEAT", "B1", None),
        (MATCHED, None, "12209", "R1"),
    ]


def test_two_lines_of_one_report_are_no_repeat() -> None:
    rows = found([deposit("B1", None, **BAI2), deposit("B2", **BAI2)], [remittance()])
    assert (LONE_DEPOSIT, "TRACE_MISSING", "B1", None) in states(rows)


def test_a_deposit_whose_trace_was_matched_takes_no_other_remittances() -> None:
    several = [remittance(), remittance("R2", "EFT2", 14000), remittance("R3", "EFT3", 250)]
    rows = found([deposit("B1", **BAI2), deposit("B2", **BAI2)], several)
    assert next(row for row in states(rows) if row[0] == LONE_DEPOSIT)[1] == "SAME_TRACE_AGAIN"


# --- everything ---------------------------------------------------------------------------------------------------

CENTS, TRACES = st.sampled_from([100, 200, 300, -100]), st.sampled_from(["T1", "T2", "T3", "0T1"])
TINS, DAYS = st.sampled_from([TIN, "512345678", "1598765432"]), st.sampled_from([DAY, dt.date(2026, 1, 21)])
deposits_ = st.lists(
    st.builds(
        deposit,
        st.sampled_from(["B1", "B2", "B3", "T2"]),
        st.none() | TRACES,
        CENTS,
        payer_identifier=st.none() | TINS,
        deposited_on=DAYS,
        source=st.sampled_from([None, "bai2", "nacha"]),
    ),
    max_size=6,
    unique_by=lambda row: row["deposit_row_id"],
)
remittances_ = st.lists(
    st.builds(
        remittance,
        st.uuids().map(str),
        TRACES,
        CENTS | st.just(0),
        payer_identifier=TINS,
        payment_date=st.none() | DAYS,
        method=st.sampled_from(["ACH", "ACH", "CHK", "NON"]),
    ),
    max_size=6,
    unique_by=lambda row: row["remittance_id"],
)


@settings(max_examples=20)
@given(deposits_, remittances_, st.randoms(use_true_random=False))
def test_every_cent_is_in_one_place_and_no_order_matters(
    deposits: list[dict[str, Any]], remittances: list[dict[str, Any]], random: Any
) -> None:
    rows = found(deposits, remittances)
    unified = bank_deposits.unified(ledger("deposits", *deposits))
    parts = rows.dropna(subset=["deposit"]).groupby("deposit")["deposit_cents"].sum()
    assert parts.to_dict() == dict(zip(unified["deposit"], unified["amount_cents"], strict=True))
    assert sorted(rows["remittance_id"].dropna()) == sorted(one["remittance_id"] for one in remittances)
    assert rows["remittance_cents"].sum() == sum(one["bpr_cents"] for one in remittances)
    settled = rows[rows["state"] == MATCHED]
    assert (settled["difference_cents"] == 0).all()
    assert (rows.loc[rows["state"] == DIFFERS, "difference_cents"] != 0).all()
    assert rows["reason"].isna().equals(rows["state"].isin([MATCHED, NOT_EXPECTED]))
    random.shuffle(deposits)
    random.shuffle(remittances)
    pd.testing.assert_frame_equal(found(deposits, remittances), rows)


# --- the queue ----------------------------------------------------------------------------------------------------


def test_every_reason_has_its_next_action() -> None:
    known = {*remedies.REASSOCIATE}
    for reason in reassociation.REASONS:
        assert reason in known or {LONE_DEPOSIT, LONE_REMITTANCE, DIFFERS} <= known
    assert known <= {*reassociation.REASONS, *reassociation.STATES}


def test_what_is_due_stands_in_the_queue() -> None:
    rows = found(
        [deposit(), deposit("B2", "EFT2", 500), deposit("B3", "EFT3", 40)],
        [remittance(), remittance("R3", "EFT3", 50), remittance("R4", "EFT4", 60, payment_date=LATER)],
        payers=PAYERS,
    )
    items = money.deposits(SimpleNamespace(reassociated=rows)).set_index("category")
    assert set(items.index) == {LONE_DEPOSIT, DIFFERS}
    assert items["amount_cents"].to_dict() == {LONE_DEPOSIT: 500, DIFFERS: 10}
    assert items["source"].to_dict() == {LONE_DEPOSIT: "deposit B2", DIFFERS: "deposit B3 remittance R3"}
    assert items["payer_id"].tolist() == ["ACME", "ACME"]
    assert items["next_action"].notna().all()
    assert money.deposits(SimpleNamespace(reassociated=reassociation.nothing())).empty
