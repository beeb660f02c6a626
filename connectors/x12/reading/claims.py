"""837 bytes back to the tables that they are written from.

What `encode_837` wrote comes back as it was given, but for what the wire does not tell: rows come in the file's order,
defaults (A, Y, UN, EI) are filled in, ``service_to`` is ``service_from`` where one day is written, a line without a
place of service has its claim's, and where 2310B is left out of an 837P the billing provider rendered the service.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.x12 import tables837 as tables
from connectors.x12.guides.reading_837 import GUIDES, TRANSACTIONS, Reading837
from connectors.x12.problems import Problems, off_by
from connectors.x12.reading.claim_columns import (
    Instances,
    Reader,
    above,
    below,
    openers,
    report_unread,
    text_of,
)
from connectors.x12.reading.claim_repeats import codes, reasons
from connectors.x12.reading.columns import positions, rows_array, sums
from connectors.x12.reading.grammar import Sets
from connectors.x12.reading.interchanges import Reading, read
from connectors.x12.reading.segments import Ints
from connectors.x12.reading.set_tables import interchange_table, set_table

Columns = dict[str, pa.Array]
_CHARGE = {"837P": "SV102", "837I": "SV203"}  # of a line


@dataclass(frozen=True, slots=True)
class Decoded837:
    """Arrow tables; schemas in ``connectors.x12.tables`` and ``tables837.DECODED_837``.

    ``claim`` is the row of ``claims``. The columns of ``tables837.TABLES_837`` follow the keys, so that
    ``claims.select(CLAIMS_837.names)`` and the like are what ``encode_837`` takes.
    """

    interchanges: pa.Table
    sets: pa.Table
    transactions: pa.Table
    claims: pa.Table
    lines: pa.Table
    other_payers: pa.Table
    line_payments: pa.Table
    adjustments: pa.Table
    claim_codes: pa.Table
    attachments: pa.Table
    problems: pa.Table


def decode_837(data: bytes | Sequence[bytes]) -> Decoded837:
    """Every 837P and 837I in the bytes of one file, or of many in one pass.

    Never raises for what the bytes hold: what is wrong is in ``problems``, and so is what no column holds
    (SEGMENT_NOT_READ, ELEMENT_NOT_READ). A claim that is not the sum of its lines (LINE_CHARGES) and a segment that
    stands behind one that should follow it in its loop (SEGMENT_ORDER) are told of and read as they are. Sets of other
    kinds are listed in ``sets`` and not decoded. The claims of professional sets come before those of institutional
    ones.
    """
    return decode(read(data))


def decode(reading: Reading) -> Decoded837:
    """As ``decode_837``, of bytes already read."""
    problems = Problems(reading.problems.rows)
    found: dict[str, list[pa.Table]] = {name: [] for name in ("transactions", *tables.TABLES_837)}
    for room in GUIDES.values():
        if not len(reading.numbers_of(room.grammar.kinds)):
            continue
        claims = sum(table.num_rows for table in found["claims"])
        for name, table in _Claims(reading, room, problems, claims).tables().items():
            found[name].append(table)
    return Decoded837(
        interchanges=interchange_table(reading),
        sets=set_table(reading),
        **{name: _together(listed, SCHEMAS[name]) for name, listed in found.items()},
        problems=problems.table(),
    )


SCHEMAS = {"transactions": tables.TRANSACTIONS_837, **tables.DECODED_837}


def _together(listed: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    """One table of those of each guide."""
    return (
        pa.concat_tables([schema.empty_table(), *listed]).combine_chunks() if len(listed) != 1 else listed[0]
    )


class _Claims:
    """The claims of one guide's sets. Claims, lines, payers and payments are numbered in the file's order."""

    def __init__(self, reading: Reading, room: Reading837, problems: Problems, before: int) -> None:
        self.room, self.guide, self.before = room, room.guide, before
        self.sets = Sets(reading, room.grammar, problems)
        self.claims_at = openers(self.sets, "CLM", "2300")
        self.lines_at = openers(self.sets, "LX", "2400")
        self.payers_at = openers(self.sets, "SBR", "2320")
        self.payments_at = openers(self.sets, "SVD", "2430")

    def tables(self) -> dict[str, pa.Table]:
        """All tables of these sets but the envelope's; what is not read is reported on the way."""
        sets = self.sets
        transactions = self._transactions()
        codes_ = codes(sets, self.claims_at)
        claims = self._claims() | codes_.claims
        lines = self._lines(claims)
        self._report_charges(claims, lines)
        payers = self._payers()
        payer_of = self._payer_of_payment(payers)
        found = {
            "transactions": transactions,
            "claims": self._table("claims", self.claims_at, claims),
            "lines": self._table("lines", self.lines_at, lines),
            "other_payers": self._table("other_payers", self.payers_at, payers),
            "line_payments": self._table(
                "line_payments", self.payments_at, self._payments(lines, payers, payer_of)
            ),
            "adjustments": self._adjustments(lines, payers, payer_of),
            "claim_codes": self._table("claim_codes", codes_.rows, codes_.columns),
            "attachments": self._attachments(),
        }
        report_unread(sets, self.room.elements)
        return found

    def _table(self, name: str, rows: Ints, given: Columns) -> pa.Table:
        """A table of DECODED_837; rows outside every claim (reported as misplaced) have no claim."""
        sets = self.sets
        claim = sets.owner(self.claims_at, rows)
        ids = text_of(sets, self.claims_at, "CLM01")
        columns = {
            "transaction": rows_array(sets.set_of(rows)),
            "claim": rows_array(np.where(claim >= 0, claim + self.before, -1)),
            "segment": rows_array(sets.ordinal(rows)),
            "claim_id": ids.take(rows_array(claim)) if len(ids) else pa.nulls(len(rows), pa.string()),
            **given,
        }
        schema = tables.DECODED_837[name]
        arrays = [
            columns[f.name].cast(f.type) if f.name in columns else pa.nulls(len(rows), f.type) for f in schema
        ]
        return pa.Table.from_arrays(arrays, schema=schema)

    def _read(self, table: str, instances: dict[str, Instances], but: Sequence[str] = ()) -> Columns:
        """The columns of a table that stand in its guide's templates."""
        reader = Reader(self.sets, self.room.places[table], instances)
        return {
            field.name: reader.column(field.name, field.type)
            for field in tables.TABLES_837[table]
            if field.name in reader.places and field.name not in but
        }

    # --- header ---

    def _transactions(self) -> pa.Table:
        sets, at = self.sets, self.sets.rows("ST")
        found: dict[str, pa.Array] = {
            "transaction": rows_array(sets.set_of(at)),
        }
        bht = sets.first(at, "header", "BHT", "")
        ordinal = np.full(len(at), -1)
        ordinal[bht >= 0] = sets.ordinal(bht[bht >= 0])
        found["segment"] = rows_array(ordinal)
        types = {f.name: f.type for f in tables.TRANSACTIONS_837}
        for name, (loop, text) in TRANSACTIONS.items():
            if loop == "header":
                found[name] = sets.column(at, loop, text, types[name], name)
                continue
            party = below(sets, openers(sets, "NM1", loop), at)
            sets.used[party.at] = True
            found[name] = party.take(sets.column(party.at, loop, text, types[name], name))
        return pa.table(
            [found[f.name].cast(f.type) for f in tables.TRANSACTIONS_837], schema=tables.TRANSACTIONS_837
        )

    # --- claims ---

    def _claims(self) -> Columns:
        sets, at, guide = self.sets, self.claims_at, self.guide
        identity = Instances(at, np.arange(len(at)))
        instances = {"2300": identity, **self._levels()}
        for loop in guide.claim:
            if loop.name != "2300":
                entity = loop.segments[0].qualifier
                instances[loop.name] = below(sets, openers(sets, "NM1", loop.name), at, entity)
        found = self._read("claims", instances, ("billing_tax_qualifier", "billing_tax_id"))
        found |= self._tax_id(instances["2010AA"])
        return self._filled(found, self._relationship(instances))

    def _levels(self) -> dict[str, Instances]:
        """The loops above each claim: its provider, its subscriber, and the patient who is not the subscriber."""
        sets, at = self.sets, self.claims_at
        found: dict[str, Instances] = {}
        since: Ints = np.zeros(len(at), np.int64)
        for level, loops in self.guide.hierarchy.items():
            found[level] = above(sets, openers(sets, "HL", level), at, since)
            since = _opened(found[level])
            for loop in loops:
                if loop.name != level:
                    found[loop.name] = above(sets, openers(sets, "NM1", loop.name), at, since)
        return found

    def _tax_id(self, billing: Instances) -> Columns:
        """REF*EI or REF*SY of 2010AA."""
        read = {
            qualifier: billing.take(
                self.sets.column(billing.at, "2010AA", f"REF*{qualifier} 02", pa.string(), "billing_tax_id")
            )
            for qualifier in ("EI", "SY")
        }
        both = pc.coalesce(read["EI"], read["SY"])
        which = pc.if_else(pc.is_valid(read["EI"]), "EI", pc.if_else(pc.is_valid(read["SY"]), "SY", None))
        return {"billing_tax_id": both, "billing_tax_qualifier": which}

    def _relationship(self, instances: dict[str, Instances]) -> pa.Array:
        """SBR02, which is 18 or nothing, else PAT01."""
        sets = self.sets
        own, patient = (
            instances[level].take(sets.column(instances[level].at, level, text, pa.string(), "relationship"))
            for level, text in (("2000B", "SBR02"), ("2000C", "PAT01"))
        )
        return pc.coalesce(own, patient)

    def _filled(self, found: Columns, relationship: pa.Array) -> Columns:
        """What a claim says by leaving it out."""
        found["relationship"] = relationship
        if self.guide.kind == "837P":
            unsaid = pc.is_null(found["rendering_npi"])
            for name in ("rendering_last_name", "rendering_taxonomy"):
                unsaid = pc.and_(unsaid, pc.is_null(found[name]))
            found["rendering_npi"] = pc.if_else(unsaid, found["billing_npi"], found["rendering_npi"])
        return found

    # --- lines ---

    def _lines(self, claims: Columns) -> Columns:
        sets, at = self.sets, self.lines_at
        instances = {"2400": Instances(at, np.arange(len(at)))}
        for loop in self.guide.line:
            if loop.name != "2400":
                entity = loop.segments[0].qualifier
                instances[loop.name] = below(sets, openers(sets, "NM1", loop.name), at, entity)
        found = self._read("lines", instances)
        if "place_of_service" in found and len(self.claims_at):
            claimed = claims["place_of_service"].take(rows_array(sets.owner(self.claims_at, at)))
            found["place_of_service"] = pc.coalesce(found["place_of_service"], claimed)
        return found

    def _report_charges(self, claims: Columns, lines: Columns) -> None:
        """Claims that are not the sum of their lines; those without lines or with an unknown amount are left out."""
        sets, count = self.sets, len(self.claims_at)
        owner = sets.owner(self.claims_at, self.lines_at)
        owned = owner >= 0
        charged, known = (
            column.to_numpy(zero_copy_only=False)[owned]
            for column in (pc.fill_null(lines["charge_cents"], 0), pc.is_valid(lines["charge_cents"]))
        )
        total, owner = sums(owner[owned], charged, count), owner[owned]
        lined = np.bincount(owner, minlength=count) > 0
        lined[owner[~known]] = False
        off = pc.subtract(claims["charge_cents"], pa.array(total))
        wrong = np.flatnonzero(
            lined & pc.fill_null(pc.not_equal(off, 0), False).to_numpy(zero_copy_only=False)
        )
        what = f"CLM02 - {_CHARGE[self.guide.kind]}"
        messages = [off_by(what, cents) for cents in off.take(rows_array(wrong)).to_pylist()]
        sets.report("LINE_CHARGES", self.claims_at[wrong], messages)

    # --- other payers ---

    def _payers(self) -> Columns:
        sets, at = self.sets, self.payers_at
        instances = {"2320": Instances(at, np.arange(len(at)))}
        for name in ("2330A", "2330B"):
            instances[name] = below(sets, openers(sets, "NM1", name), at)
        found = self._read("other_payers", instances)
        return found | {"position": rows_array(positions(sets.owner(self.claims_at, at)))}

    def _payer_of_payment(self, payers: Columns) -> Ints:
        """The row of the other payer that SVD01 of each line payment names, -1 for none."""
        sets, at = self.sets, self.payments_at
        if not len(at) or not len(self.payers_at):
            found: Ints = np.full(len(at), -1)
        else:
            ids = pa.concat_arrays([payers["payer_id"], text_of(sets, at, "SVD01")])
            number = pc.fill_null(ids.dictionary_encode().indices, -1).to_numpy().astype(np.int64)
            claim = np.concatenate([sets.owner(self.claims_at, rows) for rows in (self.payers_at, at)])
            key = np.where((number >= 0) & (claim >= 0), claim * (len(ids) + 1) + number, -1)
            found = _found_at(key[: len(self.payers_at)], key[len(self.payers_at) :])
        sets.report("CODE_UNKNOWN", at[found < 0], "SVD01 names no other payer of the claim", 1)
        return found

    def _payments(self, lines: Columns, payers: Columns, payer_of: Ints) -> Columns:
        sets, at = self.sets, self.payments_at
        found = self._read("line_payments", {"2430": Instances(at, np.arange(len(at)))})
        return found | {
            "line": _at(lines["position"], sets.owner(self.lines_at, at)),
            "payer": _at(payers["position"], payer_of),
        }

    def _adjustments(self, lines: Columns, payers: Columns, payer_of: Ints) -> pa.Table:
        sets = self.sets
        found = reasons(sets)
        payment, payer = _found_at(self.payments_at, found.opener), _found_at(self.payers_at, found.opener)
        of_payment = np.append(payer_of, -1)[payment]
        given = {
            **found.columns,
            "payer": _at(payers["position"], np.where(payment >= 0, of_payment, payer)),
            "line": _at(lines["position"], np.where(payment >= 0, sets.owner(self.lines_at, found.rows), -1)),
        }
        return self._table("adjustments", found.rows, given)

    def _attachments(self) -> pa.Table:
        sets = self.sets
        rows = sets.in_loop("PWK", "2300")
        sets.used[rows] = True
        given = {
            "position": rows_array(positions(sets.owner(self.claims_at, rows))),
            "report_type": text_of(sets, rows, "PWK01"),
            "transmission": text_of(sets, rows, "PWK02"),
            "control": text_of(sets, rows, "PWK06"),
        }
        return self._table("attachments", rows, given)


def _opened(level: Instances) -> Ints:
    """The segment that opened each row's instance, -1 for none."""
    return np.append(level.at, -1)[level.index]


def _at(values: pa.Array, rows: Ints) -> pa.Array:
    return values.take(rows_array(rows)) if len(values) else pa.nulls(len(rows), values.type)


def _found_at(keys: Ints, wanted: Ints) -> Ints:
    """Where each wanted key stands among the keys, the first of several; -1 for none, and for the key -1."""
    if not len(keys) or not len(wanted):
        return np.full(len(wanted), -1)
    order = np.argsort(keys, kind="stable")
    at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    return np.where((keys[order][at] == wanted) & (wanted >= 0), order[at], -1)
