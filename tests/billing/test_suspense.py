"""Suspense item by item: every cent of it with its reason; what nobody can list does not prove."""

from __future__ import annotations

import dataclasses
import json

import pandas as pd

from tasks.billing import accounts, suspense, takebacks
from tests.support.remittance_frames import CLAIM_LINES, CLAIMS, clp, journal_of, matched
from tests.support.takebacks import FRAMES, check, paid, reversal

ONE, TWO = "C000000001", "C000000002"
STRANGER = clp("LOST", "1", 7000, 7000, icn="X1")


def stands(*checks, ours=True, person=None, extra=None):
    """The items of a history; `person` is the control of a remitted claim that a person called none of ours."""
    claims, lines = (CLAIMS, CLAIM_LINES) if ours else (CLAIMS.iloc[:0], CLAIM_LINES.iloc[:0])
    facts = matched(*checks, claims=claims, lines=lines)
    if person:
        said = facts.remitted_claims["matched_by"].mask(
            facts.remitted_claims["claim_control"] == person, "person"
        )
        facts = dataclasses.replace(facts, remitted_claims=facts.remitted_claims.assign(matched_by=said))
    journal = journal_of({**vars(facts), "claims": claims, "claim_lines": lines})
    if extra:
        journal = pd.concat([journal, journal.iloc[:1].assign(**extra)], ignore_index=True)
    parts = takebacks.explain(**{name: getattr(facts, name) for name in FRAMES})
    found = suspense.items(journal, facts.remittances, facts.remitted_claims, parts)
    of_account = found.groupby("account")["cents"].sum().to_dict()
    held = accounts.balances(journal)
    assert {name: held[name] for name in accounts.of_kind("suspense")} == {
        name: of_account.get(name, 0) for name in accounts.of_kind("suspense")
    }
    assert found[["waits_for", "next_action"]].notna().all(axis=None)
    return found


def reasons(found):
    return sorted(zip(found["reason"], found["cents"], strict=True))


def test_a_claim_that_is_not_ours_waits_with_its_segment():
    found = stands(check(1, paid(ONE, 9000), STRANGER))
    assert reasons(found) == [("UNMATCHED", -7000)]
    assert found["segment"].notna().all()
    assert not suspense.faults(found)


def test_a_stranger_that_was_taken_back_leaves_nothing_to_do():
    found = stands(check(1, STRANGER), check(2, clp("LOST", "22", -7000, -7000, icn="X1")))
    assert reasons(found) == [("REVERSED", -7000), ("REVERSED", 7000)]


def test_two_strangers_under_the_number_0_were_taken_for_one_that_was_reversed():
    """Payers that do not have our number write 0: the payer's own tells the claims apart."""
    found = stands(
        check(1, clp("0", "1", 7000, 7000, icn="X7")), check(2, clp("0", "22", -7000, -7000, icn="X9"))
    )
    assert reasons(found) == [("REVERSAL_UNMATCHED", 7000), ("UNMATCHED", -7000)]
    same = stands(
        check(1, clp("0", "1", 7000, 7000, icn="X7")), check(2, clp("0", "22", -7000, -7000, icn="X7"))
    )
    assert reasons(same) == [("REVERSED", -7000), ("REVERSED", 7000)]


def test_a_reversal_whose_payment_nobody_has_waits_for_the_earlier_remittance():
    assert reasons(stands(check(1, reversal("LOST", 5000)))) == [("REVERSAL_UNMATCHED", 5000)]


def test_what_a_person_called_none_of_ours_waits_for_the_payer():
    assert reasons(stands(check(1, STRANGER), person="LOST")) == [("NONE_OF_OURS", -7000)]


def test_money_on_a_status_that_should_carry_none_says_which():
    forwarded, estimate = (clp(ONE, status, 300, 300, icn="I1") for status in ("23", "25"))
    found = stands(check(1, forwarded, estimate))
    assert set(found["account"]) == {"suspense_unadjudicated"}
    assert reasons(found) == [("ESTIMATE", -300), ("FORWARDED", -300)]


def test_adjustments_are_paired_explained_or_work():
    found = stands(
        check(1, paid(ONE, 9000), plb=(("CS", ONE, 400),)),
        check(2, paid(TWO, 5000), plb=(("CS", ONE, -400), ("J1", TWO, 5000))),
        check(3, paid(TWO, 9999), plb=(("CS", "", 31),)),
    )
    assert reasons(found) == [("EXPLAINED", 5000), ("NO_REFERENCE", 31), ("PAIRED", -400), ("PAIRED", 400)]
    assert found.loc[found["reason"] == "EXPLAINED", "how"].tolist() == ["claim_control"]


def test_suspense_that_no_remittance_explains_does_not_prove():
    found = stands(
        check(1, STRANGER), extra={"account": "suspense_plb", "amount_cents": 17, "remittance_id": None}
    )
    assert reasons(found) == [("NOT_LISTED", 17), ("UNMATCHED", -7000)]
    assert suspense.faults(found) == [
        {"check": "suspense_explained", "subject_kind": "account", "subject_id": "suspense_plb", "cents": 17}
    ]


def test_the_section_of_the_proof_is_plain_and_names_no_number_of_a_claim_or_a_check():
    made = suspense.summary(stands(check(1, paid(ONE, 9000), STRANGER, plb=(("CS", ONE, 50),))))
    printed = json.dumps(made)
    assert not any(number in printed for number in (ONE, "LOST", "ICN", "EFT"))
    for of in made.values():
        assert of["balance_cents"] == sum(reason["cents"] for reason in of["by_reason"].values())
        assert of["balance_cents"] == sum(item["cents"] for item in of["items"])
