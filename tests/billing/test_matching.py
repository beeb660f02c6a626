"""Which claim and which line an answer belongs to; never by name."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from tasks.billing import matching, remittances
from tests.support.remittance_frames import (
    CLAIM_LINES,
    CLAIMS,
    SAMPLE,
    claim_line,
    clp,
    codec,
    ledger,
    matched,
    remit,
    svc,
)


def both(*claims, our_claims=CLAIMS, our_lines=CLAIM_LINES, earlier=None):
    facts = remittances.facts(*codec(remit(*claims)))
    earlier = ledger("remitted_claims") if earlier is None else earlier
    return matching.match(facts.remitted_claims, facts.remitted_lines, our_claims, our_lines, earlier)


def test_the_sample_matches_whole():
    facts = matched(SAMPLE)
    assert facts.remitted_claims["claim_id"].tolist() == [
        "C000000001",
        "C000000002",
        "C000000009",
        "C000000009",
    ]
    assert facts.remitted_lines["line_id"].tolist() == facts.remitted_lines["line_control"].tolist()


def test_a_claim_that_is_not_ours_stays_unmatched():
    claims, lines = both(clp("SOMEBODY", "1", 100, 100, svc(100, 100), icn="X1"))
    assert claims["claim_id"].isna().all()
    assert lines["line_id"].isna().all()


def test_a_number_the_payer_taught_us_finds_the_claim():
    earlier = ledger(
        "remitted_claims",
        {"remitted_claim_id": "R1", "claim_id": "C000000001", "payer_control": "ICN7"},
        {"remitted_claim_id": "R2", "claim_id": "C000000002", "payer_control": "ICN8"},
        {"remitted_claim_id": "R3", "claim_id": "C000000009", "payer_control": "ICN8"},
    )
    claims, _ = both(
        clp("0", "22", -20000, -100, cas=(("CO", "45", -19900),), icn="ICN7"),
        clp("0", "1", 31000, 31000, icn="ICN8"),  # two claims bear it: nothing certain
        clp("0", "1", 500, 500, icn="ICN7"),  # the charge is another claim's
        earlier=earlier,
    )
    assert claims["claim_id"].fillna("").tolist() == ["C000000001", "", ""]


def test_a_number_taught_in_the_same_batch_counts():
    claims, _ = both(
        clp("C000000001", "1", 20000, 20000, icn="ICN7"), clp("0", "22", -20000, -20000, icn="ICN7")
    )
    assert claims["claim_id"].tolist() == ["C000000001", "C000000001"]


def test_line_numbers_find_the_claim_unless_they_disagree():
    claims, lines = both(
        clp("0", "1", 100, 100, svc(100, 100, control="L0000000002"), svc(0, 0, control="L0000000003")),
        clp("0", "1", 100, 100, svc(100, 100, control="L0000000001"), svc(0, 0, control="L0000000009")),
    )
    assert claims["claim_id"].fillna("").tolist() == ["C000000002", ""]
    assert lines["line_id"].fillna("").tolist() == ["L0000000002", "L0000000003", "", ""]


def test_a_line_number_of_another_claim_is_not_believed():
    _, lines = both(clp("C000000001", "1", 100, 100, svc(100, 100, control="L0000000009")))
    assert lines["line_id"].isna().all()


def test_a_line_without_its_number_is_found_by_code_date_and_charge_though_modifiers_were_dropped():
    _, lines = both(clp("C000000001", "1", 20000, 20000, svc(20000, 20000)))
    assert lines["line_id"].tolist() == ["L0000000001"]


def test_a_reversed_line_is_found_by_the_size_of_its_charge():
    _, lines = both(clp("C000000001", "22", -20000, -20000, svc(-20000, -20000)))
    assert lines["line_id"].tolist() == ["L0000000001"]


def test_a_changed_code_is_found_by_what_was_sent():
    _, lines = both(clp("C000000001", "1", 20000, 20000, svc(20000, 20000, code="90834", submitted="90837")))
    assert lines["line_id"].tolist() == ["L0000000001"]


def test_another_day_is_another_line_and_a_missing_day_is_not_held_against_it():
    other = dt.date(2026, 1, 7)
    _, lines = both(
        clp("C000000001", "1", 20000, 20000, svc(20000, 20000, day=other)),
        clp("C000000001", "1", 20000, 20000, svc(20000, 20000, day=None)),
    )
    assert lines["line_id"].fillna("").tolist() == ["", "L0000000001"]


def test_a_line_that_the_payer_split_is_found_by_its_parts_together():
    _, lines = both(
        clp(
            "C000000001",
            "1",
            20000,
            15000,
            svc(12000, 10000, ("CO", "45", 2000)),
            svc(8000, 5000, ("PR", "3", 3000)),
        )
    )
    assert lines["line_id"].tolist() == ["L0000000001", "L0000000001"]


def test_parts_that_are_not_the_whole_stay_open():
    _, lines = both(clp("C000000001", "1", 19000, 19000, svc(12000, 12000), svc(7000, 7000)))
    assert lines["line_id"].isna().all()


def test_parts_of_twins_stay_open():
    both_twins = ledger(
        "claim_lines", claim_line("LA", "C000000001", 100), claim_line("LB", "C000000001", 100)
    )
    _, lines = both(clp("C000000001", "1", 100, 100, svc(60, 60), svc(40, 40)), our_lines=both_twins)
    assert lines["line_id"].isna().all()


TWINS = ledger(
    "claim_lines",
    claim_line("LA", "C000000001", 100, modifiers="HQ"),
    claim_line("LB", "C000000001", 100, modifiers="95 HQ"),
)


def test_modifiers_decide_between_twins_in_any_order():
    _, lines = both(
        clp("C000000001", "1", 200, 200, svc(100, 100, modifiers="HQ 95"), svc(100, 100)), our_lines=TWINS
    )
    assert lines["line_id"].tolist() == ["LB", "LA"]


def test_twins_that_nothing_tells_apart_stay_open():
    _, lines = both(clp("C000000001", "1", 200, 200, svc(100, 100), svc(100, 100)), our_lines=TWINS)
    assert lines["line_id"].isna().all()


def test_a_line_that_was_recognised_is_no_candidate_for_its_twin():
    _, lines = both(
        clp("C000000001", "1", 200, 200, svc(100, 100, control="LA"), svc(100, 100)), our_lines=TWINS
    )
    assert lines["line_id"].tolist() == ["LA", "LB"]


def test_the_order_of_the_rows_does_not_matter():
    facts = remittances.facts(*codec(SAMPLE))
    forward = matching.match(
        facts.remitted_claims, facts.remitted_lines, CLAIMS, CLAIM_LINES, ledger("remitted_claims")
    )
    backward = matching.match(
        facts.remitted_claims[::-1],
        facts.remitted_lines[::-1],
        CLAIMS[::-1],
        CLAIM_LINES[::-1],
        ledger("remitted_claims"),
    )
    for one, other, key in zip(forward, backward, ("remitted_claim_id", "remitted_line_id"), strict=True):
        pd.testing.assert_frame_equal(
            one.sort_values(key, ignore_index=True), other.sort_values(key, ignore_index=True)
        )


def test_nothing_to_match_is_no_fault():
    empty = [
        ledger(name)
        for name in ("remitted_claims", "remitted_lines", "claims", "claim_lines", "remitted_claims")
    ]
    claims, lines = matching.match(*empty)
    assert claims.empty
    assert lines.empty


def test_the_same_charge_on_the_same_day_is_no_match():
    claims, _ = both(clp("X", "1", 20000, 20000, svc(20000, 20000)))
    assert claims["claim_id"].isna().all()


BED = ledger(
    "claim_lines",
    claim_line("B1", "C000000001", 900, "1001", revenue_code="1001"),
    claim_line("B2", "C000000001", 900, "1001", revenue_code="1001", service_date=dt.date(2026, 1, 6)),
    claim_line("B3", "C000000001", 450, "H0035", revenue_code="0912"),
)


def lines_of(*answered):
    total = sum(line["charge"] for line in answered)
    _, lines = both(clp("C000000001", "1", total, total, *answered), our_lines=BED)
    return lines["line_id"].fillna("").tolist()


def test_a_night_is_recognised_by_its_revenue_code_and_its_day():
    one = svc(900, 900, code="1001", day=dt.date(2026, 1, 6))
    assert lines_of(one) == ["B2"]
    assert lines_of(svc(900, 900, code="1001", day=None)) == [""], "which night, nobody says"


def test_a_day_may_be_answered_by_its_revenue_code_with_or_without_the_zero():
    for code in ("H0035", "0912", "912"):
        assert lines_of(svc(450, 450, code=code)) == ["B3"], code
    assert lines_of(svc(450, 450, code="0913")) == [""]
