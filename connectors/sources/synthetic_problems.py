"""Planted problems: each spoils one thing of an encounter that is clean otherwise, or of its patient's records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from connectors.sources import synthetic_masters as masters
from connectors.sources import synthetic_people as people
from connectors.sources.synthetic_masters import Row
from connectors.sources.synthetic_people import Person


@dataclass
class Book:
    """The rows so far."""

    seed: int
    business_date: date
    random: Random
    rows: dict[str, list[Row]]
    originals: list[Row] = field(default_factory=list)  # clean sessions that a duplicate may copy

    def days(self, count: int) -> list[date]:
        """`count` different days of the last 30 in order, weekdays as long as there are enough."""
        recent = [self.business_date - timedelta(days=n) for n in range(1, 31)]
        weekdays = [day for day in recent if day.weekday() < 5]
        return sorted(self.random.sample(weekdays if count <= len(weekdays) else recent, count))

    def enrol(self, who: Person) -> None:
        """Put a patient on file with policies, authorizations and consents in good order."""
        self.rows["patients"].append(people.patient_row(who, self.business_date))
        self.rows["coverages"] += people.coverage_rows(who, self.seed, self.business_date, self.random)
        self.rows["authorizations"] += people.authorization_rows(who, self.seed, self.business_date)
        self.rows["consents"] += people.consent_rows(who, self.seed, self.business_date)


# A planter gets a clean session of its own patient and spoils one thing: in the session, or in the book.
Planter = Callable[[Book, Person, Row, int], None]


def _spoil(**changes: Any) -> Planter:
    return lambda book, who, session, turn: session.update(changes)


def _drop(book: Book, kind: str, who: Person) -> list[Row]:
    """Take the patient's rows of `kind` off the book; they came last."""
    rows, mine = book.rows[kind], []
    while rows and rows[-1]["patient_id"] == who.patient_id:
        mine.append(rows.pop())
    return mine[::-1]


def _change(book: Book, kind: str, who: Person, **changes: Any) -> None:
    book.rows[kind] += [{**row, **changes} for row in _drop(book, kind, who)]


def _coverage_ended(book: Book, who: Person, session: Row, turn: int) -> None:
    _change(book, "coverages", who, effective_to=session["service_date"] - timedelta(days=1 + turn % 20))


def _no_coverage(book: Book, who: Person, session: Row, turn: int) -> None:
    _drop(book, "coverages", who)


def _authorization_missing(book: Book, who: Person, session: Row, turn: int) -> None:
    """None on file, or one that was never approved."""
    session.update(service_kind="psychotherapy", minutes=60)
    rows = _drop(book, "authorizations", who)
    book.rows["authorizations"] += [{**row, "status": "pended"} for row in rows if turn % 2]


def _authorization_expired(book: Book, who: Person, session: Row, turn: int) -> None:
    session.update(service_kind="psychotherapy", minutes=60)
    _change(book, "authorizations", who, valid_to=session["service_date"] - timedelta(days=1 + turn % 5))


def _authorization_exhausted(book: Book, who: Person, session: Row, turn: int) -> None:
    """A crisis session earns three units where two are left: no order of sessions makes it fit."""
    session.update(service_kind="crisis", minutes=105, interactive_complexity=False)
    _change(book, "authorizations", who, units_approved=2)


def _part2_without_consent(book: Book, who: Person, session: Row, turn: int) -> None:
    """Never signed, revoked on the day, or expired."""
    rows, day = _drop(book, "consents", who), session["service_date"]
    late = [{"revoked_on": day}, {"expires_on": day - timedelta(days=1)}]
    book.rows["consents"] += [{**row, **late[turn % 3 - 1]} for row in rows if turn % 3]


def _timely_filing(book: Book, who: Person, session: Row, turn: int) -> None:
    session["service_date"] = book.business_date - timedelta(days=100 + turn % 20)
    session["signed_on"] = session["service_date"]


def _duplicate(book: Book, who: Person, session: Row, turn: int) -> None:
    """The same session once more, under an id that sorts after the first one's."""
    copy_id = session["encounter_id"]
    row = next((n for n, first in enumerate(book.originals) if first["encounter_id"] < copy_id), 0)
    session.update({**book.originals.pop(row), "encounter_id": copy_id})


def _without_audio(book: Book, who: Person, session: Row, turn: int) -> None:
    session.update(modality="audio", patient_location="home", place_of_service=None)


def _therapist_intake(book: Book, who: Person, session: Row, turn: int) -> None:
    session.update(service_kind="intake_medical", minutes=60)


def _unenrolled(book: Book, who: Person, session: Row, turn: int) -> None:
    session["rendering_id"] = masters.UNENROLLED


ANY = tuple(masters.PAYERS)
PLANTERS: dict[str, tuple[tuple[str, ...], Planter]] = {
    # name: payers of the patient, planter
    "unsigned_note": (ANY, _spoil(signed_on=None)),
    "coverage_ended": (ANY, _coverage_ended),
    "no_coverage": (ANY, _no_coverage),
    "clinician_not_enrolled": (tuple(p for p in ANY if masters.never_enrolled(p)), _unenrolled),
    "clinician_enrolled_later": (tuple(p for p in ANY if not masters.never_enrolled(p)), _unenrolled),
    "licence_lapsed": (ANY, _spoil(rendering_id=masters.LAPSED)),
    "authorization_missing": (("EXHP", "EXCC", "EXCO"), _authorization_missing),
    "authorization_expired": (("EXHP", "EXCC", "EXCO"), _authorization_expired),
    "authorization_exhausted": (("EXCO",), _authorization_exhausted),
    "part2_without_consent": (("EXHP", "EXBL", "EXMD", "EXCC", "EXCO"), _part2_without_consent),
    "header_diagnosis": (ANY, _spoil(diagnoses="F33")),
    "diagnosis_not_valid": (ANY, _spoil(diagnoses="F50.02 F41.1")),
    "short_session": (ANY, _spoil(minutes=12)),
    "duplicate": (ANY, _duplicate),
    "timely_filing": (("EXHP", "EXCO"), _timely_filing),
    "telehealth_mismatch": (("EXBL", "EXCC"), _without_audio),
    "intake_medical_by_therapist": (ANY, _therapist_intake),
    "z_code_first": (ANY, _spoil(diagnoses="Z56.6 F43.23")),
}
