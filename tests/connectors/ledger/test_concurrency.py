"""Several writers at once: threads sharing a ledger, and ledgers of their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from connectors.ledger import Ledger
from tests.connectors.ledger import samples


def test_a_control_number_is_given_out_once(ledger: Ledger, ledger_url: str) -> None:
    def take(_: int) -> int:
        return ledger.next_number("sandbox/interchange")

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(40))) == list(range(1, 41))


def test_overlapping_facts_in_opposite_orders_do_not_dead_lock(ledger: Ledger, ledger_url: str) -> None:
    def write(worker: int) -> int:
        with Ledger.open(ledger_url) as own:
            numbers = range(3000) if worker % 2 else range(2999, -1, -1)
            return own.add("journal", samples.rows("journal", list(numbers)))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(write, range(4))) == ledger.count("journal") == 3000


def test_loads_of_the_same_master_data_do_not_break_the_chain(ledger: Ledger, ledger_url: str) -> None:
    def load(worker: int) -> int:
        frame = samples.rows("patients", range(50), city=f"CITY {worker}")
        with Ledger.open(ledger_url) as own:
            counts = own.load("patients", frame)
            return counts.new + counts.changed

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(load, range(4))) == [50] * 4
    assert set(ledger.current("patients")["version"]) == {4}
