"""835 bytes to tables, every dollar checked.

::

    line         SVC02 - sum of CAS                        = SVC03
    claim        CLP03 - sum of CAS (claim and its lines)  = CLP04
    transaction  sum of CLP04 - sum of PLB                 = BPR02

A positive adjustment reduces the payment, a negative one raises it, in CAS and PLB alike. With BPR03 = D the money
goes from the payee to the payer, so BPR02 counts as negative. A difference that cannot be computed is null, and null
is not zero: such a line, claim or transaction is not balanced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12 import tables
from connectors.x12.guides import remittance_835 as guide
from connectors.x12.guides.notation import Source, source
from connectors.x12.problems import Problems
from connectors.x12.reading import columns
from connectors.x12.reading.adjustments import (
    Money,
    Owners,
    adjustments,
    nullable,
    provider_adjustments,
    segment_table,
)
from connectors.x12.reading.columns import Numbers, positions, sums
from connectors.x12.reading.grammar import Sets
from connectors.x12.reading.interchanges import Reading, read
from connectors.x12.reading.segments import Flags, Ints
from connectors.x12.reading.set_tables import interchange_table, set_table


@dataclass(frozen=True, slots=True)
class Decoded835:
    """Arrow tables; schemas in ``connectors.x12.tables``."""

    interchanges: pa.Table
    sets: pa.Table
    transactions: pa.Table
    claims: pa.Table
    names: pa.Table
    lines: pa.Table
    adjustments: pa.Table
    provider_adjustments: pa.Table
    problems: pa.Table


def decode_835(data: bytes | Sequence[bytes]) -> Decoded835:
    """Every 835 in the bytes of one file, or of many in one pass (005010X221A1).

    Never raises for what the bytes hold: what is wrong is in ``problems``, and ``transactions.balanced`` is the
    verdict. Sets of other kinds are listed in ``sets`` and not decoded.
    """
    return decode(read(data))


def decode(reading: Reading) -> Decoded835:
    """As ``decode_835``, of bytes already read."""
    problems = Problems(reading.problems.rows)
    sets = Sets(reading, guide.GUIDE, problems)
    claims_at = sets.in_loop("CLP", "2100")
    lines_at = sets.in_loop("SVC", "2110")
    owner = Owners(sets, claims_at, lines_at)
    adjustment_table, cas = adjustments(sets, owner)
    provider_table, plb = provider_adjustments(sets)
    lines, line_money, line_balanced = _lines(sets, owner, lines_at, cas)
    claims, claim_money = _claims(sets, owner, claims_at, cas, line_money, line_balanced)
    transactions = _transactions(sets, claim_money, plb)
    return Decoded835(
        interchange_table(reading),
        set_table(reading),
        transactions,
        claims,
        _names(sets, owner),
        lines,
        adjustment_table,
        provider_table,
        problems.table(),
    )


def _claims(
    sets: Sets, owner: Owners, at: Ints, cas: Money, line_money: Numbers, line_balanced: Flags
) -> tuple[pa.Table, _Claims]:
    charge, paid = (_amount(sets, at, name) for name in ("CLP03", "CLP04"))
    count = len(at)
    mine = cas.owner >= 0
    adjusted = sums(cas.owner[mine], cas.values[mine], count)
    unread = np.bincount(cas.owner[mine & ~cas.valid], minlength=count) > 0
    difference = charge.values - adjusted - paid.values
    known = charge.valid & paid.valid & ~unread
    _report_balance(sets, at, difference, known, "CLAIM_BALANCE", "CLP03 - adjustments - CLP04")
    lined = owner.claim_of_line >= 0
    off = np.bincount(owner.claim_of_line[lined & ~line_balanced], minlength=count) > 0
    balanced = known & (difference == 0) & ~off
    set_of = sets.set_of(at)
    table = sets.table(
        tables.REMITTED_CLAIMS,
        at,
        guide.CLAIMS,
        {
            "transaction": pa.array(set_of),
            "claim": pa.array(np.arange(count)),
            "position": pa.array(positions(set_of)),
            "segment": pa.array(sets.ordinal(at)),
            "charge_cents": charge.arrow(pa.int64()),
            "paid_cents": paid.arrow(pa.int64()),
            "remarks": _claim_remarks(sets, at),
            "difference_cents": pa.array(difference, mask=~known),
            "balanced": pa.array(balanced),
        },
    )
    counted = np.bincount(owner.claim_of_line[lined], minlength=count) > 0
    total = sums(owner.claim_of_line[lined], line_money.values[lined], count)
    # Worth knowing: a line may be lost. Some payers bundle, so it is no error.
    wrong = counted & charge.valid & (total != charge.values)
    sets.report("LINE_CHARGES", at[wrong], "the lines' SVC02 do not add up to CLP03")
    return table, _Claims(set_of, paid.values, paid.valid, balanced)


@dataclass(frozen=True, slots=True)
class _Claims:
    set_of: Ints
    paid: Ints
    valid: Flags
    balanced: Flags


def _amount(sets: Sets, rows: Ints, name: str) -> Numbers:
    """An amount the arithmetic needs; what cannot be read is reported here and nowhere else."""
    return sets.numbers_at(rows, source(name), pa.int64(), "_cents")


def _report_balance(sets: Sets, rows: Ints, difference: Ints, known: Flags, code: str, what: str) -> None:
    wrong = np.flatnonzero(known & (difference != 0))
    sets.report(
        code, rows[wrong], [f"{what} is {cents} cents, not 0" for cents in difference[wrong].tolist()]
    )


def _claim_remarks(sets: Sets, at: Ints) -> pa.Array:
    """MIA and MOA remark codes, in the guide's order."""
    claims, texts = [], []
    for each in map(source, guide.CLAIM_REMARKS.split()):
        rows = sets.first(at, "2100", each.tag, "")
        here = np.flatnonzero(rows >= 0)
        if len(here):
            claims.append(here)
            texts.append(sets.text(rows[here], each))
    if not claims:
        return pa.nulls(len(at), pa.string())
    owner, values = np.concatenate(claims), pa.concat_arrays(texts)
    order = np.argsort(owner, kind="stable")
    return columns.joined(owner[order], values.take(pa.array(order)), len(at))


def _lines(sets: Sets, owner: Owners, at: Ints, cas: Money) -> tuple[pa.Table, Numbers, Flags]:
    charge, paid = (_amount(sets, at, name) for name in ("SVC02", "SVC03"))
    mine = cas.line >= 0
    adjusted = sums(cas.line[mine], cas.values[mine], len(at))
    unread = np.bincount(cas.line[mine & ~cas.valid], minlength=len(at)) > 0
    difference = charge.values - adjusted - paid.values
    known = charge.valid & paid.valid & ~unread
    _report_balance(sets, at, difference, known, "LINE_BALANCE", "SVC02 - adjustments - SVC03")
    balanced = known & (difference == 0)
    tag, qualifier, element = guide.LINE_REMARKS
    remarks = sets.in_loop(tag, "2110", qualifier=qualifier)
    texts = sets.text(remarks, Source(tag, qualifier, element, 0, 0))
    table = sets.table(
        tables.REMITTED_LINES,
        at,
        guide.LINES,
        {
            "transaction": pa.array(sets.set_of(at)),
            "claim": nullable(owner.claim_of_line),
            "line": pa.array(np.arange(len(at))),
            "position": pa.array(positions(owner.claim_of_line)),
            "segment": pa.array(sets.ordinal(at)),
            "charge_cents": charge.arrow(pa.int64()),
            "paid_cents": paid.arrow(pa.int64()),
            "remarks": columns.joined(owner.line(remarks), texts, len(at)),
            "difference_cents": pa.array(difference, mask=~known),
            "balanced": pa.array(balanced),
        },
    )
    return table, charge, balanced


def _names(sets: Sets, owner: Owners) -> pa.Table:
    rows = sets.in_loop("NM1", "2100")
    given = {name: sets.text(rows, source(text)) for name, (_, text) in guide.NAMES.items()}
    return segment_table(sets, tables.REMITTED_NAMES, rows, {"claim": nullable(owner.claim(rows)), **given})


def _transactions(sets: Sets, claims: _Claims, plb: Money) -> pa.Table:
    at = sets.rows("ST")
    numbers = np.array(sets.numbers, np.int64)
    given = _header(sets, at)
    count = len(at)

    def per_set(owner: Ints) -> Ints:
        return np.searchsorted(numbers, owner)

    paid = sums(per_set(claims.set_of), claims.paid, count)
    adjusted = sums(per_set(plb.owner), plb.values, count)
    unread = np.bincount(per_set(claims.set_of[~claims.valid]), minlength=count)
    unread += np.bincount(per_set(plb.owner[~plb.valid]), minlength=count)
    off = np.bincount(per_set(claims.set_of[~claims.balanced]), minlength=count) > 0
    bpr = given["bpr_cents"].fill_null(0).to_numpy()
    debit = pc.fill_null(pc.equal(given["credit_debit"], "D"), False).to_numpy(zero_copy_only=False)
    payment = np.where(debit, -np.abs(bpr), bpr)
    difference = payment - (paid - adjusted)
    known = pc.is_valid(given["bpr_cents"]).to_numpy(zero_copy_only=False) & (unread == 0)
    bpr_at = np.maximum(sets.first(at, "header", "BPR", ""), at) if count else at
    _report_balance(sets, bpr_at, difference, known, "TRANSACTION_BALANCE", "BPR02 - (CLP04 - PLB)")
    known_direction = pc.is_in(given["credit_debit"], pa.array(["C", "D", None])).to_numpy(
        zero_copy_only=False
    )
    sets.report("CODE_UNKNOWN", bpr_at[~known_direction], "BPR03 is neither C nor D")
    sets.report("NEGATIVE_PAYMENT", bpr_at[(bpr < 0)], "BPR02 is negative")
    faulty = sets.problems.errors_in()
    sound = [sets.reading.sets[number].intact and number not in faulty for number in sets.numbers]
    given |= {
        "transaction": pa.array(numbers),
        "claims": pa.array(np.bincount(per_set(claims.set_of), minlength=count)),
        "claim_paid_cents": pa.array(paid),
        "plb_cents": pa.array(adjusted),
        "difference_cents": pa.array(difference, mask=~known),
        "balanced": pa.array(known & (difference == 0) & ~off & np.array(sound, np.bool_)),
    }
    return pa.Table.from_arrays(
        [given[f.name].cast(f.type) for f in tables.TRANSACTIONS], schema=tables.TRANSACTIONS
    )


def _header(sets: Sets, at: Ints) -> dict[str, pa.Array]:
    """BPR, TRN and the two parties; a set without BPR or TRN cannot be posted, one with two is ambiguous."""
    for tag in ("BPR", "TRN"):
        found = sets.set_of(sets.in_loop(tag, "header"))
        counted = np.bincount(found, minlength=len(sets.reading.sets))[np.array(sets.numbers, np.int64)]
        sets.report("SEGMENT_MISSING", at[counted == 0], f"the transaction set has no {tag}")
        sets.report("SEGMENT_REPEATED", at[counted > 1], f"the transaction set has more than one {tag}")
    types = {f.name: f.type for f in tables.TRANSACTIONS}
    given = {
        name: sets.column(at, loop, text, types[name], name)
        for name, (loop, text) in guide.TRANSACTIONS.items()
    }
    for loop, party in (("1000A", guide.PAYER), ("1000B", guide.PAYEE)):
        openers = sets.in_loop("N1", loop)
        first = np.searchsorted(sets.set_of(openers), np.array(sets.numbers, np.int64))
        owned = np.isin(np.array(sets.numbers), sets.set_of(openers))
        take = pa.array(first, mask=~owned)
        for name, (_, text) in party.items():
            given[name] = sets.column(openers, loop, text, types[name], name).take(take)
    return given
