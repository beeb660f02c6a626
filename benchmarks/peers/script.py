"""Straightforward backfills: edi-835-parser, and objects of SQLAlchemy's ORM.

    python benchmarks/peers/script.py little DATABASE FILE…     # a row a claim, line and adjustment, nothing posted
    python benchmarks/peers/script.py books DATABASE FILE…      # also looks for the claim, has keys, and posts
    python benchmarks/peers/script.py merge DATABASE FILE…      # the same, and asks the database about each row

In the peers' own environment. Prints one JSON object: seconds of wall and CPU without imports, claims and rows. Amounts
are floats as the parser gives them, nothing is checked, and a file is one commit. ``books`` keeps about what our ledger
keeps: a key made of the content, the line and the claim that each row belongs to, their indexes, and two entries for
what was charged, for what was paid and for each adjustment of a line. ``merge`` asks the database about each row
by ``Session.merge``, the ORM's way to add what may be there.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from edi_835_parser import parse
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column


class Base(DeclarativeBase):
    """The tables."""


class Row(Base):
    """A claim, a line or an adjustment, of a script that keeps little."""

    __tablename__ = "rows"
    id = mapped_column(sa.Integer, primary_key=True)
    kind = mapped_column(sa.Text)
    control = mapped_column(sa.Text, index=True)
    charge = mapped_column(sa.Float)
    paid = mapped_column(sa.Float)


class Claim(Base):
    """An answered claim."""

    __tablename__ = "claims"
    id = mapped_column(sa.Text, primary_key=True)
    remittance = mapped_column(sa.Text, index=True)
    control = mapped_column(sa.Text, index=True)
    matched = mapped_column(sa.Text, index=True)
    charge = mapped_column(sa.Float)
    paid = mapped_column(sa.Float)


class Line(Base):
    """One of its lines."""

    __tablename__ = "lines"
    id = mapped_column(sa.Text, primary_key=True)
    remittance = mapped_column(sa.Text, index=True)
    claim = mapped_column(sa.Text, index=True)
    charge = mapped_column(sa.Float)
    paid = mapped_column(sa.Float)


class Adjustment(Base):
    """An adjustment of a line."""

    __tablename__ = "adjustments"
    id = mapped_column(sa.Text, primary_key=True)
    remittance = mapped_column(sa.Text, index=True)
    line = mapped_column(sa.Text, index=True)
    amount = mapped_column(sa.Float)


class Entry(Base):
    """One side of what is posted."""

    __tablename__ = "entries"
    id = mapped_column(sa.Text, primary_key=True)
    remittance = mapped_column(sa.Text, index=True)
    claim = mapped_column(sa.Text, index=True)
    account = mapped_column(sa.Text, index=True)
    amount = mapped_column(sa.Float)


def main(keeps: str, database: str, *files: str) -> None:
    """Parse and store all files."""
    engine = sa.create_engine(f"sqlite:///{database}")
    Base.metadata.create_all(engine)
    wall, cpu, claims, rows = time.perf_counter(), time.process_time(), 0, 0
    for file in files:
        with Session(engine, autoflush=False) as session:
            found = [claim for each in parse(file) for claim in each.claims]
            for number, claim in enumerate(found):
                made = little(claim) if keeps == "little" else books(session, file, number, claim)
                for row in made:
                    (session.merge if keeps == "merge" else session.add)(row)
                    rows += 1
            claims += len(found)
            session.commit()
    took = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps(took | {"claims": claims, "rows": rows}))


def little(found: Any) -> Iterator[Base]:
    """A row each."""
    control, claim = found.claim.marker, found.claim
    yield row("claim", control, claim.charge_amount, claim.paid_amount)
    for each in found.services:
        yield row("line", control, each.service.charge_amount, each.service.paid_amount)
        for one in each.adjustments:
            yield row("adjustment", control, one.amount, 0)


def row(kind: str, control: str, charge: Any, paid: Any) -> Row:
    """One row."""
    return Row(kind=kind, control=control, charge=float(charge), paid=float(paid))


def books(session: Session, file: str, number: int, found: Any) -> Iterator[Base]:
    """The claim, what it answers, its lines and adjustments, and what follows for the books."""
    control, key = found.claim.marker, digest(file, number)
    if session.get(Claim, key) is not None:
        return
    answered = session.scalar(sa.select(Claim.id).where(Claim.control == control).limit(1)) or key
    charge, paid = float(found.claim.charge_amount), float(found.claim.paid_amount)
    yield Claim(id=key, remittance=file, control=control, matched=answered, charge=charge, paid=paid)
    for position, each in enumerate(found.services):
        line = digest(key, position)
        charge, paid = float(each.service.charge_amount), float(each.service.paid_amount)
        yield Line(id=line, remittance=file, claim=key, charge=charge, paid=paid)
        moves = [("receivable", "revenue", charge), ("cash", "receivable", paid)]
        for turn, one in enumerate(each.adjustments):
            amount = float(one.amount)
            yield Adjustment(id=digest(line, turn), remittance=file, line=line, amount=amount)
            moves.append(("adjustments", "receivable", amount))
        for turn, (debit, credit, amount) in enumerate(moves):
            for account, side in ((debit, amount), (credit, -amount)):
                entry = digest(line, turn, account)
                yield Entry(id=entry, remittance=file, claim=answered, account=account, amount=side)


def digest(*parts: Any) -> str:
    """A key made of the content."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:32]


if __name__ == "__main__":
    main(*sys.argv[1:])
