"""Units of an authorization through the ledger: vector group ``auth_units`` with its traps, and costly mistake 18.

Source: test_vectors.yaml ``auth_units`` ("denied line must NOT decrement; voided line must give the unit back");
09_costly_mistakes 18: consume on A2, release on rejection, void or denial, re-consume on replacement.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectors.ledger import Ledger
from tasks import proving, rebilling, standing
from tasks.billing import authorizations
from tests.support import books
from tests.support.histories import filled
from tests.support.remittance_frames import claim, claim_line, clp, ledger, remit, svc

SPAN = {"authorization_id": "AU1", "units_approved": 12, "codes": "H0015", "status": "approved"}
APPROVED = ledger("authorizations", SPAN)
FEBRUARY = books.FEBRUARY
PAID = svc(10_000, 10_000, control="L1", code="H0015")
SECOND = svc(10_000, 10_000, control="L2", code="H0015")


def denied(carc: str, control: str = "L1", cents: int = 10_000) -> dict[str, Any]:
    return svc(10_000, 10_000 - cents, ("CO", carc, cents), control=control, code="H0015")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Ledger]:
    """One claim of two days of a programme, three units each, both reserved; the payer said nothing yet."""
    made = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    one = {
        "payer_id": "ACME",
        "patient_id": "P0001",
        "charge_cents": 10_000,
        "units": 3,
        "authorization_id": "AU1",
    }
    charges = filled(
        "charge_lines",
        *(one | {"charge_id": f"CH{n}", "encounter_id": f"E{n}", "service_date": dt.date(2026, 1, 4 + n)}
          for n in (1, 2)),
    )  # fmt: skip
    made.add("decisions", filled("decisions", {"decision_id": "-", "sequence": 1, "outcome": "charged"}))
    made.add("charge_lines", charges)
    made.add("authorization_units", authorizations.reserve(charges.assign(cause="D1")))
    carry(made, "C000000001")
    yield made
    made.close()


def carry(book: Ledger, claim_id: str, **more: Any) -> None:
    """A claim with both charges; its lines are L1 and L2, or L1-7 and L2-7 where it replaces another."""
    suffix = f"-{more['frequency']}" if more else ""
    book.add("claims", filled("claims", claim(claim_id, 20_000) | {"frequency": "1", "attempt": 1} | more))
    book.add(
        "claim_lines",
        filled(
            "claim_lines",
            *(
                claim_line(f"L{n}{suffix}", claim_id, 10_000, position=n)
                | {"charge_id": f"CH{n}", "encounter_id": f"E{n}"}
                for n in (1, 2)
            ),
        ),
    )


def answered(*lines: dict[str, Any], status: str = "1", trace: str = "EFT1", day: dt.date = books.JANUARY,
             control: str = "C000000001", icn: str = "ICN1") -> dict[str, Any]:  # fmt: skip
    charge, paid = (sum(line[name] for line in lines) for name in ("charge", "paid"))
    return remit(clp(control, status, charge, paid, *lines, icn=icn), trace=trace, day=day)


def says(book: Ledger, code: str, day: int = 7, claim_id: str = "C000000001") -> None:
    """A 277CA of the payer."""
    row = {"ack_id": f"{code}{day}{claim_id}", "kind": "277CA", "partner": "sandbox", "code": code}
    row |= {"claim_id": claim_id, "sender": "payer", "stated_on": dt.date(2026, 1, day)}
    book.add("acknowledgments", filled("acknowledgments", row))


def left(book: Ledger) -> int:
    return int(authorizations.available(APPROVED, standing.authorization_units(book))["AU1"])


def held(book: Ledger) -> dict[str, tuple[int, int]]:
    """Open and consumed units by charge."""
    rows = authorizations.balances(standing.authorization_units(book))
    return {row.charge_id: (int(row.open), int(row.consumed)) for row in rows.itertuples()}


def test_acceptance_consumes_and_rejection_gives_back(book: Ledger) -> None:
    assert held(book) == {"CH1": (3, 0), "CH2": (3, 0)}
    says(book, "A2")
    assert held(book) == {"CH1": (3, 3), "CH2": (3, 3)}
    assert left(book) == 6
    says(book, "A3", day=8)
    assert left(book) == 12


@pytest.mark.parametrize("carc", ["16", "29", "45", "50", "97"])
def test_auth_units_denied_line_must_not_decrement(book: Ledger, carc: str) -> None:
    """By line: the other day of the claim, paid, stays consumed. CO-45 of the whole charge is a denial (suspect)."""
    says(book, "A2")
    books.read(book, answered(denied(carc), SECOND))
    assert held(book) == {"CH1": (0, 0), "CH2": (3, 3)}
    assert left(book) == 9


@pytest.mark.parametrize("carc", ["197", "198", "302"])
def test_auth_units_denied_for_the_authorization_stays_used(book: Ledger, carc: str) -> None:
    books.read(book, answered(denied(carc), SECOND))
    assert held(book) == {"CH1": (3, 3), "CH2": (3, 3)}


def test_a_line_paid_in_part_is_used(book: Ledger) -> None:
    books.read(book, answered(denied("97", cents=4_000), SECOND))
    assert held(book)["CH1"] == (3, 3)


def test_a_whole_claim_denied_without_lines_gives_all_back(book: Ledger) -> None:
    books.read(book, remit(clp("C000000001", "4", 20_000, 0, cas=(("CO", "29", 20_000),), icn="ICN1"),
                           trace="EFT1", day=books.JANUARY))  # fmt: skip
    assert left(book) == 12


def test_auth_units_voided_line_gives_the_unit_back(book: Ledger) -> None:
    """Frequency 8: once the payer took it, not while it is under way; a refused void gives nothing back."""
    books.read(book, answered(PAID, SECOND))
    void = {"frequency": "8", "attempt": 2, "replaces_claim_id": "C000000001", "original_reference": "ICN1"}
    carry(book, "C000000008", **void)
    assert held(book) == {"CH1": (3, 3), "CH2": (3, 3)}
    says(book, "A3", claim_id="C000000008")
    assert left(book) == 6
    says(book, "A2", day=9, claim_id="C000000008")
    assert left(book) == 12


def test_a_reversal_gives_back_and_its_correction_consumes_again(book: Ledger) -> None:
    books.read(book, answered(PAID, SECOND))
    assert left(book) == 6
    back = [svc(-10_000, -10_000, control=control, code="H0015") for control in ("L1", "L2")]
    books.read(book, answered(*back, status="22", trace="EFT2", day=FEBRUARY))
    assert standing.claim_states(book)["state"].tolist() == ["reversed"]
    assert left(book) == 12
    books.read(book, answered(PAID, SECOND, trace="EFT3", day=FEBRUARY + dt.timedelta(days=5)))
    assert held(book) == {"CH1": (3, 3), "CH2": (3, 3)}


def test_a_reversal_of_one_line_leaves_the_other(book: Ledger) -> None:
    books.read(book, answered(PAID, SECOND))
    back = svc(-10_000, -10_000, control="L1", code="H0015")
    books.read(book, answered(back, status="22", trace="EFT2", day=FEBRUARY))
    assert held(book) == {"CH1": (0, 0), "CH2": (3, 3)}


def test_a_denial_of_a_line_nobody_knows_leaves_the_others(book: Ledger) -> None:
    stray = svc(7_777, 0, ("CO", "16", 7_777), control="STRAY", code="90837")
    books.read(book, answered(stray, PAID, SECOND))
    assert held(book) == {"CH1": (3, 3), "CH2": (3, 3)}


def test_mistake_18_a_paid_correction_consumes_again(book: Ledger) -> None:
    """Denied and given back, replaced (frequency 7) and reserved anew, paid: held once and consumed."""
    books.read(book, answered(denied("16"), denied("16", "L2")))
    assert left(book) == 12
    charges = book.read("charge_lines")
    again = rebilling.released(book, charges, APPROVED)
    assert sorted(again.charges["charge_id"]) == ["CH1", "CH2"]
    assert not again.short
    carry(
        book,
        "C000000007",
        frequency="7",
        attempt=2,
        replaces_claim_id="C000000001",
        original_reference="ICN1",
    )
    lines = book.read("claim_lines", where={"claim_id": "C000000007"})
    book.add("authorization_units", rebilling.reserve_again(again.charges, lines))
    assert held(book) == {"CH1": (3, 0), "CH2": (3, 0)}
    says(book, "A2", day=25, claim_id="C000000007")
    assert held(book) == {"CH1": (3, 3), "CH2": (3, 3)}
    lines = [svc(10_000, 10_000, control=f"{name}-7", code="H0015") for name in ("L1", "L2")]
    books.read(book, answered(*lines, control="C000000007", trace="EFT7", day=FEBRUARY, icn="ICN7"))
    assert held(book) == {"CH1": (3, 3), "CH2": (3, 3)}
    assert left(book) == 6


def test_a_correction_of_a_paid_claim_holds_its_units_once(book: Ledger) -> None:
    """And keeps them where the correction is rejected: what was paid stands."""
    books.read(book, answered(PAID, SECOND))
    assert rebilling.released(book, book.read("charge_lines"), APPROVED).charges.empty
    carry(
        book,
        "C000000007",
        frequency="7",
        attempt=2,
        replaces_claim_id="C000000001",
        original_reference="ICN1",
    )
    assert left(book) == 6
    says(book, "A3", day=25, claim_id="C000000007")
    assert left(book) == 6


def test_mistake_18_the_order_of_answers_does_not_matter(tmp_path: Path) -> None:
    seen = set()
    for number, order in enumerate(permutations(range(3))):
        made = Ledger.open(f"sqlite:///{tmp_path / str(number)}.sqlite")
        charge = {
            "charge_id": "CH1",
            "encounter_id": "E1",
            "payer_id": "ACME",
            "units": 3,
            "authorization_id": "AU1",
        }
        charges = filled("charge_lines", charge)
        made.add("charge_lines", charges)
        made.add("authorization_units", authorizations.reserve(charges.assign(cause="D1")))
        made.add("claims", filled("claims", claim("C000000001", 10_000) | {"frequency": "1", "attempt": 1}))
        line = claim_line("L1", "C000000001", 10_000) | {"charge_id": "CH1", "encounter_id": "E1"}
        made.add("claim_lines", filled("claim_lines", line))
        steps = [
            lambda book: says(book, "A2"),
            lambda book: books.read(book, answered(denied("16"))),
            lambda book: says(book, "A1", day=6),
        ]
        for step in order:
            steps[step](made)
        seen.add((left(made), tuple(sorted(held(made).items()))))
        made.close()
    assert seen == {(12, (("CH1", (0, 0)),))}


def test_entries_keep_their_names_when_worked_out_twice(book: Ledger) -> None:
    books.read(book, answered(denied("16"), SECOND))
    first, second = (standing.authorization_units(book) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert not first["entry_id"].duplicated().any()


def overdrawn(book: Ledger) -> list[dict[str, Any]]:
    return [found for found in proving.prove(book)["problems"] if found["check"] == "authorization_units"]


def test_a_denial_that_is_paid_after_others_took_its_units_overdraws_and_proves(book: Ledger) -> None:
    """What the payer pays after all is beyond what we gave out; what we give out beyond it is still a fault."""
    row = SPAN | {"row_id": "AU1-1", "version": 1, "units_approved": 6}
    with book.transaction() as tx:
        tx.load("authorizations", filled("authorizations", row))
    books.read(book, answered(denied("16"), SECOND))
    other = {"charge_id": "CH9", "authorization_id": "AU1", "units": 3, "cause": "D9"}
    book.add("authorization_units", authorizations.reserve(pd.DataFrame([other])))
    assert not overdrawn(book)
    back = [svc(-10_000, 0, ("CO", "16", -10_000), control="L1", code="H0015"),
            svc(-10_000, -10_000, control="L2", code="H0015")]  # fmt: skip
    books.read(book, answered(*back, status="22", trace="EFT2", day=FEBRUARY))
    books.read(book, answered(PAID, SECOND, trace="EFT3", day=FEBRUARY + dt.timedelta(days=5)))
    assert held(book) == {"CH1": (3, 3), "CH2": (3, 3), "CH9": (3, 0)}
    assert not overdrawn(book)
    more = other | {"charge_id": "CH8", "units": 7}
    book.add("authorization_units", authorizations.reserve(pd.DataFrame([more])))
    assert len(overdrawn(book)) == 1
