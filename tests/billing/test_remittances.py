"""Facts of remittances: identity by content, and what cannot be proved stays out."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from tasks.billing import remittances, shapes
from tests.support.remittance_frames import SAMPLE, clp, codec, ledger, ledger_shape, remit, svc

LATER = dt.date(2026, 3, 2)


def test_the_sample_balances_to_its_payment():
    facts = remittances.facts(*codec(SAMPLE))
    one = facts.remittances.iloc[0]
    assert (one["bpr_cents"], one["claim_paid_cents"], one["plb_cents"]) == (14250, 15000, 750)
    assert facts.remitted_claims["paid_cents"].tolist() == [12000, 0, -9000, 12000]
    assert facts.remitted_claims["patient_cents"].tolist()[0] == 3000
    assert facts.remitted_claims["patient_cents"].isna().tolist() == [False, True, True, True]
    assert len(facts.remitted_lines) == 5
    assert len(facts.remitted_adjustments) == 7
    assert facts.provider_adjustments["amount_cents"].tolist() == [-250, 1000]
    assert facts.unbalanced.empty


@pytest.mark.parametrize(
    ("part", "table"),
    [
        ("remittances", "remittances"),
        ("remitted_claims", "remitted_claims"),
        ("remitted_lines", "remitted_lines"),
        ("remitted_adjustments", "remitted_adjustments"),
        ("provider_adjustments", "provider_adjustments"),
        ("sources", "remittance_sources"),
        ("unbalanced", "quarantine"),
    ],
)
@pytest.mark.parametrize("remits", [(SAMPLE,), ()], ids=["sample", "nothing"])
def test_frames_have_the_ledger_s_columns_and_types(part, table, remits):
    found = getattr(remittances.facts(*codec(*remits)), part)
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == ledger_shape(table)


@pytest.mark.parametrize(
    ("columns", "table"), [(shapes.JOURNAL, "journal"), (shapes.ACKNOWLEDGMENTS, "acknowledgments")]
)
def test_shapes_are_the_schema_s(columns, table):
    assert dict(columns) == ledger_shape(table)


def test_the_same_remittance_in_two_files_is_one_remittance_with_two_sources():
    facts = remittances.facts(*codec(SAMPLE, SAMPLE | {"file": 1, "control": "0009"}))
    assert len(facts.remittances) == 1
    assert len(facts.remitted_claims) == 4
    assert len(facts.remitted_adjustments) == 7
    assert facts.sources["sha256"].nunique() == 2
    assert facts.sources["remittance_id"].nunique() == 1
    assert facts.sources["transaction"].tolist() == [1, 1]
    assert facts.sources["transaction_control"].tolist() == ["0001", "0009"]


def test_ids_do_not_depend_on_the_batch():
    other = remit(clp("C1", "1", 100, 100), trace="EFT2")
    alone, together = remittances.facts(*codec(SAMPLE)), remittances.facts(*codec(other, SAMPLE))
    for part, key in (("remitted_lines", "remitted_line_id"), ("remitted_adjustments", "adjustment_id")):
        assert set(getattr(alone, part)[key]) <= set(getattr(together, part)[key])
        assert getattr(together, part)[key].is_unique


def test_adjustments_belong_to_their_line_or_to_their_claim():
    facts = remittances.facts(
        *codec(
            remit(
                clp("C1", "1", 10000, 7000, svc(10000, 8000, ("CO", "45", 2000)), cas=(("CO", "253", 1000),))
            )
        )
    )
    rows = facts.remitted_adjustments.set_index("carc")["remitted_line_id"]
    assert rows["45"] == facts.remitted_lines["remitted_line_id"].iloc[0]
    assert pd.isna(rows["253"])


def test_a_cent_short_posts_nothing_and_says_where():
    broken = remit(clp("C1", "1", 10000, 7000, svc(10000, 7000, ("CO", "45", 2999))))
    facts = remittances.facts(*codec(broken))
    assert facts.remittances.empty
    assert facts.remitted_claims.empty
    assert facts.remitted_adjustments.empty
    row = facts.unbalanced.iloc[0]
    assert row["reason"] == "CLAIM_BALANCE at segment 11, off by 1 cents, 1 more"
    assert (row["suite"], row["subject_kind"], row["difference_cents"], row["segment"]) == (
        "remittances",
        "remittance",
        1,
        11,
    )
    assert row["subject_id"] == facts.sources["remittance_id"].iloc[0]


def test_the_wrong_total_is_a_remittance_s_fault():
    facts = remittances.facts(*codec(SAMPLE | {"bpr": 14251}))
    assert facts.unbalanced["reason"].tolist() == ["REMITTANCE_BALANCE, off by 1 cents"]
    assert facts.remitted_claims.empty


def test_a_broken_remittance_does_not_keep_its_neighbours_out():
    facts = remittances.facts(*codec(remit(clp("C1", "1", 100, 50), trace="BAD"), SAMPLE))
    assert facts.remittances["trace"].tolist() == ["EFT0000123"]
    assert len(facts.remitted_claims) == 4
    assert len(facts.unbalanced) == 1


def test_a_damaged_remittance_waits_even_if_its_sums_agree():
    frames = codec(SAMPLE | {"damaged": True})
    assert remittances.facts(*frames).unbalanced["reason"].tolist() == ["DAMAGED"]
    problems = pd.DataFrame(
        [
            {"transaction": 0, "segment": 48, "code": "SE01_COUNT", "severity": "error"},
            {"transaction": 0, "segment": 3, "code": "ODD", "severity": "warning"},
            {"transaction": None, "segment": 1, "code": "IEA_MISSING", "severity": "error"},
        ]
    )
    named = remittances.facts(*frames, problems=problems)
    assert named.unbalanced["reason"].tolist() == ["SE01_COUNT at segment 48"]
    assert named.remittances.empty


def test_copies_damaged_each_in_its_own_way_left_the_first_ones_reason_alone():
    """Which reason was kept depended on which copy came first, and so did the fingerprint."""
    whys = ("SE01_COUNT", "GE02_CONTROL")

    def reasons(*order: str) -> set[str]:
        frames = codec(*(SAMPLE | {"damaged": True, "file": number} for number, _ in enumerate(order)))
        problems = pd.DataFrame(
            [
                {"transaction": number, "segment": 48, "code": code, "severity": "error"}
                for number, code in enumerate(order)
            ]
        )
        return set(remittances.facts(*frames, problems=problems).unbalanced["quarantine_id"])

    together = reasons(*whys)
    assert len(together) == 2
    assert reasons(*reversed(whys)) == together == reasons(whys[0]) | reasons(whys[1])
    assert reasons(whys[0], whys[0]) == reasons(whys[0])


def test_a_remittance_without_a_trace_has_no_identity():
    facts = remittances.facts(*codec(SAMPLE | {"trace": None}))
    assert facts.remittances.empty
    assert facts.unbalanced["reason"].tolist() == ["TRACE_MISSING"]


def test_the_quarantine_does_not_depend_on_the_file_it_came_in():
    first = remittances.facts(*codec(SAMPLE | {"bpr": 1, "file": 0})).unbalanced
    second = remittances.facts(*codec(SAMPLE | {"bpr": 1, "file": 1})).unbalanced
    pd.testing.assert_frame_equal(first, second)


def conflicts(new: remittances.RemittanceFacts, *others: remittances.RemittanceFacts) -> dict[str, str]:
    """Remittances that contradict each other, each once, with the ids of their rows in quarantine."""
    none = ledger("remittances")
    existing = pd.concat([none, *(one.remittances for one in others)], ignore_index=True)
    claims = pd.concat([one.remitted_claims for one in (new, *others)], ignore_index=True)
    found = remittances.conflicts(new.remittances, existing, claims)
    assert found["quarantine_id"].is_unique
    assert found["reason"].str.startswith("TRACE_CONFLICT").all()
    return dict(zip(found["subject_id"], found["quarantine_id"], strict=True))


def test_a_trace_used_for_other_content_is_a_conflict():
    earlier = remittances.facts(*codec(SAMPLE))
    later = remittances.facts(*codec(SAMPLE | {"claims": SAMPLE["claims"][::-1]}))
    both = sorted([*earlier.remittances["remittance_id"], *later.remittances["remittance_id"]])
    assert sorted(conflicts(later, earlier)) == both
    assert conflicts(later, earlier) == conflicts(earlier, later), "whichever came first"
    assert remittances.without(later, both).remitted_lines.empty
    assert remittances.without(later, []).remitted_lines.equals(later.remitted_lines)


def test_a_resend_is_no_conflict():
    facts = remittances.facts(*codec(SAMPLE))
    assert conflicts(facts, facts) == conflicts(facts) == {}


def test_two_contradicting_remittances_in_one_batch_both_wait():
    facts = remittances.facts(*codec(SAMPLE, SAMPLE | {"claims": SAMPLE["claims"][::-1]}))
    assert len(conflicts(facts)) == 2


FIRST, SECOND = (clp(f"C00000000{n}", "1", 20000, 20000, icn=f"ICN{n}") for n in (1, 2))


@pytest.mark.parametrize(
    "again", [remit(FIRST, SECOND), remit(FIRST, day=LATER), remit(FIRST, plb=(("WO", "X", 100),))]
)
def test_a_check_that_came_again_with_another_amount_or_date_was_posted_beside_the_first(again):
    one, other = (remittances.facts(*codec(each)) for each in (remit(FIRST), again))
    assert len(conflicts(other, one)) == len(conflicts(one, other)) == 2
    assert conflicts(remittances.facts(*codec(remit(FIRST), again))) == conflicts(one, other)


def test_a_payment_that_is_explained_in_parts_is_no_conflict():
    facts = remittances.facts(*codec(remit(FIRST), remit(SECOND, clp("C000000003", "1", 5000, 5000))))
    assert len(facts.remittances) == 2
    assert conflicts(facts) == {}


def test_of_three_under_one_trace_those_wait_that_contradict_each_other():
    parts = remit(FIRST), remit(SECOND, day=LATER), remit(SECOND, bpr=None, plb=(("WO", "X", 100),))
    one, two, three = (remittances.facts(*codec(each)) for each in parts)
    waits = sorted([*two.remittances["remittance_id"], *three.remittances["remittance_id"]])
    assert conflicts(one, two, three) == {}
    assert conflicts(three, one, two) == conflicts(two, three, one)
    assert sorted(conflicts(two, three, one)) == waits


def test_a_trace_that_moves_no_money_may_be_used_on_another_day():
    denied = clp("C000000001", "4", 20000, 0, cas=(("CO", "16", 20000),))
    facts = remittances.facts(*codec(remit(denied, trace="0"), remit(denied, trace="0", day=LATER)))
    assert len(facts.remittances) == 2
    assert conflicts(facts) == {}


def test_our_payer_is_named_where_one_alone_uses_the_identifier():
    payers = ledger(
        "payers",
        {"payer_id": "ACME", "remit_ids": "1999999999 1512345678"},
        {"payer_id": "OTHER", "remit_ids": "1888888888"},
    )
    assert remittances.facts(*codec(SAMPLE), payers=payers).remittances["payer_id"].tolist() == ["ACME"]
    shared = payers.assign(remit_ids="1512345678")
    assert remittances.facts(*codec(SAMPLE), payers=shared).remittances["payer_id"].isna().all()
