"""What a patient is asked for: by charge, after every payer, less what was paid; and what each service is called."""

from __future__ import annotations

import pandas as pd
import pytest

from tasks.billing import statements
from tests.support.remittance_frames import claim as claim_row
from tests.support.remittance_frames import claim_line, clp, ledger, posted, remit, svc

TODAY = pd.Timestamp("2026-02-25")
CLAIMS = ledger("claims", claim_row("C1", 20_000), claim_row("C2", 13_000))
LINES = ledger("claim_lines", claim_line("L1", "C1", 20_000), claim_line("L2", "C2", 13_000, "H0015"))
BILLED = {"patient_id": "P0001", "payer_id": "ACME"}
CHARGES = ledger(
    "charge_lines",
    *(
        BILLED | {"charge_id": f"CHL{n}", "encounter_id": f"EL{n}", "service_date": f"2026-01-0{n}"} | what
        for n, what in (
            (1, {"code": "90837", "charge_cents": 20_000}),
            (2, {"code": "H0015", "charge_cents": 13_000}),
        )
    ),
)
ANSWERS = remit(
    clp(
        "C1", "1", 20_000, 11_000, svc(20_000, 11_000, ("CO", "45", 5_000), ("PR", "2", 4_000), control="L1")
    ),
    clp("C2", "1", 13_000, 7_000, svc(13_000, 7_000, ("CO", "45", 3_000), ("PR", "3", 3_000), control="L2")),
)


def account(
    *payments: dict[str, object],
    journal: pd.DataFrame | None = None,
    write_offs: tuple[dict[str, object], ...] = (),
    refunds: tuple[dict[str, object], ...] = (),
    as_of: pd.Timestamp = TODAY,
    claims: pd.DataFrame = CLAIMS,
    carried: pd.DataFrame = LINES,
    unspoken: set[str] | None = None,
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Lines by charge, and credits by patient."""
    paid = [
        {"payment_id": f"PP{n}", "patient_id": "P0001", "received_on": "2026-02-01", **one}
        for n, one in enumerate(payments)
    ]
    off = [{"account": "receivable_patient", "decided_on": "2026-02-01", **one} for one in write_offs]
    back = [{"recipient": "patient", "sent_on": "2026-02-02", **one} for one in refunds]
    lines, credit = statements.lines(
        CHARGES,
        claims,
        carried,
        posted(ANSWERS, claims=CLAIMS, lines=LINES) if journal is None else journal,
        ledger("patient_payments", *paid),
        ledger("write_offs", *off),
        ledger("refunds", *back),
        as_of,
        unspoken or (),
    )
    return lines.set_index("charge_id"), credit.set_index("patient_id")["credit_cents"].to_dict()


def owed(lines: pd.DataFrame) -> dict[str, int]:
    return lines["owed_cents"].to_dict()


def test_every_dollar_of_a_charge_is_the_insurers_taken_off_or_the_patients():
    lines, credit = account()
    first = lines.loc["CHL1"]
    amounts = [
        "charge_cents",
        "insurer_cents",
        "adjusted_cents",
        "waiting_cents",
        "share_cents",
        "owed_cents",
    ]
    assert first[amounts].tolist() == [20_000, 11_000, 5_000, 0, 4_000, 4_000]
    assert (first["since"], first["age_days"], first["bucket"]) == (pd.Timestamp("2026-01-21"), 35, "31-60")
    assert owed(lines) == {"CHL1": 4_000, "CHL2": 3_000}
    assert credit == {}


def test_a_payment_goes_to_its_encounter_and_what_is_left_to_the_oldest():
    assert owed(account({"amount_cents": 2_000, "encounter_id": "EL2"})[0]) == {"CHL1": 4_000, "CHL2": 1_000}
    assert owed(account({"amount_cents": 2_000})[0]) == {"CHL1": 2_000, "CHL2": 3_000}
    assert owed(account({"amount_cents": 5_000, "encounter_id": "EL2"})[0]) == {"CHL1": 2_000, "CHL2": 0}


def test_what_was_paid_beyond_everything_is_a_credit():
    lines, credit = account({"amount_cents": 9_000})
    assert (owed(lines), credit) == ({"CHL1": 0, "CHL2": 0}, {"P0001": 2_000})


def test_what_was_paid_back_is_owed_again():
    lines, credit = account({"amount_cents": 4_000}, {"amount_cents": -1_000})
    assert (owed(lines), credit) == ({"CHL1": 1_000, "CHL2": 3_000}, {})
    lines, credit = account({"amount_cents": 9_000}, refunds=({"claim_id": "C1", "amount_cents": 2_000},))
    assert (owed(lines), credit) == ({"CHL1": 0, "CHL2": 0}, {})


def test_what_the_practice_let_go_is_asked_for_no_more():
    lines, _ = account(write_offs=({"claim_id": "C2", "amount_cents": 3_000},))
    assert owed(lines) == {"CHL1": 4_000, "CHL2": 0}
    assert lines.loc["CHL2", "adjusted_cents"] == 6_000
    part = account(write_offs=({"claim_id": "C1", "charge_id": "CHL1", "amount_cents": 500},))[0]
    assert owed(part) == {"CHL1": 3_500, "CHL2": 3_000}


def test_a_later_payers_answer_takes_the_place_of_the_first_share():
    claims = CLAIMS.assign(secondary_coverage_id="COV2", next_payer_id="NEXT")
    second = remit(
        clp(
            "C1",
            "2",
            20_000,
            3_000,
            svc(20_000, 3_000, ("OA", "23", 16_000), ("PR", "2", 1_000), control="L1"),
        ),
        trace="EFT2",
    )
    lines, _ = account(journal=posted(ANSWERS, second, claims=claims, lines=LINES))
    assert lines.loc["CHL1", ["insurer_cents", "share_cents", "owed_cents"]].tolist() == [
        14_000,
        1_000,
        1_000,
    ]
    assert owed(lines)["CHL2"] == 3_000


@pytest.mark.parametrize("named", ["C1", "C3"])
@pytest.mark.parametrize("line", ["A3", "Z3"])
def test_what_stands_at_another_claim_of_the_family_is_of_its_charges(named: str, line: str) -> None:
    """A secondary's take-back, a write-off and a refund, whatever the ids of claims and lines are."""
    claims = pd.concat(
        [CLAIMS, ledger("claims", claim_row("C3", 20_000, payer_order="S"))], ignore_index=True
    )
    own = ledger("claim_lines", claim_line(line, "C3", 20_000, charge_id="CHL1"))
    carried = pd.concat([LINES, own], ignore_index=True).sort_values("line_id", ignore_index=True)
    later = svc(20_000, 3_000, ("OA", "23", 16_000), ("PR", "2", 1_000), control=line)
    second = remit(clp("C3", "2", 20_000, 3_000, later), trace="EFT2")
    journal = posted(ANSWERS, second, claims=claims, lines=carried)
    known = {"journal": journal, "claims": claims, "carried": carried}
    assert owed(account(**known)[0]) == {"CHL1": 1_000, "CHL2": 3_000}
    off = ({"claim_id": named, "amount_cents": 400},)
    assert owed(account(write_offs=off, **known)[0]) == {"CHL1": 600, "CHL2": 3_000}
    back = ({"claim_id": named, "amount_cents": 4_000},)
    lines, credit = account({"amount_cents": 8_000}, refunds=back, **known)
    assert (owed(lines), credit) == ({"CHL1": 0, "CHL2": 0}, {})


def test_what_awaits_another_payer_stands_with_the_insurers() -> None:
    """What was let go of it is asked for neither now nor later, and is no credit."""
    off = ({"claim_id": "C1", "charge_id": "CHL1", "amount_cents": 1_500},)
    for written, waits in (((), 4_000), (off, 2_500)):
        lines, credit = account(write_offs=written, unspoken={"C1"})
        assert lines.loc["CHL1", ["owed_cents", "waiting_cents"]].tolist() == [0, waits]
        assert credit == {}


def test_a_refund_of_a_claim_that_left_the_patient_nothing_closes_its_credit() -> None:
    lines, credit = account(
        {"amount_cents": 2_000},
        journal=ledger("journal"),
        refunds=({"claim_id": "C1", "amount_cents": 2_000},),
    )
    assert (lines.empty, credit) == (True, {})


def test_what_happened_after_the_day_is_not_known_on_it():
    lines, _ = account({"amount_cents": 2_000}, as_of=pd.Timestamp("2026-01-25"))
    assert owed(lines)["CHL1"] == 4_000
    assert account(as_of=pd.Timestamp("2026-01-20"))[0].empty


def test_words_are_plain_and_neutral_for_substance_use():
    codes = pd.Series(["90837", "99213", "H0015", "H0004", "90837", "XXXXX"])
    part2 = pd.Series([False, False, False, False, True, False], dtype="boolean")
    assert statements.words(codes, part2).tolist() == [
        "Therapy session", "Office visit", "Day programme", "Health service", "Health service", "Service",
    ]  # fmt: skip


def test_neutral_words_name_no_substance():
    from configs import reference

    for row in reference.table("service_words"):
        if row["neutral"] == "Y":
            assert not any(
                word in row["patient_words"].lower() for word in ("alcohol", "drug", "opioid", "detox", "sub")
            )
    families = {row["family"] for row in reference.table("procedure_codes")}
    assert families == {row["family"] for row in reference.table("service_words")}
