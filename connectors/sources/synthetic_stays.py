"""Synthetic stays: partial hospital, intensive outpatient, residential and detoxification, billed on an 837I.

One set of stays a few hundred encounters: most were discharged, one still runs and waits for its bill. Each is of a
patient of its own, in good order. What is billed how is left to the shipped programmes; one payer has a row of its own,
which wants its bills weekly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from connectors.sources import synthetic_people as people
from connectors.sources.synthetic_masters import Row, clinicians_for
from connectors.sources.synthetic_problems import Book

ENCOUNTERS_A_SET = 500  # of the practice, for each set of stays
ATTENDING = "CL001"  # the practice's psychiatrist, whom every payer has


@dataclass(frozen=True)
class Plan:
    """A stay to be: `days` attended or nights spent from `ago` days before the business date on.

    `codes` are the services of a day where the payer pays them one by one, '' for the day itself; `minutes` of each.
    """

    payer_id: str
    level: str
    ago: int
    days: int
    place: str
    minutes: int | None
    substance: bool = False
    codes: tuple[str, ...] = ("",)
    running: bool = False

    @property
    def attended(self) -> bool:
        """Whether it is a programme, attended on weekdays."""
        return self.level in ("php", "iop")

    def dates(self, business_date: date) -> list[date]:
        """Days with an encounter, in order."""
        days = (business_date - timedelta(days=n) for n in range(self.ago, 0, -1))
        return [day for day in days if day.weekday() < 5 or not self.attended][: self.days]


SET = (
    Plan("EXHP", "php", 26, 8, "52", 300),
    Plan("MCRB", "php", 20, 4, "52", 50, codes=("90834", "G0410")),
    Plan("EXBL", "iop", 24, 6, "11", 185),
    Plan("EXCC", "iop", 18, 6, "11", 185, substance=True),
    Plan("EXCO", "rtc_mh", 22, 9, "56", None),
    Plan("EXMD", "inpatient_detox", 14, 4, "21", None, substance=True),
    Plan("EXMD", "detox_residential", 3, 3, "55", None, substance=True, running=True),
)
SIZE = sum(plan.days * len(plan.codes) for plan in SET)
_HOURS = {"php": 20, "iop": 9}  # a week, in the plan of care
WEEKLY = {
    "payer_id": "EXBL",
    "level_of_care": "iop",
    "form": "837I",
    "type_of_bill": "013",
    "revenue_code": "0905",
}
WEEKLY |= {"code": "S9480", "line": "day", "cycle": "week"}


def encounters(practice: int) -> int:
    """How many of the practice's encounters are of stays."""
    return practice // ENCOUNTERS_A_SET * SIZE


def programmes(business_date: date) -> list[Row]:
    """The practice's own programmes: what one payer wants otherwise than the shipped rows have it."""
    return [{**WEEKLY, "effective_from": date(business_date.year - 1, 1, 1)}]


def add(book: Book, sets: int, patient: int, encounter_ids: list[str]) -> None:
    """Put `sets` sets of stays into the book; patients are numbered from `patient` on."""
    ids = iter(encounter_ids)
    for number, plan in enumerate(SET * sets):
        who = people.person(
            patient + number, book.seed, book.random, payer_id=plan.payer_id, substance=plan.substance
        )
        book.enrol(who)
        stay = _stay(book, plan, who, number)
        book.rows["stays"].append(stay)
        book.rows["authorizations"].append(_authorization(book, plan, who, number))
        for day in plan.dates(book.business_date):
            for code in plan.codes:
                book.rows["encounters"].append(
                    _encounter(plan, who, stay, day, code) | {"encounter_id": next(ids)}
                )


def _stay(book: Book, plan: Plan, who: people.Person, number: int) -> Row:
    days = plan.dates(book.business_date)
    # A bed is left on the morning after its last night.
    left = days[-1] + timedelta(days=0 if plan.attended else 1)
    row: Row = {"stay_id": people.ident(book.seed, "T", number), "patient_id": who.patient_id}
    row |= {
        "level_of_care": plan.level,
        "admitted_on": days[0],
        "admission_hour": "1400",
        "attending_id": ATTENDING,
    }
    row |= {"admission_type": "3", "admission_source": "1", "weekly_hours": _HOURS.get(plan.level)}
    row |= {"admitting_diagnosis": who.diagnoses.split()[0]}
    if not plan.running:
        row |= {"discharged_on": left, "discharge_hour": "1000", "patient_status": "01"}
    return row


def _encounter(plan: Plan, who: people.Person, stay: Row, day: date, code: str) -> Row:
    """A day of the stay, or one service in it, documented and signed on the day."""
    row: Row = {
        "patient_id": who.patient_id,
        "service_date": day,
        "signed_on": day,
        "stay_id": stay["stay_id"],
    }
    row |= {
        "rendering_id": clinicians_for(who.payer_id, ("LCSW",))[0],
        "minutes": plan.minutes,
        "codes": code,
    }
    row |= {
        "service_kind": "other" if code else "programme_day",
        "diagnoses": who.diagnoses,
        "modality": "in_person",
    }
    row |= {"patient_location": "office", "place_of_service": plan.place, "part2": who.substance}
    return row | {"level_of_care": plan.level, "new_patient": False, "interactive_complexity": False}


_APPROVED = {"php": "H0035", "iop": "S9480 H0015", "rtc_mh": "1001", "inpatient_detox": "0126"}


def _authorization(book: Book, plan: Plan, who: people.Person, number: int) -> Row:
    return {
        "authorization_id": people.ident(book.seed, "S", number),
        "patient_id": who.patient_id,
        "payer_id": who.payer_id,
        "number": f"STAY{number + 1:08d}",
        "codes": _APPROVED.get(plan.level, "0126"),
        "level_of_care": plan.level,
        "units_approved": 30,
        "valid_from": book.business_date - timedelta(days=60),
        "valid_to": book.business_date + timedelta(days=60),
        "provider_id": None,
        "status": "approved",
    }
