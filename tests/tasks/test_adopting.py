"""Claims from before the system: adopted from their remittances, the same in every order, and ours where they are.

The ledgers are of `tests.support.histories`: five claims with answers, reversals and corrections, one answer under a
lost number that a 277CA teaches, two remittances that contradict each other.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors.ledger import Ledger
from tasks.billing import posting, proof
from tests.support.histories import apply, history
from tests.support.processes import assert_nothing_half_posted
from tests.support.remittance_frames import clp, remit, svc

JANUARY, FEBRUARY, MARCH = dt.date(2026, 1, 21), dt.date(2026, 2, 10), dt.date(2026, 3, 3)
# CLEANCLAIM_ADOPTIONS=100 takes an hour.
SEEDS = int(os.environ.get("CLEANCLAIM_ADOPTIONS", "1"))
Step = tuple[str, Any]
Fresh = Callable[[], Path]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "ledger.sqlite"
    Ledger.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def fresh(empty: Path, tmp_path: Path) -> Callable[[], Path]:
    """A maker of paths of empty ledgers."""
    numbers = itertools.count()
    return lambda: Path(shutil.copy(empty, tmp_path / f"{next(numbers)}.sqlite"))


def run(path: Path, runs: list[list[Step]]) -> Ledger:
    book = Ledger.open(f"sqlite:///{path}")
    for steps in runs:
        apply(book, steps, crash=False, adopt=True)
    return book


def cut(random: Random, steps: list[Step]) -> list[list[Step]]:
    """In any order, in any number of runs, some steps twice."""
    mixed = [*steps, *random.sample(steps, 3)]
    random.shuffle(mixed)
    at = sorted(random.sample(range(1, len(mixed)), random.randrange(0, 6)))
    return [mixed[one:other] for one, other in zip([0, *at], [*at, len(mixed)], strict=True)]


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("known", [frozenset(), frozenset({1, 3}), frozenset({1, 2, 3, 4, 5})])
def test_the_order_of_arrival_says_nothing(fresh: Fresh, seed: int, known: frozenset[int]) -> None:
    random = Random(seed)
    steps = history(random)
    ours = {f"C{number:09}" for number in known}
    steps = [step for step in steps if step[0] != "claim" or step[1][0]["claim_id"] in ours]
    prints = set()
    for _ in range(3):
        with run(fresh(), cut(random, steps)) as book:
            prints.add(book.fingerprint())
            assert_nothing_half_posted(book)
            adopted = book.read("remitted_claims", {"matched_by": "adopted"})
            assert not set(adopted["claim_control"]) & ours
            tables = {
                name: book.read(name, columns=columns)
                for name, columns in proof.NEEDS.items()
                if name in ("claims", "adopted_claims", "claim_lines", "remitted_claims", "remitted_lines")
            }
            assert proof._matches_exist(tables) == []
    assert len(prints) == 1


def balances(fresh: Fresh, *remits: dict[str, Any]) -> dict[str, int]:
    """What stands in each account after a history of these, which is the same in the other order."""
    found = []
    for order in (remits, remits[::-1]):
        with run(fresh(), [[("remit", one)] for one in order]) as book:
            entries = posting.standing(book.read("journal"))
            sums = entries.groupby("account")["amount_cents"].sum()
            found.append((book.fingerprint(), {str(k): int(v) for k, v in sums.items() if v}))
    assert found[0] == found[1]
    return found[0][1]


def answer(
    paid: int, *cas: tuple[str, str, int], status: str = "1", charge: int = 10_000, control: str = "OLD1"
) -> Any:
    sign = -1 if status == "22" else 1
    line = svc(sign * charge, sign * paid, *((g, c, sign * a) for g, c, a in cas))
    return clp(control, status, sign * charge, sign * paid, line, icn="I" + control)


PAID = answer(7_000, ("CO", "45", 2_000), ("PR", "3", 1_000))
BACK = answer(7_000, ("CO", "45", 2_000), ("PR", "3", 1_000), status="22")
LESS = answer(6_000, ("CO", "45", 3_000), ("PR", "3", 1_000))
DENIED = answer(0, ("CO", "16", 10_000), status="4")


def test_a_paid_claim_is_charged_and_closed(fresh: Fresh) -> None:
    assert balances(fresh, remit(PAID, day=JANUARY, trace="E1")) == {
        "cash": 7_000,
        "contractual": 2_000,
        "receivable_patient": 1_000,
        "revenue": -10_000,
    }


def test_a_correction_is_the_claim_that_it_corrects(fresh: Fresh) -> None:
    first, second = remit(PAID, day=JANUARY, trace="E1"), remit(BACK, LESS, day=FEBRUARY, trace="E2")
    assert balances(fresh, first, second) == {
        "cash": 6_000,
        "contractual": 3_000,
        "receivable_patient": 1_000,
        "revenue": -10_000,
    }


def test_a_claim_taken_back_is_open(fresh: Fresh) -> None:
    first, second = remit(PAID, day=JANUARY, trace="E1"), remit(BACK, day=FEBRUARY, trace="E2")
    assert balances(fresh, first, second) == {"receivable_payer": 10_000, "revenue": -10_000}


def test_a_reversal_alone_charges_nothing(fresh: Fresh) -> None:
    assert balances(fresh, remit(BACK, day=FEBRUARY, trace="E2")) == {
        "cash": -7_000,
        "contractual": -2_000,
        "receivable_patient": -1_000,
        "receivable_payer": 10_000,
    }


def test_denied_and_paid_later_is_charged_once(fresh: Fresh) -> None:
    first, second = remit(DENIED, day=JANUARY, trace="E1"), remit(PAID, day=FEBRUARY, trace="E2")
    assert balances(fresh, first, second) == {
        "cash": 7_000,
        "contractual": 2_000,
        "receivable_patient": 1_000,
        "revenue": -10_000,
    }


def test_a_number_that_is_used_for_every_visit_is_charged_for_every_visit(fresh: Fresh) -> None:
    other = clp("OLD1", "1", 10_000, 10_000, {**svc(10_000, 10_000), "day": dt.date(2026, 1, 12)})
    first, second = remit(PAID, day=JANUARY, trace="E1"), remit(other, day=FEBRUARY, trace="E2")
    assert balances(fresh, first, second)["revenue"] == -20_000


def test_denied_by_one_payer_and_paid_by_the_next_is_charged_once(fresh: Fresh) -> None:
    first = remit(DENIED, day=JANUARY, trace="E1", payer="1999999999")
    assert balances(fresh, first, remit(PAID, day=FEBRUARY, trace="E2"))["revenue"] == -10_000


def test_of_a_later_payer_alone_what_it_considered_was_with_the_patient(fresh: Fresh) -> None:
    later = answer(2_000, ("OA", "23", 7_000), ("PR", "3", 1_000), status="2")
    alone = {"cash": 2_000, "receivable_patient": 1_000, "revenue": -3_000}
    assert balances(fresh, remit(later, day=FEBRUARY, trace="E2")) == alone
    first = remit(answer(7_000, ("PR", "2", 3_000)), day=JANUARY, trace="E1", payer="1999999999")
    both = {"cash": 9_000, "receivable_patient": 1_000, "revenue": -10_000}
    assert balances(fresh, first, remit(later, day=FEBRUARY, trace="E2")) == both
