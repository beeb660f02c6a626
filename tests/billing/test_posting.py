"""What charges and remittances mean in the accounts."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs import reference
from tasks.billing import accounts, denials, posting
from tests.support.remittance_frames import (
    CLAIM_LINES,
    CLAIMS,
    SAMPLE,
    claim,
    clp,
    ledger,
    ledger_shape,
    matched,
    posted,
    remit,
    svc,
    with_next_payer,
)


def balances(*remits, **frames) -> dict[str, int]:
    """Accounts that hold something after these remittances alone."""
    return {name: cents for name, cents in accounts.balances(posted(*remits, **frames)).items() if cents}


def answer(status: str, paid: int, *cas, control: str = "C000000001", **more):
    """A remittance of one claim with one line."""
    charge = paid + sum(amount for _, _, amount in cas)
    return remit(clp(control, status, charge, paid, svc(charge, paid, *cas, **more)))


def test_the_sample():
    assert balances(SAMPLE) == {
        "cash": 14250,
        "contractual": 5000 - 4000 + 3000,
        "interest_income": -250,
        "payer_overpayments": 1000,
        # 200 answered; 310 denied and still open; 150 reopened and answered again
        "receivable_payer": -20000,
        "receivable_patient": 3000 - 2000,
    }


def test_a_charge_is_the_payer_s_debt_and_revenue():
    rows = ledger(
        "charge_lines",
        {"charge_id": "CH1", "charge_cents": 20000, "payer_id": "ACME", "patient_id": "P0001"},
        {"charge_id": "CH2", "charge_cents": 0},
    )
    journal = posting.post_charges(rows)
    assert journal[["account", "amount_cents", "charge_id", "position", "source"]].values.tolist() == [
        ["receivable_payer", 20000, "CH1", 1, "charge"],
        ["revenue", -20000, "CH1", 2, "charge"],
    ]
    assert {name: str(dtype) for name, dtype in journal.dtypes.items()} == ledger_shape("journal")
    assert posting.post_charges(rows[:0]).empty


def test_a_withdrawn_charge_leaves_nothing():
    rows = ledger("charge_lines", {"charge_id": "CH1", "charge_cents": 20000})
    journal = pd.concat([posting.post_charges(rows), posting.withdraw_charges(rows)])
    assert not any(accounts.balances(journal).values())
    assert journal["entry_id"].is_unique


# test_vectors.yaml denial_cases 1-10: status, CAS, paid; what leaves the payer's receivable, and where to.
VECTORS = [
    (
        "1",
        12000,
        [("CO", "45", 5000), ("PR", "3", 3000)],
        None,
        {"contractual": 5000, "receivable_patient": 3000},
    ),
    ("4", 0, [("PR", "1", 15000)], None, {"receivable_patient": 15000}),
    ("1", 0, [("CO", "197", 31000)], None, {}),
    ("22", -9000, [("CO", "45", -4000)], None, {"contractual": -4000}),
    ("1", 0, [("CO", "16", 20000)], "MA130", {}),
    ("1", 0, [("CO", "16", 20000)], "N290", {}),
    ("1", 0, [("OA", "18", 20000)], "N522", {}),
    ("1", 0, [("CO", "1", 10000)], None, {}),
    ("1", 0, [("CO", "45", 10000)], None, {}),
    (
        "19",
        12000,
        [("CO", "45", 5000), ("PR", "2", 3000)],
        None,
        {"contractual": 5000, "receivable_patient": 3000},
    ),
]


@pytest.mark.parametrize(("status", "paid", "cas", "remarks", "moved"), VECTORS)
def test_denial_cases(status, paid, cas, remarks, moved):
    expected = {**moved, "cash": paid, "receivable_payer": -paid - sum(moved.values())}
    assert balances(answer(status, paid, *cas, remarks=remarks)) == {k: v for k, v in expected.items() if v}


# Group, CARC, remark; the account of 10.00 on a line of 100.00.
ADJUSTMENTS = [
    ("CO", "253", None, "sequestration"),
    ("CO", "104", None, "withhold_receivable"),
    ("CO", "245", None, "withhold_receivable"),
    ("OA", "143", None, "withhold_receivable"),
    ("OA", "105", None, "tax_withheld"),
    ("CO", "B4", None, "payer_charges"),
    ("OA", "94", None, "contractual"),
    ("CO", "303", None, "contractual"),
    ("PI", "45", None, "receivable_payer"),
    ("OA", "133", None, "receivable_payer"),
    ("CO", "186", None, "receivable_payer"),
    ("CO", "2", None, "receivable_payer"),
    ("PR", "2", "N782", "receivable_payer"),
    ("PR", "96", None, "receivable_patient"),
    ("CO", "ZZ9", None, "receivable_payer"),
    ("CR", "45", None, "receivable_payer"),
]


@pytest.mark.parametrize(("group", "carc", "remarks", "account"), ADJUSTMENTS)
def test_where_an_adjustment_goes(group, carc, remarks, account):
    found = balances(answer("1", 9000, (group, carc, 1000), remarks=remarks))
    found["receivable_payer"] += 9000
    assert {name: cents for name, cents in found.items() if cents} == (
        {"cash": 9000}
        if account == "receivable_payer"
        else {"cash": 9000, account: 1000, "receivable_payer": -1000}
    )


@pytest.mark.parametrize("group", ["CO", "OA", "PI", "CR"])
def test_only_group_pr_ever_reaches_the_patient(group):
    for carc in reference.by_key("carc", "carc"):
        assert posting.account_of(group, carc, frozenset(), False) != "receivable_patient"


def test_what_is_denied_is_never_written_off():
    """Posting and the verdicts read different tables: they must not contradict each other."""
    pairs = [(group, carc) for group in ("CO", "OA", "PI") for carc in reference.by_key("carc", "carc")]
    lines = [svc(10000, 0, (group, carc, 10000)) for group, carc in pairs]
    facts = matched(remit(clp("C000000001", "1", 10000 * len(pairs), 0, *lines)))
    verdicts = denials.classify(facts.remitted_claims, facts.remitted_lines, facts.remitted_adjustments)
    denied = dict(zip(verdicts["remitted_line_id"], verdicts["denied"], strict=True))
    for (group, carc), line in zip(pairs, facts.remitted_lines["remitted_line_id"], strict=True):
        account = posting.account_of(group, carc, frozenset(), True)
        assert account == "receivable_payer" or not denied[line], (group, carc)


def test_every_account_that_postings_use_stands_in_the_chart():
    used = {
        row["account"] for name in ("adjustment_accounts", "plb_accounts") for row in reference.table(name)
    }
    assert used <= set(accounts.kinds())
    assert {row["plb"] for row in reference.table("plb_accounts")} == {
        row["plb"] for row in reference.table("plb_codes")
    }
    assert {row["kind"] for row in reference.table("accounts")} <= {
        "asset",
        "liability",
        "income",
        "expense",
        "suspense",
    }
    for name in ("accounts", "adjustment_accounts", "plb_accounts"):
        assert all(row["prov"] for row in reference.table(name))


def test_claims_without_lines_are_posted_from_their_own_adjustments():
    one = remit(clp("C000000001", "1", 20000, 12000, cas=(("CO", "45", 5000), ("PR", "2", 3000))))
    assert balances(one) == {
        "cash": 12000,
        "contractual": 5000,
        "receivable_patient": 3000,
        "receivable_payer": -20000,
    }


def test_claim_level_adjustments_beside_lines_take_their_part_of_the_cash():
    one = remit(
        clp("C000000001", "1", 20000, 14700, svc(20000, 15000, ("CO", "45", 5000)), cas=(("CO", "253", 300),))
    )
    assert balances(one) == {
        "cash": 14700,
        "contractual": 5000,
        "sequestration": 300,
        "receivable_payer": -20000,
    }


def test_a_reversal_undoes_its_payment_and_the_correction_stands_alone():
    first = answer("1", 12000, ("CO", "45", 5000), ("PR", "3", 3000))
    back = remit(
        clp("C000000001", "22", -20000, -12000, svc(-20000, -12000, ("CO", "45", -5000), ("PR", "3", -3000))),
        clp("C000000001", "1", 20000, 16000, svc(20000, 16000, ("CO", "45", 4000))),
        trace="EFT2",
    )
    assert balances(first, back) == {"cash": 16000, "contractual": 4000, "receivable_payer": -20000}


def test_a_reversal_that_is_collected_later_is_owed_in_between():
    back = remit(
        clp("C000000001", "22", -20000, -12000, cas=(("CO", "45", -8000),)), plb=(("WO", "ICN1", -12000),)
    )
    assert back["bpr"] == 0
    assert balances(back) == {"contractual": -8000, "receivable_payer": 20000, "payer_overpayments": -12000}
    later = remit(clp("C000000002", "1", 31000, 31000), plb=(("WO", "ICN1", 12000),), trace="EFT2")
    assert balances(back, later)["cash"] == later["bpr"] == 19000
    assert "payer_overpayments" not in balances(back, later)


def test_a_balance_carried_forward_comes_to_zero():
    back = remit(clp("C000000001", "22", -20000, -20000), plb=(("FB", "EFT1", -20000),))
    later = remit(clp("C000000002", "1", 31000, 31000), plb=(("FB", "EFT1", 20000),), trace="EFT2")
    assert balances(back)["balance_forward"] == -20000
    assert "balance_forward" not in balances(back, later)


def test_a_predetermination_posts_nothing():
    assert (
        balances(remit(clp("C000000001", "25", 20000, 0, cas=(("CO", "45", 5000), ("PR", "1", 15000))))) == {}
    )


def test_money_on_a_status_that_carries_none_waits_in_suspense():
    assert balances(remit(clp("C000000001", "25", 500, 500))) == {"cash": 500, "suspense_unadjudicated": -500}


def test_money_for_a_claim_that_is_not_ours_waits_in_suspense():
    journal = posted(answer("1", 12000, ("CO", "45", 5000), ("PR", "3", 3000), control="SOMEBODY"))
    assert {k: v for k, v in accounts.balances(journal).items() if v} == {
        "cash": 12000,
        "suspense_unmatched": -12000,
    }
    assert set(journal["source"]) == {"remittance"}
    assert accounts.suspense(journal) == 12000


@pytest.mark.parametrize(
    ("code", "amount", "account"),
    [
        ("L6", -250, "interest_income"),
        ("L6", 250, "interest_income"),
        ("WO", 1000, "payer_overpayments"),
        ("72", -1000, "refund_payable"),
        ("IR", 300, "tax_withheld"),
        ("LE", 300, "third_party_debts"),
        ("CS", 300, "suspense_plb"),
        ("Z9", 300, "suspense_plb"),
    ],
)
def test_a_provider_adjustment_goes_to_its_account(code, amount, account):
    one = remit(clp("C000000001", "1", 20000, 20000), plb=((code, "REF", amount),))
    assert balances(one)[account] == amount
    assert balances(one)["cash"] == 20000 - amount == one["bpr"]


def test_the_patient_owes_what_the_last_payer_says():
    first = answer("19", 12000, ("CO", "45", 5000), ("PR", "2", 3000))
    second = remit(
        clp("C000000001", "2", 20000, 2000, svc(20000, 2000, ("OA", "23", 17000), ("PR", "2", 1000))),
        trace="E2",
    )
    both = {"cash": 14000, "contractual": 5000, "receivable_patient": 1000, "receivable_payer": -20000}
    assert balances(first, second) == both
    assert balances(second, first) == both


def test_what_the_last_payer_denies_is_not_the_patient_s():
    first = answer("1", 12000, ("CO", "45", 5000), ("PR", "2", 3000))
    second = remit(
        clp("C000000001", "2", 20000, 0, svc(20000, 0, ("OA", "23", 17000), ("CO", "197", 3000))), trace="E2"
    )
    assert balances(first, second) == {"cash": 12000, "contractual": 5000, "receivable_payer": -17000}


def test_a_later_payer_that_repeats_the_first_one_s_write_off_posts_it_no_second_time():
    first = answer("1", 12000, ("CO", "45", 5000), ("PR", "2", 3000))
    second = remit(
        clp("C000000001", "2", 20000, 2000, svc(20000, 2000, ("CO", "45", 17000), ("PR", "2", 1000))),
        trace="E2",
    )
    assert balances(first, second) == {
        "cash": 14000,
        "contractual": 5000,
        "receivable_patient": 1000,
        "receivable_payer": -20000,
    }


def test_entries_say_what_they_are_about():
    journal = posted(SAMPLE)
    copay = journal[(journal["account"] == "receivable_patient") & (journal["amount_cents"] == 3000)].iloc[0]
    assert (copay["claim_id"], copay["charge_id"], copay["payer_id"], copay["patient_id"]) == (
        "C000000001",
        "CHL0000000001",
        "ACME",
        "P0001",
    )
    assert (copay["group_code"], copay["reason"], str(copay["effective_on"].date())) == (
        "PR",
        "3",
        "2026-01-21",
    )
    assert {name: str(dtype) for name, dtype in journal.dtypes.items()} == ledger_shape("journal")


def test_a_secondary_claim_s_answer_is_a_later_payer_s_whatever_its_status():
    claims = ledger("claims", claim("C000000001", 20000, payer_order="S", payer_id="SECOND"))
    one = remit(clp("C000000001", "1", 20000, 2000, svc(20000, 2000, ("OA", "23", 17000), ("PR", "2", 1000))))
    journal = posted(one, claims=claims)
    assert accounts.balances(journal)["receivable_patient"] == 1000 - 3000
    assert set(journal.loc[journal["source"] == "answer", "payer_id"]) == {"SECOND"}


# --- properties ------------------------------------------------------------------------------------------------

GROUPS = st.sampled_from(["CO", "PR", "OA", "PI"])
CARCS = st.sampled_from(
    ["1", "2", "3", "16", "18", "23", "45", "104", "105", "143", "197", "253", "B4", "A1", "133"]
)
CAS = st.lists(st.tuples(GROUPS, CARCS, st.integers(-50000, 50000)), max_size=3)


@st.composite
def lines(draw):
    """A balanced line."""
    paid, cas = draw(st.integers(-20000, 50000)), draw(CAS)
    return svc(paid + sum(amount for _, _, amount in cas), paid, *cas)


@st.composite
def claims_of_a_remittance(draw):
    """A balanced claim, ours or not, with lines or without."""
    control = draw(st.sampled_from(["C000000001", "C000000002", "C000000009", "SOMEBODY"]))
    status = draw(st.sampled_from(["1", "2", "3", "4", "19", "20", "21", "22", "23", "25"]))
    inner, cas = draw(st.lists(lines(), max_size=3)), draw(CAS)
    charge = sum(line["charge"] for line in inner) if inner else draw(st.integers(-50000, 50000))
    taken = sum(amount for line in inner for _, _, amount in line["cas"]) + sum(
        amount for _, _, amount in cas
    )
    return clp(control, status, charge, charge - taken, *inner, cas=tuple(cas))


PLBS = st.lists(
    st.tuples(st.sampled_from(["WO", "FB", "L6", "72", "CS", "ZZ"]), st.just("R"), st.integers(-9999, 9999)),
    max_size=3,
)


@st.composite
def remits(draw):
    """Balanced remittances, each with its own trace."""
    found = draw(
        st.lists(st.tuples(st.lists(claims_of_a_remittance(), max_size=6), PLBS), min_size=1, max_size=3)
    )
    return [remit(*inner, plb=tuple(plb), trace=f"EFT{number}") for number, (inner, plb) in enumerate(found)]


@settings(max_examples=8, deadline=None)
@given(remits())
def test_every_posting_sums_to_zero_and_cash_is_bpr(found):
    facts, journal = matched(*found), posted(*found)
    assert facts.unbalanced.empty
    assert (journal.groupby("posting_id")["amount_cents"].sum() == 0).all()
    cash = journal[journal["account"] == "cash"].groupby("remittance_id")["amount_cents"].sum()
    for remittance_id, bpr in zip(
        facts.remittances["remittance_id"], facts.remittances["bpr_cents"], strict=True
    ):
        assert cash.get(remittance_id, 0) == bpr
    assert journal["entry_id"].is_unique
    assert (journal["amount_cents"] != 0).all()


@settings(max_examples=4, deadline=None)
@given(remits())
def test_order_and_repetition_change_nothing(found):
    once, again = posted(*found), posted(*found[::-1], *found)
    pd.testing.assert_frame_equal(
        once.sort_values("entry_id", ignore_index=True), again.sort_values("entry_id", ignore_index=True)
    )
    one_by_one = pd.concat([posted(one) for one in found[::-1]])
    assert accounts.balances(one_by_one) == accounts.balances(once)
    assert set(one_by_one["entry_id"]) == set(once["entry_id"])


@settings(max_examples=6, deadline=None)
@given(claims_of_a_remittance())
def test_a_payment_and_its_exact_reversal_leave_nothing(one):
    if one["status"] in ("2", "3", "20", "21", "22", "23", "25"):
        one = {**one, "status": "1"}
    back = clp(
        one["control"],
        "22",
        -one["charge"],
        -one["paid"],
        *(
            svc(-line["charge"], -line["paid"], *((g, c, -a) for g, c, a in line["cas"]))
            for line in one["lines"]
        ),
        cas=tuple((g, c, -a) for g, c, a in one["cas"]),
    )
    assert balances(remit(one, trace="A"), remit(back, trace="B")) == {}


def test_nothing_to_post():
    names = (
        "remittances",
        "remitted_claims",
        "remitted_lines",
        "remitted_adjustments",
        "provider_adjustments",
    )
    remits, claims, lines, adjustments, plb = (ledger(name) for name in names)
    assert posting.received(remits, claims, plb).empty
    assert posting.answered(
        remits, claims, lines, adjustments, posting.Ours(with_next_payer(CLAIMS), CLAIM_LINES)
    ).empty
