"""The three balances of an 835, as a function over its tables.

::

    line         SVC02 - sum of CAS                        = SVC03
    claim        CLP03 - sum of CAS (claim and its lines)  = CLP04
    transaction  sum of CLP04 - sum of PLB                 = BPR02

A positive adjustment reduces the payment, a negative one raises it, in CAS and PLB alike. With BPR03 = D the money
goes from the payee to the payer, so BPR02 counts as negative. A difference that cannot be computed, because an amount
is absent or could not be read, is null, and null is not zero: such a line, claim or transaction is not balanced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12.tables import DIFFERENCES

Cents = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Differences(NamedTuple):
    """For each row of a table by how many cents it is off, and whether that is known."""

    cents: Cents
    known: Flags

    @property
    def balanced(self) -> Flags:
        even: Flags = self.known & (self.cents == 0)
        return even


@dataclass(frozen=True, slots=True)
class Balance:
    """The differences at each level, row by row of the tables, and the sums behind the last."""

    lines: Differences
    claims: Differences
    transactions: Differences
    claim_paid: Cents  # sum of CLP04 by transaction
    plb: Cents  # sum of PLB amounts by transaction


def balance(
    transactions: pa.Table,
    claims: pa.Table,
    lines: pa.Table,
    adjustments: pa.Table,
    provider_adjustments: pa.Table,
) -> Balance:
    """Balance the tables of ``decode_835``, or rows of them in the same order. Exact: whole cents throughout.

    ``claim``, ``line`` and ``transaction`` are the keys; each row of claims, lines and transactions has one of its
    own, in ascending order.
    """
    claim_keys, line_keys, set_keys = (
        _numbers(table, name)
        for table, name in ((claims, "claim"), (lines, "line"), (transactions, "transaction"))
    )
    adjusted, readable = _cents(adjustments, "amount_cents")
    of_line = _totals(line_keys, _numbers(adjustments, "line"), adjusted, readable)
    of_claim = _totals(claim_keys, _numbers(adjustments, "claim"), adjusted, readable)
    paid, paid_known = _cents(claims, "paid_cents")
    paid_out = _totals(set_keys, _numbers(claims, "transaction"), paid, paid_known)
    held = _totals(
        set_keys, _numbers(provider_adjustments, "transaction"), *_cents(provider_adjustments, "amount_cents")
    )
    payment, payment_known = _cents(transactions, "bpr_cents")
    debit = pc.fill_null(pc.equal(transactions["credit_debit"], "D"), False).to_numpy(zero_copy_only=False)
    payment = np.where(debit, -np.abs(payment), payment)
    return Balance(
        _differences(lines, "charge_cents", "paid_cents", of_line),
        _differences(claims, "charge_cents", "paid_cents", of_claim),
        Differences(payment - (paid_out.cents - held.cents), payment_known & paid_out.known & held.known),
        paid_out.cents,
        held.cents,
    )


def differences(decoded: Any) -> pa.Table:
    """DIFFERENCES: every line, claim and transaction of a ``Decoded835`` that does not balance, and where it stands."""
    found = balance(
        decoded.transactions, decoded.claims, decoded.lines, decoded.adjustments, decoded.provider_adjustments
    )
    parts = []
    for level, table, off in (
        ("line", decoded.lines, found.lines),
        ("claim", decoded.claims, found.claims),
        ("transaction", decoded.transactions, found.transactions),
    ):
        rows = np.flatnonzero(~off.balanced)
        some = table.take(pa.array(rows))
        given = {
            "level": pa.array([level] * len(rows), pa.string()),
            "difference_cents": pa.array(off.cents[rows], mask=~off.known[rows]),
        }
        arrays = [
            given[f.name]
            if f.name in given
            else some[f.name].combine_chunks()
            if f.name in some.column_names
            else pa.nulls(len(rows))
            for f in DIFFERENCES
        ]
        parts.append(
            pa.table(
                [array.cast(f.type) for array, f in zip(arrays, DIFFERENCES, strict=True)], schema=DIFFERENCES
            )
        )
    return pa.concat_tables(parts)


def _numbers(table: pa.Table, name: str) -> Cents:
    """Keys; -1 where null."""
    column = table[name]
    if column.null_count:
        column = pc.fill_null(column, -1)
    numbers: Cents = column.to_numpy()
    return numbers


def _cents(table: pa.Table, name: str) -> tuple[Cents, Flags]:
    """Amounts, 0 where null, and which are not null."""
    column = table[name]
    if not column.null_count:
        return column.to_numpy(), np.ones(len(column), np.bool_)
    return pc.fill_null(column, 0).to_numpy(), pc.is_valid(column).to_numpy()


def _totals(keys: Cents, group: Cents, cents: Cents, readable: Flags) -> Differences:
    """Sum of ``cents`` for each key, known where every amount of the group is readable."""
    if (group < 0).any():
        own = group >= 0
        group, cents, readable = group[own], cents[own], readable[own]
    if len(group) and (group[1:] < group[:-1]).any():
        order = np.argsort(group, kind="stable")
        group, cents, readable = group[order], cents[order], readable[order]
    low, high = _edges(keys, group)
    total = np.zeros(len(group) + 1, np.int64)
    np.cumsum(cents, out=total[1:])
    if readable.all():
        return Differences(total[high] - total[low], np.ones(len(keys), np.bool_))
    unread = np.append(0, np.cumsum(~readable))
    return Differences(total[high] - total[low], unread[high] == unread[low])


def _edges(keys: Cents, group: Cents) -> tuple[Cents, Cents]:
    """Where the rows of each key begin and end in ``group``; both ascend."""
    if len(keys) and int(keys[-1]) - int(keys[0]) == len(keys) - 1 and len(group):
        within = group - keys[0]
        if within[0] >= 0 and within[-1] < len(keys):  # keys without gaps: counted, not searched
            ends = np.cumsum(np.bincount(within, minlength=len(keys)))
            return np.append(0, ends[:-1]), ends
    return np.searchsorted(group, keys), np.searchsorted(group, keys, side="right")


def _differences(table: pa.Table, charge: str, paid: str, adjusted: Differences) -> Differences:
    charged, charge_known = _cents(table, charge)
    got, paid_known = _cents(table, paid)
    return Differences(charged - adjusted.cents - got, charge_known & paid_known & adjusted.known)
