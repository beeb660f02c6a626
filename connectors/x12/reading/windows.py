"""An 835 of any size, a window of bytes at a time: memory grows with the window, not with the file.

A window ends before a CLP or an ST, so that no claim is cut in two. What is known of a transaction set only at its end
(its counts, its sums, its verdict) is gathered from window to window and given with the window in which its
interchange closes. Until then the claims and lines of that set have no verdict either: null, not true.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12 import tables
from connectors.x12.balance import Balance, balance
from connectors.x12.guides import remittance_835 as guide
from connectors.x12.problems import Problem, Problems, off_by
from connectors.x12.reading.columns import rows_array
from connectors.x12.reading.delimiters import Opening, Piece, cut_at, openings
from connectors.x12.reading.envelopes import Walk, element_of, envelope_rows
from connectors.x12.reading.grammar import Sets
from connectors.x12.reading.index import index
from connectors.x12.reading.interchanges import Reading, kind_of, unwrapped
from connectors.x12.reading.remittances import (
    PAYMENT,
    Decoded835,
    Part,
    balanced_claims,
    bpr_rows,
    judged,
    read_part,
    report_balance,
)
from connectors.x12.reading.segments import Flags, Ints, Segments
from connectors.x12.reading.set_tables import bodies, interchange_row, rows_table

WINDOW = 8 * 2**20


class Stream(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes: ...


def decode_835_windows(source: Stream | Iterable[bytes], window: int = WINDOW) -> Iterator[Decoded835]:
    """The tables of ``decode_835`` for one file, a part of them for about every ``window`` bytes.

    ``source`` is anything to read bytes from, or an iterable of bytes cut anywhere. The parts put together are the
    tables of the whole: rows are numbered through, problems come with the window that shows them. Rows of
    ``interchanges``, ``sets`` and ``transactions`` come when their interchange closes; ``balanced`` of claims and
    lines is null where that is later. Never raises for what the bytes hold.
    """
    return (each.decoded for each in read_windows(source, window))


class Window(NamedTuple):
    """Some of a file: what was read, its tables, and which of their problems are the envelope's."""

    reading: Reading
    decoded: Decoded835
    envelope: list[Problem]
    base: int  # segments of earlier windows


def read_windows(source: Stream | Iterable[bytes], window: int = WINDOW) -> Iterator[Window]:
    """As ``decode_835_windows``, with what the tables were made of."""
    state = _State()
    for data, last in _cut(source, window, state):
        yield state.decoded(data, last=last)


def segments_in_windows(source: Stream | Iterable[bytes], window: int = WINDOW) -> Iterator[Segments]:
    """The segments of the same windows, none of them decoded."""
    state = _State()
    for data, _ in _cut(source, window, state):
        yield state.indexed(data, Problems())[0]


def _cut(source: Stream | Iterable[bytes], window: int, state: _State) -> Iterator[tuple[bytes, bool]]:
    """The bytes of each window, and whether it is the last."""
    held = b""
    for chunk in _chunks(source, window):
        held += chunk
        if len(held) >= window:
            size = state.size(held)
            if size:
                yield held[:size], False
                held = held[size:]
    yield held, True


def _chunks(source: Stream | Iterable[bytes], window: int) -> Iterator[bytes]:
    """The bytes of the source, never more than a window at once."""
    if isinstance(source, bytes | bytearray):
        source = [bytes(source)]
    if hasattr(source, "read"):
        yield from iter(lambda: source.read(window), b"")
        return
    for chunk in source:
        for at in range(0, len(chunk), window):
            yield chunk[at : at + window]


@dataclass(slots=True)
class _Pending:
    """A transaction set whose interchange is not closed yet."""

    kind: str
    version: str | None
    header: pa.Table | None = None  # its row of the transactions, of an 835
    bpr_segment: int = 1
    digest: Any = field(default_factory=hashlib.sha256)
    segments: int = 0
    claims: int = 0
    paid: int = 0
    held: int = 0
    known: bool = True  # every amount could be read
    even: bool = True  # every claim balances


class _State:
    """What goes on from window to window."""

    def __init__(self) -> None:
        self.walk = Walk(Problems())
        self.opening: Opening | None = None  # of the interchange that goes on
        self.rows = self.claims = self.lines = 0  # of earlier windows
        self.pending: dict[int, _Pending] = {}
        self.given_sets = self.given_interchanges = 0
        self.damaged: set[int] = set()
        self.told: set[Problem] = set()

    def size(self, data: bytes) -> int:
        """How much of these bytes can be read without the next; 0 for nothing yet."""
        starts = openings(data, 0, Problems(), self.opening)
        if not starts:
            return 0
        delimiters = starts[-1].delimiters
        element, end = bytes([delimiters.element]), bytes([delimiters.segment])
        places = [
            (data.rfind(end + between + tag + element), len(end + between))
            for tag in (b"CLP", b"ST")
            for between in (b"", b"\n", b"\r\n")
        ]
        size = max((at + behind for at, behind in places if at >= 0), default=0)
        # An ISA that only the segment behind it tells the end of must not be cut off from it.
        whole = openings(data[:size], 0, Problems(), self.opening)
        return size if whole == [start for start in starts if start.at < size] else 0

    def indexed(self, data: bytes, problems: Problems) -> tuple[Segments, list[Piece]]:
        """The segments of one window."""
        starts = openings(data, 0, problems, self.opening)
        self.opening = starts[-1] if starts else None
        pieces = list(cut_at(data, starts, 0, problems))
        segments = index(pieces)
        if segments.broken:
            pieces = unwrapped(pieces, segments.broken, problems)
            segments = index(pieces)
        return segments, pieces

    def decoded(self, data: bytes, *, last: bool) -> Window:
        """The tables of one window."""
        problems, base = Problems(), self.rows
        segments, pieces = self.indexed(data, problems)
        reading = self._walked(segments, pieces, problems, last=last)
        envelope = list(problems.rows)
        sets = Sets(reading, guide.GUIDE, problems)
        part = read_part(sets)
        struck = balance(
            self._payments(part), part.claims, part.lines, part.adjustments, part.provider_adjustments
        )
        report_balance(part, struck)
        lines, claims = balanced_claims(part.owner, struck)
        counted = self._counted_on(part)
        self._gather(part, struck, claims)
        self.damaged |= problems.damaged()
        sound = self._sound(reading)
        transactions, given = self._settled(problems)
        of_claims, of_lines = (sets.set_of(rows) for rows in (part.owner.claims_at, part.owner.lines_at))
        shift = {"transaction": reading.first_set, "claim": self.claims, "line": self.lines}
        tables_ = {
            "claims": judged(counted, struck.claims, _verdicts(claims, sound, of_claims)),
            "names": part.names,
            "lines": judged(part.lines, struck.lines, _verdicts(lines, sound, of_lines)),
            "adjustments": part.adjustments,
            "provider_adjustments": part.provider_adjustments,
            "details": part.details,
        }
        self.rows += len(segments)
        self.claims += part.claims.num_rows
        self.lines += part.lines.num_rows
        fresh = self._untold(problems)
        decoded = Decoded835(
            interchanges=self._interchanges(),
            sets=given,
            transactions=transactions,
            problems=Problems(fresh).table(),
            **{name: shifted(table, shift) for name, table in tables_.items()},
        )
        kept = set(fresh)
        return Window(reading, decoded, [row for row in envelope if row in kept], base)

    def _walked(self, segments: Segments, pieces: list[Piece], problems: Problems, *, last: bool) -> Reading:
        """The sets of a window, the first of them perhaps from an earlier one."""
        walk = self.walk
        first = len(walk.set_begins) if walk.set is None else walk.set
        begins = segments.rows("ST")
        walk.problems = problems
        walk.enter(segments, pieces, begins, self.rows)
        walk.through(envelope_rows(segments), np.arange(len(pieces)), last=last)
        walk.report_empty()
        ends = walk.set_ends[first:] - self.rows
        ends[walk.set_ends[first:] == 0] = len(segments)
        for number in range(first, len(walk.set_begins)):
            if number not in self.pending:
                _, gs, st = walk.names[number]
                version = element_of(st, 3) or element_of(gs, 8)
                self.pending[number] = _Pending(kind_of(element_of(st, 1), version), version)
        count = len(ends)
        reading = Reading(
            segments,
            problems,
            isa_rows=segments.rows("ISA"),
            interchange_files=np.zeros(0, np.int64),
            acks=[],
            set_begins=walk.set_begins[first:] - self.rows,
            set_ends=ends,
            set_groups=np.full(count, -1),
            set_files=np.zeros(count, np.int64),
            intact=walk.intact[first:],
            first_set=first,
            kinds=tuple(self.pending[first + n].kind for n in range(count)),
        )
        for number, body in enumerate(bodies(reading), first):
            self.pending[number].digest.update(body)
        return reading

    def _payments(self, part: Part) -> pa.Table:
        """BPR02 and BPR03 of every set in the window, those of earlier windows included."""
        sets, first = part.sets, part.sets.reading.first_set
        segments = sets.ordinal(bpr_rows(sets)).tolist()
        for row, number in enumerate(sets.opened.tolist()):
            pending = self.pending[first + number]
            pending.header, pending.bpr_segment = part.transactions.slice(row, 1), segments[row]
        headers = [self.pending[first + number].header for number in sets.numbers.tolist()]
        columns = {
            name: [header[name][0].as_py() if header is not None else None for header in headers]
            for name in ("bpr_cents", "credit_debit")
        }
        types = tables.TRANSACTIONS
        return pa.table(
            {
                "transaction": pa.array(sets.numbers.astype(np.int32)),
                **{name: pa.array(values, types.field(name).type) for name, values in columns.items()},
            }
        )

    def _counted_on(self, part: Part) -> pa.Table:
        """The claims, those of a set from an earlier window numbered on from there."""
        earlier = np.array(
            [self.pending[n].claims for n in range(part.sets.reading.first_set, len(self.walk.set_begins))]
        )
        if not part.claims.num_rows or not earlier.any():
            return part.claims
        at = part.claims.column_names.index("position")
        moved = part.claims["position"].to_numpy() + earlier[part.sets.set_of(part.owner.claims_at)]
        return part.claims.set_column(at, part.claims.schema.field(at), rows_array(moved))

    def _gather(self, part: Part, struck: Balance, claims: Flags) -> None:
        """Add what the window says of each set to what earlier ones said."""
        sets = part.sets
        of_claims = sets.set_of(part.owner.claims_at)
        for row, number in enumerate(sets.numbers.tolist()):
            own = of_claims == number
            pending = self.pending[sets.reading.first_set + number]
            pending.claims += int(np.count_nonzero(own))
            pending.paid += int(struck.claim_paid[row])
            pending.held += int(struck.plb[row])
            pending.known &= bool(struck.transactions.known[row])
            pending.even &= bool(claims[own].all())

    def _sound(self, reading: Reading) -> list[bool | None]:
        """For each set of the window whether it can be trusted, None while that is open."""
        first = reading.first_set
        return [
            bool(self.walk.intact[number]) and number not in self.damaged
            if number < self.walk.settled
            else None
            for number in range(first, len(self.walk.set_begins))
        ]

    def _settled(self, problems: Problems) -> tuple[pa.Table, pa.Table]:
        """Rows of transactions and of sets whose interchanges have closed."""
        transactions, rows = [tables.TRANSACTIONS.empty_table()], []
        for number in range(self.given_sets, self.walk.settled):
            pending = self.pending.pop(number)
            interchange, gs, st = self.walk.names[number]
            intact = bool(self.walk.intact[number])
            named = (element_of(gs, 1), element_of(gs, 6), pending.version, element_of(st, 2))
            count = int(self.walk.set_ends[number] - self.walk.set_begins[number])
            rows.append(
                (0, interchange, number, pending.kind, *named, count, intact, pending.digest.hexdigest())
            )
            if pending.header is not None:
                transactions.append(self._transaction(number, pending, intact, problems))
        self.given_sets = max(self.given_sets, self.walk.settled)
        return pa.concat_tables(transactions), rows_table(rows, tables.SETS)

    def _transaction(self, number: int, pending: _Pending, intact: bool, problems: Problems) -> pa.Table:
        (row,) = pending.header.to_pylist() if pending.header is not None else ({},)
        payment = row["bpr_cents"] or 0
        payment = -abs(payment) if row["credit_debit"] == "D" else payment
        difference = payment - (pending.paid - pending.held)
        if pending.known and difference:
            problems.add(
                "TRANSACTION_BALANCE",
                off_by(PAYMENT, difference),
                file=0,
                transaction=number,
                segment=pending.bpr_segment,
                loop="header",
            )
        row |= {
            "transaction": number,
            "claims": pending.claims,
            "claim_paid_cents": pending.paid,
            "plb_cents": pending.held,
            "difference_cents": difference if pending.known else None,
            "balanced": pending.known
            and not difference
            and pending.even
            and intact
            and number not in self.damaged,
        }
        return pa.Table.from_pylist([row], schema=tables.TRANSACTIONS)

    def _interchanges(self) -> pa.Table:
        closed = len(self.walk.interchanges) - (self.walk.interchange is not None)
        rows = [
            interchange_row(0, number, self.walk.interchanges[number])
            for number in range(self.given_interchanges, closed)
        ]
        self.given_interchanges = max(self.given_interchanges, closed)
        return rows_table(rows, tables.INTERCHANGES)

    def _untold(self, problems: Problems) -> list[Problem]:
        """The problems of this window; what is said of the file as a whole is said once."""
        fresh = [row for row in problems.rows if row.segment is not None or row not in self.told]
        self.told.update(row for row in fresh if row.segment is None)
        return fresh


def _verdicts(even: Flags, sound: list[bool | None], set_of: Ints) -> pa.Array:
    """Balanced where the row is and its set is sound; null while that is not known."""
    known = np.array([each is not None for each in sound], np.bool_)
    good = np.array([bool(each) for each in sound], np.bool_)
    if not len(set_of):
        return pa.array(even)
    return pa.array(even & good[set_of], mask=~known[set_of])


def shifted(table: pa.Table, shift: dict[str, int]) -> pa.Table:
    """The table with its row numbers counted through from the first window."""
    for name, by in shift.items():
        if by and name in table.column_names:
            at = table.column_names.index(name)
            moved = pc.add(table[name], pa.scalar(by, pa.int32()))
            table = table.set_column(at, table.schema.field(at), moved)
    return table
