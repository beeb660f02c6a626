"""What a PLB reference names: in every form that payers write it, and never by guess or by a name."""

from __future__ import annotations

import pandas as pd
import pytest

from tasks.billing.takebacks import references
from tests.support.takebacks import check, frames, paid

ONE, TWO = "C000000001", "C000000002"
ICN, OTHER = "20260105001234", "20260105005678"


def link(reference: str | None, *checks) -> tuple[str | None, str | None]:
    """(what is named without the payer, how or why not) by a reference in the last of the checks."""
    history = frames(*checks, check(9, paid("C000000009", 9000), plb=(("WO", reference, 1),)))
    order = references.dated(history["remittances"])
    claims = history["remitted_claims"]
    claims = claims.assign(subject=references.subjects(claims, order))
    rows = history["provider_adjustments"].merge(order, on="remittance_id")
    found = references.linked(rows, claims, order).iloc[-1]
    traces = dict(zip(order["remittance_id"], order["trace"], strict=True))
    named = traces.get(found["trace"]) if pd.isna(found["claim"]) else found["claim"].split("|")[1]
    return named, found["how"] if pd.notna(found["how"]) else found["reason"]


TWO_CLAIMS = check(1, paid(ONE, 9000, ICN), paid(TWO, 5000, OTHER))


@pytest.mark.parametrize(
    ("reference", "named", "how"),
    [
        (ICN, ONE, "payer_control"),
        (ONE, ONE, "claim_control"),
        (ONE.lower(), ONE, "claim_control"),
        ("  2026 0105 001234 ", ONE, "payer_control"),
        ("2026-0105-001234", ONE, "payer_control"),
        ("000" + ICN, ONE, "payer_control"),
        ("ICN" + ICN, ONE, "payer_control"),
        ("ICN: " + ICN, ONE, "payer_control"),
        ("CLAIM " + ONE, ONE, "claim_control"),
        (f"{ONE} {ICN}", ONE, "payer_control"),
        (f"{ONE}{ICN}", ONE, "payer_control"),
        (f"{ONE}/{ICN} OVERPAID", ONE, "payer_control"),
        (f"{ICN} EFT0000001", ONE, "payer_control"),
        ("EFT0000001", "EFT0000001", "trace"),
        ("EFT 0000001", "EFT0000001", "trace"),
        ("TRN*EFT0000001", "EFT0000001", "trace"),
        ("0000001", "EFT0000001", "trace"),
    ],
)
def test_a_number_is_known_in_every_form(reference, named, how):
    assert link(reference, TWO_CLAIMS) == (named, how)


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (None, "NO_REFERENCE"),
        ("", "NO_REFERENCE"),
        (" -- ", "NO_REFERENCE"),
        (f"{ICN} {OTHER}", "AMBIGUOUS"),
        (f"{ONE}{OTHER}", "AMBIGUOUS"),
        (f"{ICN} EFT0000009", "AMBIGUOUS"),  # that check says nothing of the claim
        ("99" + ICN, "UNKNOWN_REFERENCE"),  # a longer number is another number
        (ICN + "9", "UNKNOWN_REFERENCE"),
        (ICN[:-1], "UNKNOWN_REFERENCE"),
        ("123", "UNKNOWN_REFERENCE"),
        ("SEE LETTER", "UNKNOWN_REFERENCE"),
    ],
)
def test_what_fits_none_or_more_than_one_is_not_linked(reference, reason):
    assert link(reference, TWO_CLAIMS) == (None, reason)


def test_a_name_is_no_number_even_where_a_stranger_bears_it_as_one():
    stranger = check(1, paid("SAMPLESAM", 9000, "X1"))
    assert link("SAMPLE SAM", stranger) == (None, "UNKNOWN_REFERENCE")
    assert link("SAMPLESAM", stranger) == (None, "UNKNOWN_REFERENCE")


def test_one_number_of_two_claims_is_ambiguous_unless_the_trace_tells_them_apart():
    both = (check(1, paid(ONE, 9000, ICN)), check(2, paid(TWO, 5000, ICN)))
    assert link(ICN, *both) == (None, "AMBIGUOUS")
    assert link(f"{ICN} EFT0000002", *both) == (TWO, "payer_control")


def test_a_reversal_and_its_correction_are_one_candidate():
    assert link(ICN, check(1, paid(ONE, 9000, ICN)), check(2, paid(ONE, 5000, ICN))) == (ONE, "payer_control")


def test_another_payers_number_is_not_looked_at():
    assert link(ICN, check(1, paid(ONE, 9000, ICN), payer="1598765432")) == (None, "UNKNOWN_REFERENCE")


def test_a_trace_that_two_checks_bear_is_ambiguous():
    again = check(2, paid(TWO, 5000)) | {"trace": "EFT0000001"}
    assert link("EFT0000001", TWO_CLAIMS, again) == (None, "AMBIGUOUS")


def test_a_later_check_is_not_an_earlier_one():
    later = check(20, paid(TWO, 5000))
    assert link("EFT0000020", TWO_CLAIMS, later)[1] == "UNKNOWN_REFERENCE"


def test_a_claim_that_is_not_ours_is_still_one_claim():
    assert link("FOREIGN77", check(1, paid("FOREIGN77", 9000, "X1"))) == ("?FOREIGN77", "claim_control")
