"""Take-backs: what every provider adjustment is, and which of them belong together."""

from __future__ import annotations

import pandas as pd
import pytest

from tasks.billing import takebacks
from tests.support.takebacks import check, explained, frames, hold, paid, reversal, said

ONE, TWO = "C000000001", "C000000002"


def test_a_deferred_reversal_is_collected_by_a_later_check():
    parts = explained(
        check(1, paid(ONE, 9000)),
        check(2, reversal(ONE, 9000), paid(TWO, 5000), plb=(("WO", "ICN" + ONE, -9000),)),
        check(3, paid(TWO, 12000), plb=(("WO", ONE, 9000),)),
    )
    assert said(parts) == [("WO", -9000, "payer_control"), ("WO", 9000, "claim_control")]
    assert parts["kind"].tolist() == ["deferral", "recovery"]
    assert parts["claim_id"].tolist() == [ONE, ONE]
    assert parts["chain_id"].nunique() == 1
    assert parts["partner_id"].tolist() == parts["adjustment_id"].tolist()[::-1]


def test_the_steps_of_a_chain_over_four_checks_come_in_order_and_to_zero():
    history = frames(
        check(1, paid(ONE, 9000)),
        check(2, reversal(ONE, 9000), plb=(("WO", ONE, -9000),)),
        check(3, paid(TWO, 5000), plb=(("WO", ONE, 9000), ("FB", ONE, -4000))),
        check(4, paid(TWO, 3000), plb=(("FB", ONE, 3000),)),
        check(5, paid(TWO, 8000), plb=(("FB", ONE, 1000),)),
    )
    parts = takebacks.explain(**history)
    chain = takebacks.members(parts, history["remittances"], history["remitted_claims"])
    assert chain["chain_id"].nunique() == 1
    assert list(zip(chain["kind"], chain["amount_cents"], chain["balance_cents"], strict=True)) == [
        ("reversal", -9000, 0),
        ("deferral", -9000, -9000),
        ("recovery", 9000, 0),
        ("carried_forward", -3000, -3000),
        ("carried_forward", -1000, -4000),
        ("brought_forward", 3000, -1000),
        ("brought_forward", 1000, 0),
    ]
    assert chain["step"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert takebacks.open_work(parts).empty


def test_a_deferral_that_nobody_collected_waits():
    parts = explained(check(1, paid(ONE, 9000)), check(2, reversal(ONE, 9000), plb=(("WO", ONE, -9000),)))
    assert said(parts) == [("WO", -9000, "OPEN")]
    assert parts["remitted_claim_id"].item().endswith("-00001")
    work = takebacks.open_work(parts)
    assert work[["reason", "cents", "waits"]].values.tolist() == [["OPEN", -9000, True]]


def test_a_deferral_collected_in_three_checks_is_in_three_parts():
    history = [
        check(1, reversal(ONE, 9000), plb=(("WO", ONE, -9000),)),
        *(
            check(2 + at, paid(TWO, 9000), plb=(("WO", ONE, cents),))
            for at, cents in enumerate((2000, 3000, 4000))
        ),
    ]
    whole, half = explained(*history), explained(*history[:3])
    assert said(whole)[:3] == [("WO", -size, "claim_control") for size in (2000, 3000, 4000)]
    assert whole["unexplained_cents"].sum() == 0
    assert [one for one in said(half) if one[2] == "OPEN"] == [("WO", -4000, "OPEN")]


def test_a_payer_may_keep_part_of_a_reversal_at_once_and_defer_the_rest():
    parts = explained(check(1, reversal(ONE, 9000), paid(TWO, 4000), plb=(("WO", ONE, -5000),)))
    assert said(parts) == [("WO", -5000, "OPEN")]


def test_what_a_correction_leaves_may_be_deferred_and_nothing_in_between():
    """-90.00 and +60.00: 90.00 or 30.00 (or less) can have been deferred, 45.00 cannot."""
    for cents, reason in (
        (9000, "OPEN"),
        (3000, "OPEN"),
        (1000, "OPEN"),
        (4500, "AMOUNT_DIFFERS"),
        (9001, "AMOUNT_DIFFERS"),
    ):
        parts = explained(check(1, reversal(ONE, 9000), paid(ONE, 6000), plb=(("WO", ONE, -cents),)))
        assert said(parts) == [("WO", -cents, reason)]


def test_a_deferral_without_a_reference_is_of_the_only_reversal_of_its_amount():
    parts = explained(
        check(1, reversal(ONE, 9000), reversal(TWO, 7000), plb=(("WO", "", -9000),)),
        check(2, paid(TWO, 12000), plb=(("WO", ONE, 9000),)),
    )
    assert said(parts) == [("WO", -9000, "amount_and_order"), ("WO", 9000, "claim_control")]
    assert parts["claim_id"].tolist() == [ONE, ONE]


def test_of_two_reversals_of_one_amount_neither_is_guessed():
    parts = explained(check(1, reversal(ONE, 9000), reversal(TWO, 9000), plb=(("WO", "", -9000),)))
    assert said(parts) == [("WO", -9000, "NO_REFERENCE")]


def test_a_recovery_without_a_reference_collects_the_only_deferral_of_its_amount():
    first = check(1, reversal(ONE, 9000), reversal(TWO, 7000), plb=(("WO", ONE, -9000), ("WO", TWO, -7000)))
    later = check(2, paid(TWO, 12000), plb=(("WO", "", 7000),))
    parts = explained(first, later)
    assert said(parts)[1:] == [("WO", -7000, "amount_and_order"), ("WO", 7000, "amount_and_order")]


def test_a_recovery_without_a_reference_collects_no_deferral_of_its_own_check():
    """What the check defers today is not what it collects today."""
    parts = explained(check(1, reversal(ONE, 9000), plb=(("WO", ONE, -9000), ("WO", "", 9000))))
    assert said(parts) == [("WO", -9000, "OPEN"), ("WO", 9000, "NO_REFERENCE")]


def test_a_recovery_without_a_reference_that_fits_two_deferrals_is_ambiguous():
    first = check(1, reversal(ONE, 9000), reversal(TWO, 9000), plb=(("WO", ONE, -9000), ("WO", TWO, -9000)))
    parts = explained(first, check(2, paid(TWO, 12000), plb=(("WO", "", 9000),)))
    assert said(parts)[-1] == ("WO", 9000, "AMBIGUOUS")


def test_a_guess_by_amount_does_not_take_what_a_later_reference_names():
    """The unnamed 90.00 came first and took the deferral that the named 90.00 collects."""
    parts = explained(
        check(1, reversal(ONE, 9000), plb=(("WO", ONE, -9000),)),
        check(2, paid(TWO, 12000), plb=(("WO", "", 9000),)),
        check(3, paid(TWO, 12000), plb=(("WO", ONE, 9000),)),
    )
    assert said(parts) == [
        ("WO", -9000, "claim_control"),
        ("WO", 9000, "NO_REFERENCE"),
        ("WO", 9000, "claim_control"),
    ]


def test_the_payers_own_number_of_a_debt_joins_its_two_halves():
    parts = explained(
        check(1, paid(ONE, 9000), plb=(("WO", "AR-77001", -5000),)),
        check(2, paid(TWO, 9000), plb=(("WO", "AR 77001", 5000),)),
    )
    assert said(parts) == [("WO", -5000, "same_reference"), ("WO", 5000, "same_reference")]


def test_a_recovery_that_names_a_check_collects_what_that_check_deferred():
    deferring = check(
        1, reversal(ONE, 9000), reversal(TWO, 7000), plb=(("WO", ONE, -9000), ("WO", TWO, -7000))
    )
    both = explained(deferring, check(2, paid(TWO, 20000), plb=(("WO", "EFT0000001", 16000),)))
    one = explained(deferring, check(2, paid(TWO, 20000), plb=(("WO", "0000001", 7000),)))
    odd = explained(deferring, check(2, paid(TWO, 20000), plb=(("WO", "EFT0000001", 100),)))
    assert both["unexplained_cents"].tolist() == [0, 0, 0, 0]
    assert said(one)[1:] == [("WO", -7000, "claim_control"), ("WO", 7000, "trace")]
    assert said(odd)[-1] == ("WO", 100, "AMBIGUOUS")


def test_a_payment_taken_back_whole_without_a_reversal_is_tied_to_its_claim():
    parts = explained(check(1, paid(ONE, 9000)), check(2, paid(TWO, 12000), plb=(("WO", "ICN" + ONE, 9000),)))
    assert said(parts) == [("WO", 9000, "payer_control")]
    assert parts["partner_id"].isna().all()
    assert parts["linked_remittance_id"].item() != parts["remittance_id"].item()


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ((check(2, paid(TWO, 12000), plb=(("WO", ONE, 4000),)),), "a part of it"),
        (
            (check(2, reversal(ONE, 9000)), check(3, paid(TWO, 12000), plb=(("WO", ONE, 9000),))),
            "reversed before",
        ),
        (
            (check(2, paid(TWO, 12000), plb=(("WO", ONE, 9000),)), check(3, reversal(ONE, 9000))),
            "reversed since",
        ),
        ((check(2, reversal(ONE, 9000), paid(TWO, 12000), plb=(("WO", ONE, 9000),)),), "reversed beside it"),
        ((check(2, paid(TWO, 12000), plb=(("J1", ONE, 9000), ("WO", ONE, 100))),), "another cent"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_payment_taken_back_in_part_or_twice_stays_unexplained(more, wrong):
    parts = explained(check(1, paid(ONE, 9000)), *more)
    assert said(parts[parts["code"] == "WO"])[0][2] == "AMOUNT_DIFFERS", wrong


def test_the_second_recovery_of_one_payment_stays_unexplained():
    parts = explained(
        check(1, paid(ONE, 9000)),
        *(check(2 + at, paid(TWO, 12000), plb=(("WO", ONE, 9000),)) for at in (0, 1)),
    )
    assert [reason for _, _, reason in said(parts)] == ["claim_control", "AMOUNT_DIFFERS"]


def test_a_reversal_that_follows_a_recovery_gives_it_back():
    """Taken in check 2 without a word; check 3 brings the reversal, and WO- for what it must not take again."""
    parts = explained(
        check(1, paid(ONE, 9000)),
        check(2, paid(TWO, 12000), plb=(("WO", ONE, 9000),)),
        check(3, reversal(ONE, 9000), paid(TWO, 12000), plb=(("WO", ONE, -9000),)),
    )
    assert parts["unexplained_cents"].tolist() == [0, 0]
    assert parts["partner_id"].notna().all()


def test_a_whole_check_taken_back_by_its_trace_is_tied_once():
    parts = explained(
        check(1, paid(ONE, 9000)),
        check(2, paid(TWO, 12000), plb=(("WO", "TRN EFT0000001", 9000),)),
        check(3, paid(TWO, 12000), plb=(("WO", "EFT0000001", 9000),)),
    )
    assert said(parts) == [("WO", 9000, "trace"), ("WO", 9000, "AMOUNT_DIFFERS")]


def test_a_confirmed_refund_and_its_recovery_pay_each_other_off():
    parts = explained(
        check(1, paid(ONE, 9000)),
        check(2, paid(TWO, 5000), plb=(("WO", ONE, 4000), ("72", "ICN" + ONE, -4000))),
    )
    assert said(parts) == [("WO", 4000, "payer_control"), ("72", -4000, "payer_control")]
    assert parts["kind"].tolist() == ["recovery", "refund_confirmed"]
    assert parts["partner_id"].notna().all()


def test_a_refund_that_settles_a_deferral_leaves_no_balance():
    """WO- 90.00, then the practice's cheque: WO+ 90.00 and 72 -90.00. They add up to -90.00, and nothing is owed."""
    parts = explained(
        check(1, reversal(ONE, 9000), plb=(("WO", ONE, -9000),)),
        check(2, paid(TWO, 5000), plb=(("WO", ONE, 9000), ("72", ONE, -9000))),
    )
    assert parts["unexplained_cents"].tolist() == [0, 0, 0]
    assert parts["chain_id"].nunique() == 1


def test_a_refund_beside_the_reversal_of_what_was_refunded_gives_it_back():
    parts = explained(check(1, paid(ONE, 9000)), check(2, reversal(ONE, 9000), plb=(("72", ONE, -9000),)))
    assert said(parts) == [("72", -9000, "claim_control")]
    twice = explained(check(2, reversal(ONE, 9000), plb=(("72", ONE, -9000), ("WO", ONE, -9000))))
    assert ("72", -9000, "AMOUNT_DIFFERS") in said(twice)


def test_a_refund_that_fits_two_recoveries_goes_to_the_one_it_names_or_to_none():
    plb = (("WO", ONE, 4000), ("WO", TWO, 4000))
    named = explained(check(2, paid("C000000009", 9000), plb=(*plb, ("72", TWO, -4000))))
    bare = explained(check(2, paid("C000000009", 9000), plb=(*plb, ("72", "", -4000))))
    assert said(bare)[-1] == ("72", -4000, "AMBIGUOUS")
    assert named["partner_id"].notna().tolist() == [False, True, True]


def test_a_balance_is_carried_forward_and_brought_in_by_its_trace():
    parts = explained(
        check(1, reversal(ONE, 9000), plb=(("FB", "EFT0000001", -9000),)),
        check(2, paid(TWO, 12000), plb=(("FB", "EFT 0000001", 9000),)),
    )
    assert said(parts) == [("FB", -9000, "trace"), ("FB", 9000, "trace")]
    assert parts["kind"].tolist() == ["carried_forward", "brought_forward"]


def test_a_balance_carried_again_is_one_chain_over_three_checks():
    """The second check could bear 60.00 of the 90.00: it takes all and carries 30.00 on."""
    parts = explained(
        check(1, reversal(ONE, 9000), plb=(("FB", "", -9000),)),
        check(2, paid(TWO, 6000), plb=(("FB", "", 9000), ("FB", "", -3000))),
        check(3, paid(TWO, 12000), plb=(("FB", "", 3000),)),
    )
    assert parts["chain_id"].nunique() == 1
    assert parts["unexplained_cents"].tolist() == [0, 0, 0, 0]


def test_several_checks_pay_one_balance_off():
    history = [check(1, reversal(ONE, 9000), plb=(("FB", "", -9000),))]
    history += [
        check(2 + at, paid(TWO, 9000), plb=(("FB", "", cents),))
        for at, cents in enumerate((2500, 2500, 4000))
    ]
    parts = explained(*history)
    assert parts["unexplained_cents"].sum() == 0
    assert parts["chain_id"].nunique() == 1
    assert said(explained(*history[:3]))[2] == ("FB", -4000, "OPEN")


def test_a_balance_is_never_paid_off_by_its_own_check_or_by_another_payer():
    parts = explained(
        check(1, reversal(ONE, 9000), plb=(("FB", "", -9000), ("FB", "", 9000))),
        check(2, paid(TWO, 9000), plb=(("FB", "", 9000),), payer="1598765432"),
    )
    assert [reason for _, _, reason in said(parts)] == ["OPEN", "NO_REFERENCE", "NO_REFERENCE"]


def test_part_of_several_open_balances_is_ambiguous_and_their_sum_is_not():
    history = [
        check(1, reversal(ONE, 9000), plb=(("FB", "", -9000),)),
        check(2, reversal(TWO, 7000), plb=(("FB", "", -7000),)),
    ]
    part = explained(*history, check(3, paid(TWO, 20000), plb=(("FB", "", 100),)))
    whole = explained(*history, check(3, paid(TWO, 20000), plb=(("FB", "", 16000),)))
    over = explained(*history, check(3, paid(TWO, 20000), plb=(("FB", "", 16001),)))
    assert said(part)[-1] == ("FB", 100, "AMBIGUOUS")
    assert whole["unexplained_cents"].sum() == 0
    assert said(over)[-1] == ("FB", 16001, "AMOUNT_DIFFERS")


def test_a_balance_that_nobody_carried_forward_is_a_recouped_cent_nobody_explains():
    parts = explained(check(1, paid(TWO, 9000), plb=(("FB", "EFT7654321", 100), ("FB", "", 200))))
    assert said(parts) == [("FB", 100, "UNKNOWN_REFERENCE"), ("FB", 200, "NO_REFERENCE")]


def test_an_advance_is_recovered_by_and_by():
    parts = explained(
        check(1, paid(ONE, 100), plb=(("AP", "ADV 2026-1", -50000),)),
        check(2, paid(TWO, 20000), plb=(("AP", "ADV20261", 20000),)),
        check(3, paid(TWO, 20000), plb=(("AP", "ADV20261", 20000),)),
    )
    assert said(parts)[2] == ("AP", -10000, "OPEN")
    assert parts["unexplained_cents"].sum() == -10000
    assert parts["kind"].unique().tolist() == ["advance"]


def test_interest_names_its_claim_and_is_explained_without_it():
    parts = explained(
        check(1, paid(ONE, 9000), plb=(("L6", "ICN" + ONE, -250), ("L6", "", -100), ("L6", "GONE99", 7)))
    )
    assert said(parts) == [("L6", -250, "payer_control"), ("L6", -100, "account"), ("L6", 7, "account")]
    assert parts["claim_id"].fillna("").tolist() == [ONE, "", ""]
    assert parts["chain_id"].isna().all()


@pytest.mark.parametrize(
    ("code", "kind"),
    [("IR", "withholding"), ("LE", "levy"), ("B2", "other"), ("E3", "other"), ("50", "other")],
)
def test_taxes_levies_and_the_like_are_explained_by_their_account(code, kind):
    parts = explained(check(1, paid(ONE, 9000), plb=((code, "", 300),)))
    assert said(parts) == [(code, 300, "account")]
    assert parts["kind"].item() == kind


@pytest.mark.parametrize("code", ["CS", "J1", "WU", "TL", "Z9"])
def test_a_code_that_says_nothing_is_explained_by_a_claim_or_a_check_to_the_cent(code):
    before, now = check(1, paid(ONE, 9000)), paid(TWO, 7000)
    for reference, cents, reason in (
        (TWO, 7000, "claim_control"),  # cancels what this check pays
        (ONE, 9000, "claim_control"),  # takes back what an earlier one paid
        ("EFT0000001", 9000, "trace"),
        (ONE, 8999, "AMOUNT_DIFFERS"),
        ("EFT0000001", 9001, "AMOUNT_DIFFERS"),
        ("EFT0000002", 7000, "AMOUNT_DIFFERS"),  # its own check
        ("", 7000, "NO_REFERENCE"),
        ("NOBODY77", 7000, "UNKNOWN_REFERENCE"),
    ):
        parts = explained(before, check(2, now, paid("C000000009", 9000), plb=((code, reference, cents),)))
        assert said(parts) == [(code, cents, reason)]


def test_a_lost_check_issued_again_is_explained_by_its_trace_once():
    parts = explained(
        check(1, paid(ONE, 9000)),
        check(2, paid(TWO, 7000), plb=(("CS", "EFT0000001", -9000),)),
        check(3, paid(TWO, 7000), plb=(("CS", "EFT0000001", -9000),)),
    )
    assert said(parts) == [("CS", -9000, "trace"), ("CS", -9000, "AMOUNT_DIFFERS")]


def test_one_reversal_explains_a_deferral_and_no_second_adjustment():
    parts = explained(check(1, reversal(ONE, 9000), plb=(("WO", ONE, -9000), ("CS", ONE, -9000))))
    assert said(parts) == [("WO", -9000, "OPEN"), ("CS", -9000, "AMOUNT_DIFFERS")]


def test_an_amount_given_and_taken_for_one_claim_under_a_silent_code_comes_to_zero():
    parts = explained(
        check(1, paid(ONE, 9000), plb=(("CS", ONE, -1234),)),
        check(2, paid(TWO, 7000), plb=(("CS", ONE, 1234),)),
    )
    assert parts["unexplained_cents"].tolist() == [0, 0]
    assert parts["partner_id"].notna().all()


def test_a_ledger_without_provider_adjustments_has_nothing_to_explain():
    parts = explained(check(1, paid(ONE, 9000)))
    assert parts.empty
    assert takebacks.open_work(parts).empty
    summary = takebacks.summary(parts, pd.DataFrame(columns=list(takebacks.CHAIN)))
    assert summary == {"by_code": {}, "by_how": {}, "by_reason": {}, "open_chains": []}


def test_the_summary_counts_sizes_so_that_taken_and_given_do_not_hide_each_other():
    history = frames(
        check(1, paid(ONE, 9000), plb=(("FB", "", -500), ("WO", "", 500), ("IR", "", 70))),
        check(2, paid(TWO, 9000), plb=(("WO", "", -500), ("L6", "", -30))),
    )
    parts = takebacks.explain(**history)
    chains = takebacks.members(parts, history["remittances"], history["remitted_claims"])
    made = takebacks.summary(parts, chains)
    assert made["by_code"]["WO"] == {
        "count": 2,
        "amount_cents": 0,
        "explained_cents": 0,
        "unexplained_cents": 1000,
    }
    assert made["by_how"] == {"account": 100}
    assert made["by_reason"] == {
        "NO_REFERENCE": {"count": 2, "cents": 1000},
        "OPEN": {"count": 1, "cents": 500},
    }
    assert sorted(chain["balance_cents"] for chain in made["open_chains"]) == [-500, -500, 500]


def test_a_balance_is_in_the_chain_of_the_one_thing_that_drew_its_check_below_zero():
    """The whole story: deferred, recovered from a check that could not bear it, carried, brought in, all by traces."""
    history = frames(
        check(1, paid(ONE, 9000)),
        check(2, reversal(ONE, 9000), plb=(("WO", ONE, -9000),)),
        check(3, paid(TWO, 5000), plb=(("WO", ONE, 9000), ("FB", "EFT0000003", -4000))),
        check(4, paid(TWO, 8000), plb=(("FB", "EFT0000003", 4000),)),
    )
    parts = takebacks.explain(**history)
    hold(parts, history)
    chain = takebacks.members(parts, history["remittances"], history["remitted_claims"])
    assert chain["chain_id"].nunique() == 1
    assert chain["balance_cents"].tolist() == [0, -9000, 0, -4000, 0]


def test_a_balance_of_a_bare_reversal_is_linked_to_its_claim():
    parts = explained(
        check(1, reversal(ONE, 9000), paid(TWO, 5000), plb=(("FB", "EFT0000001", -4000),)),
        check(2, paid(TWO, 8000), plb=(("FB", "EFT0000001", 4000),)),
    )
    assert parts["claim_id"].fillna("").tolist() == [ONE, ""]
    assert parts["how"].tolist() == ["trace", "trace"]
    assert parts["chain_id"].nunique() == 1


def test_a_balance_with_two_causes_or_in_a_check_that_paid_is_in_no_claims_chain():
    two = explained(check(1, reversal(ONE, 9000), reversal(TWO, 5000), plb=(("FB", "", -14000),)))
    paying = explained(check(1, reversal(ONE, 9000), paid(TWO, 9500), plb=(("FB", "", -4000),)))
    assert two["claim_id"].isna().all()
    assert paying["claim_id"].isna().all()
