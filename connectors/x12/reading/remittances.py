"""835 bytes to tables, every dollar checked (the arithmetic is in ``connectors.x12.balance``).

Tables are read first, one after the other, and what is wrong with a segment is reported as it is met. Then the balance
of the tables is struck, and each transaction gets its verdict: *balanced* says that it is intact, that nothing in it
is an error, and that lines, claims and payment agree to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12 import tables
from connectors.x12.balance import Balance, Differences, balance
from connectors.x12.guides import remittance_835 as guide
from connectors.x12.guides.notation import Source, source
from connectors.x12.problems import Problems, off_by
from connectors.x12.reading import columns
from connectors.x12.reading.adjustments import Owners, adjustments, provider_adjustments, segment_table
from connectors.x12.reading.columns import positions, rows_array
from connectors.x12.reading.grammar import Sets
from connectors.x12.reading.interchanges import Reading, read
from connectors.x12.reading.segments import Flags, Ints
from connectors.x12.reading.set_tables import interchange_table, set_table
from connectors.x12.reading.text import element_text


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
    details: pa.Table
    problems: pa.Table


def decode_835(data: bytes | Sequence[bytes]) -> Decoded835:
    """Every 835 in the bytes of one file, or of many in one pass (005010X221A1, 004010X091A1).

    Never raises for what the bytes hold: what is wrong is in ``problems``, and ``transactions.balanced`` is the
    verdict. Sets of other kinds are listed in ``sets`` and not decoded.
    """
    return decode(read(data))


def decode(reading: Reading) -> Decoded835:
    """As ``decode_835``, of bytes already read."""
    sets = Sets(reading, guide.GUIDE, Problems(reading.problems.rows))
    part = read_part(sets)
    struck = balance(part.transactions, part.claims, part.lines, part.adjustments, part.provider_adjustments)
    report_balance(part, struck)
    _report_payment(sets, struck.transactions)
    verdict = _verdict(part, struck)
    return Decoded835(
        interchange_table(reading),
        set_table(reading),
        _summed(part, struck, verdict.transactions),
        judged(part.claims, struck.claims, verdict.claims),
        part.names,
        judged(part.lines, struck.lines, verdict.lines),
        part.adjustments,
        part.provider_adjustments,
        part.details,
        sets.problems.table(),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """The tables of some bytes before their balance is struck."""

    sets: Sets
    owner: Owners
    transactions: pa.Table  # of sets whose ST is here, without counts and sums
    claims: pa.Table
    names: pa.Table
    lines: pa.Table
    adjustments: pa.Table
    provider_adjustments: pa.Table
    details: pa.Table


def read_part(sets: Sets) -> Part:
    """Every table of these sets."""
    owner = Owners(sets, sets.in_loop("CLP", "2100"), sets.in_loop("SVC", "2110"))
    adjusted, held = adjustments(sets, owner), provider_adjustments(sets)
    claims, lines, names = _claims(sets, owner), _lines(sets, owner), _names(sets, owner)
    transactions = _transactions(sets)
    return Part(sets, owner, transactions, claims, names, lines, adjusted, held, _details(sets, owner))


# --- tables ------------------------------------------------------------------------------------------------------


def _transactions(sets: Sets) -> pa.Table:
    """BPR, TRN and the two parties; a set without BPR or TRN cannot be posted, one with two is ambiguous."""
    at = sets.rows("ST")
    for tag in ("BPR", "TRN"):
        counted = np.bincount(
            sets.set_of(sets.in_loop(tag, "header")), minlength=len(sets.reading.set_begins)
        )
        counted = counted[sets.opened]
        sets.report("SEGMENT_MISSING", at[counted == 0], f"the transaction set has no {tag}")
        sets.report("SEGMENT_REPEATED", at[counted > 1], f"the transaction set has more than one {tag}")
    types = {f.name: f.type for f in tables.TRANSACTIONS}
    given = {"transaction": rows_array(sets.opened)}
    for name, (loop, text) in guide.TRANSACTIONS.items():
        given[name] = sets.column(at, loop, text, types[name], name)
    for loop, party in (("1000A", guide.PAYER), ("1000B", guide.PAYEE)):
        openers = sets.in_loop("N1", loop)
        first = np.searchsorted(sets.set_of(openers), sets.opened)
        owned = np.isin(sets.opened, sets.set_of(openers))
        take = rows_array(np.where(owned, first, -1))
        for name, (_, text) in party.items():
            given[name] = sets.column(openers, loop, text, types[name], name).take(take)
    bpr_at = bpr_rows(sets)
    direction = pc.is_in(given["credit_debit"], pa.array(["C", "D", None])).to_numpy(zero_copy_only=False)
    sets.report("CODE_UNKNOWN", bpr_at[~direction], "BPR03 is neither C nor D", 3)
    negative = pc.fill_null(pc.less(given["bpr_cents"], 0), False).to_numpy(zero_copy_only=False)
    sets.report("NEGATIVE_PAYMENT", bpr_at[negative], "BPR02 is negative", 2)
    return pa.table(given)


def bpr_rows(sets: Sets) -> Ints:
    """The BPR of each transaction, its ST where there is none."""
    at = sets.rows("ST")
    return np.maximum(sets.first(at, "header", "BPR", ""), at) if len(at) else at


def _claims(sets: Sets, owner: Owners) -> pa.Table:
    at = owner.claims_at
    set_of = sets.set_of(at)
    given = {
        "transaction": rows_array(set_of),
        "claim": rows_array(np.arange(len(at))),
        "position": rows_array(positions(set_of)),
        "segment": rows_array(sets.ordinal(at)),
        "remarks": _claim_remarks(sets, at),
    }
    return sets.table(_unjudged(tables.REMITTED_CLAIMS), at, guide.CLAIMS, given)


def _claim_remarks(sets: Sets, at: Ints) -> pa.Array:
    """MIA and MOA remark codes, in the guide's order."""
    claims, texts = [], []
    for each in map(source, guide.CLAIM_REMARKS.split()):
        rows, owner = sets.first_found(at, "2100", each.tag, "")
        found = sets.text(rows, each)
        if found.null_count < len(found):
            claims.append(owner)
            texts.append(found)
    if not claims:
        return pa.nulls(len(at), pa.string())
    of_claim, values = np.concatenate(claims), pa.concat_arrays(texts)
    order = np.argsort(of_claim, kind="stable")
    return columns.joined(of_claim[order], values.take(pa.array(order)), len(at))


def _lines(sets: Sets, owner: Owners) -> pa.Table:
    at, set_of = owner.lines_at, sets.set_of(owner.lines_at)
    tag, qualifier, element = guide.LINE_REMARKS
    remarks = sets.in_loop(tag, "2110", qualifier=qualifier)
    texts = sets.text(remarks, Source(tag, qualifier, element, 0, 0))
    given = {
        "transaction": rows_array(set_of),
        "claim": rows_array(owner.claim_of_line),
        "line": rows_array(np.arange(len(at))),
        "position": rows_array(
            positions(np.where(owner.claim_of_line < 0, -1 - set_of, owner.claim_of_line))
        ),
        "segment": rows_array(sets.ordinal(at)),
        "remarks": columns.joined(owner.line(remarks), texts, len(at)),
    }
    return sets.table(_unjudged(tables.REMITTED_LINES), at, guide.LINES, given)


def _unjudged(schema: pa.Schema) -> pa.Schema:
    """A table before its balance is struck: without its last two columns."""
    return pa.schema([f for f in schema if f.name not in ("difference_cents", "balanced")])


def _names(sets: Sets, owner: Owners) -> pa.Table:
    rows = sets.in_loop("NM1", "2100")
    given = {name: sets.text(rows, source(text)) for name, (_, text) in guide.NAMES.items()}
    return segment_table(sets, tables.REMITTED_NAMES, rows, {"claim": rows_array(owner.claim(rows)), **given})


def _details(sets: Sets, owner: Owners) -> pa.Table:
    """What no column has read of REF, DTM, AMT and QTY, in the order of the file."""
    parts = []
    for tag, (column, text) in guide.DETAILS.items():
        rows = sets.rows(tag)
        rows = sets.segments.part(rows, ~sets.used[rows])
        type_ = tables.DETAILS.field(column).type
        inside = np.isin(sets.loop[rows], [sets.names.index(name) for name in ("2100", "2110")])
        given = {name: pa.nulls(len(rows)) for name, _ in guide.DETAILS.values()}
        given |= {
            "claim": rows_array(np.where(inside, owner.claim(rows), -1)),
            "line": rows_array(owner.line(rows)),
            "loop": pa.array(sets.names, pa.string()).take(pa.array(sets.loop[rows])),
            "tag": pa.array([tag] * len(rows), pa.string()),
            "qualifier": element_text(sets.segments, rows, 1),
            column: sets.read(rows, source(text), type_, column),
        }
        parts.append((rows, segment_table(sets, tables.DETAILS, rows, given)))
    order = np.argsort(np.concatenate([rows for rows, _ in parts]), kind="stable")
    return pa.concat_tables([table for _, table in parts]).take(pa.array(order))


# --- verdicts ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Which rows are balanced, level by level."""

    lines: Flags
    claims: Flags
    transactions: Flags


def report_balance(part: Part, struck: Balance) -> None:
    """Lines and claims that do not balance, and claims whose lines are not the whole."""
    sets, owner = part.sets, part.owner
    _report_off(sets, owner.lines_at, struck.lines, "LINE_BALANCE", "SVC02 - adjustments - SVC03")
    _report_off(sets, owner.claims_at, struck.claims, "CLAIM_BALANCE", "CLP03 - adjustments - CLP04")
    # Worth knowing: a line may be lost. Some payers bundle, so it is no error.
    owned = owner.claim_of_line >= 0
    of_claim, count = owner.claim_of_line[owned], len(owner.claims_at)
    charged = pc.fill_null(part.lines["charge_cents"], 0).to_numpy()[owned]
    total, lined = columns.sums(of_claim, charged, count), np.bincount(of_claim, minlength=count) > 0
    differs = pc.fill_null(pc.not_equal(part.claims["charge_cents"], pa.array(total)), False).to_numpy()
    sets.report("LINE_CHARGES", owner.claims_at[lined & differs], "the lines' SVC02 do not add up to CLP03")


def _report_payment(sets: Sets, found: Differences) -> None:
    _report_off(sets, bpr_rows(sets), found, "TRANSACTION_BALANCE", PAYMENT)


PAYMENT = "BPR02 - (CLP04 - PLB)"


def _report_off(sets: Sets, rows: Ints, found: Differences, code: str, what: str) -> None:
    wrong = np.flatnonzero(found.known & (found.cents != 0))
    messages = [off_by(what, cents) for cents in found.cents[wrong].tolist()]
    sets.report(code, rows[wrong], messages)


def balanced_claims(owner: Owners, struck: Balance) -> tuple[Flags, Flags]:
    """Which lines balance by themselves, and which claims do with all their lines."""
    lines, claims = struck.lines.balanced, struck.claims.balanced
    owned = owner.claim_of_line >= 0
    claims[owner.claim_of_line[owned & ~lines]] = False
    return lines, claims


def _verdict(part: Part, struck: Balance) -> _Verdict:
    """Balanced is what balances by itself and in all its parts, in a transaction that can be trusted."""
    sets, owner = part.sets, part.owner
    sound = np.zeros(len(sets.reading.set_begins), np.bool_)
    sound[sets.numbers] = sets.reading.intact[sets.numbers]
    sound[sorted(sets.problems.damaged())] = False
    lines, claims = balanced_claims(owner, struck)
    set_of_claim = sets.set_of(owner.claims_at)
    whole = sound.copy()
    whole[set_of_claim[~claims]] = False
    return _Verdict(
        lines & sound[sets.set_of(owner.lines_at)],
        claims & sound[set_of_claim],
        struck.transactions.balanced & whole[sets.numbers],
    )


def judged(table: pa.Table, found: Differences, balanced: Flags | pa.Array) -> pa.Table:
    """The table with its last two columns."""
    cents = columns.array(found.cents, pa.int64(), found.known)
    return table.append_column("difference_cents", cents).append_column("balanced", pa.array(balanced))


def _summed(part: Part, struck: Balance, balanced: Flags) -> pa.Table:
    """The transactions with their counts, sums and verdict."""
    sets, transactions = part.sets, part.transactions
    counted = np.bincount(part.claims["transaction"].to_numpy(), minlength=len(sets.reading.set_begins))
    summed = {
        "claims": rows_array(counted[sets.numbers]),
        "claim_paid_cents": pa.array(struck.claim_paid),
        "plb_cents": pa.array(struck.plb),
    }
    for name, values in summed.items():
        transactions = transactions.append_column(name, values)
    return (
        judged(transactions, struck.transactions, balanced)
        .select(tables.TRANSACTIONS.names)
        .cast(tables.TRANSACTIONS)
    )
