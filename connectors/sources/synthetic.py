"""A synthetic behavioural-health practice as CSV files: for the demo, for tests, for trying things out.

`write_practice` writes one file for each kind of master data, with encounters of the 30 days before the business
date, from 500 on with stays in programmes and beds. Most are clean. About one in nine has one planted problem
(`PLANTED`), so that every kind of hold can be seen; which one an encounter has is not in the files, only in `planted`.
The same arguments give the same bytes.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from connectors.sources import synthetic_masters as masters
from connectors.sources import synthetic_money as money
from connectors.sources import synthetic_people as people
from connectors.sources import synthetic_stays as stays
from connectors.sources import synthetic_visits as visits
from connectors.sources.catalogue import KINDS
from connectors.sources.synthetic_masters import Row, allowances, practice
from connectors.sources.synthetic_people import ident
from connectors.sources.synthetic_problems import ANY, PLANTERS, Book

__all__ = ["PLANTED", "allowances", "planted", "practice", "write_practice"]

PLANTED_PERCENT = 11
PLANTED: tuple[str, ...] = tuple(PLANTERS)


def planted(encounters: int, seed: int) -> dict[str, str]:
    """encounter_id → name of the planted problem, of the practice with these arguments.

    Eleven in a hundred; from 200 encounters on at least two of each kind.
    """
    count = round(encounters * PLANTED_PERCENT / 100)
    if encounters >= 200:
        count = max(count, 2 * len(PLANTED))
    return {_encounter_id(seed, number): PLANTED[number % len(PLANTED)] for number in range(count)}


def _encounter_id(seed: int, number: int) -> str:
    return ident(seed, "E", number)


# --- the practice ------------------------------------------------------------------------------------------------


def write_practice(folder: Path, encounters: int, seed: int, business_date: date) -> dict[str, Path]:
    """Write ``KIND.csv`` for each kind of master data into `folder`; gives kind → path.

    Dates are ISO 8601, flags true or false, absent values empty. Encounters are in order of date and id.
    """
    book = _book(encounters, seed, business_date)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {kind: folder / f"{kind}.csv" for kind in book.rows}
    for kind, path in paths.items():
        _write(path, COLUMNS[kind].split(), book.rows[kind])
    return paths


def _book(encounters: int, seed: int, business_date: date) -> Book:
    book = Book(seed, business_date, Random(f"cleanclaim {seed}"), {kind: [] for kind in COLUMNS})  # noqa: S311
    book.rows["payers"] = list(masters.PAYERS.values())
    book.rows["providers"] = masters.clinicians(business_date)
    book.rows["enrollments"] = masters.enrollments(business_date)
    book.rows["fees"] = masters.fees(business_date)
    book.rows["contracts"] = masters.contracts(business_date)
    book.rows["programmes"] = stays.programmes(business_date)
    problems = planted(encounters, seed)
    of_stays = stays.encounters(encounters)
    patients = _add_clean(book, encounters - of_stays, len(problems))
    for number, (encounter_id, name) in enumerate(problems.items()):
        _add_planted(book, patients + number, number // len(PLANTED), encounter_id, name)
    ids = [_encounter_id(seed, number) for number in range(encounters - of_stays, encounters)]
    stays.add(book, of_stays // stays.SIZE, patients + len(problems), ids)
    book.rows["patient_payments"] = money.payments(book)
    ending, booked = money.running_out(book)
    book.rows["authorizations"] += ending
    book.rows["schedule"] += booked
    book.rows["encounters"].sort(key=lambda row: (row["service_date"], row["encounter_id"]))
    for kind, key in (("patients", "patient_id"), ("coverages", "coverage_id")):
        book.rows[kind].sort(key=lambda row, key=key: row[key])  # type: ignore[misc]
    return book


def _add_clean(book: Book, encounters: int, problems: int) -> int:
    """The clean encounters, a patient's in order of date; gives the number of their patients."""
    patients = max(1, encounters // 4 - problems, encounters // 8)
    number = problems
    for patient in range(patients):
        payer_id = ANY[patient % len(ANY)]
        substance = visits.in_programme(patient)
        who = people.person(patient, book.seed, book.random, payer_id=payer_id, substance=substance)
        book.enrol(who)
        share = (encounters - problems) // patients + (patient < (encounters - problems) % patients)
        for session in visits.sessions(who, book.days(share), book.business_date, book.random):
            session["encounter_id"] = _encounter_id(book.seed, number)
            number += 1
            book.rows["encounters"].append(session)
            if session["service_kind"] == "psychotherapy":
                book.originals.append(session)
    return patients


def _add_planted(book: Book, patient: int, turn: int, encounter_id: str, name: str) -> None:
    """One encounter of a patient of its own, clean but for the planted problem."""
    payers, plant = PLANTERS[name]
    payer_id, substance = payers[turn % len(payers)], name == "part2_without_consent"
    who = people.person(patient, book.seed, book.random, payer_id=payer_id, substance=substance)
    session = visits.plain_session(who, book.days(1)[0], book.random)
    session["encounter_id"] = encounter_id
    if name != "duplicate":
        book.enrol(who)
    plant(book, who, session, turn)
    book.rows["encounters"].append(session)


def _write(path: Path, columns: list[str], rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _text(value) for name, value in row.items()} for row in rows)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


# The columns of every kind of master; what a row does not say is blank.
COLUMNS = {
    kind.name: " ".join(column.name for column in kind.columns)
    for kind in KINDS.values()
    if kind.name != "deposits"
}
