"""Synthetic sessions: kinds, minutes across the codes' boundaries, modalities the payer takes, who may render them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from connectors.sources.synthetic_masters import PAYERS, PRESCRIBERS, THERAPISTS, Row, clinicians_for
from connectors.sources.synthetic_people import Person

COLUMNS = (
    "encounter_id patient_id service_date rendering_id supervising_id service_kind minutes therapy_minutes em_level"
    " new_patient interactive_complexity codes diagnoses modality patient_location place_of_service signed_on part2"
    " level_of_care"
)

# The kind of a patient's first session, in turn: eleven kinds over six payers, so that all pairs come up.
FIRST_KINDS = (
    "intake", "crisis", "intake_medical", "family", "em", "group", "em_psychotherapy", "iop_sud", "other",
    "family_without_patient", "psychotherapy",
)  # fmt: skip
USUAL = (
    ("psychotherapy",) * 12 + ("em",) * 2 + ("em_psychotherapy",) * 2 + ("group",) * 2 + ("family", "crisis")
)

_EM_MINUTES = {
    "straightforward": (16, 12),
    "low": (32, 22),
    "moderate": (48, 32),
    "high": (62, 42),
}  # new, established


def plain_session(who: Person, day: date, random: Random) -> Row:
    """A clean session that any planted problem can be put into: psychotherapy of 45 minutes, or a programme day."""
    kind = "iop_sud" if who.substance else "psychotherapy"
    session = _session(who, kind, day, day, random)
    session |= {"modality": "in_person", "patient_location": "office", "interactive_complexity": False}
    session["rendering_id"] = clinicians_for(who.payer_id, ("LCSW",))[0]
    return session if who.substance else {**session, "minutes": 45}


def in_programme(number: int) -> bool:
    """Whether patient `number` is one of the substance-use programme."""
    return FIRST_KINDS[number % len(FIRST_KINDS)] == "iop_sud"


def sessions(who: Person, days: list[date], business_date: date, random: Random) -> list[Row]:
    """The patient's sessions on `days` (in order), signed the same or the next day. Only the first is an intake."""
    rows = []
    for turn, day in enumerate(days):
        first = FIRST_KINDS[who.number % len(FIRST_KINDS)]
        kind = "iop_sud" if who.substance else first if turn == 0 else random.choice(USUAL)
        kind = "psychotherapy" if kind == "iop_sud" and not who.substance else kind
        signed = min(day + timedelta(days=random.randrange(2)), business_date)
        row = _session(who, kind, day, signed, random)
        if turn == 0 and kind == "em" and random.random() < 0.5:
            row |= {"new_patient": True, "minutes": _EM_MINUTES[row["em_level"]][0]}
        rows.append(row)
    return rows


def _session(who: Person, kind: str, day: date, signed: date, random: Random) -> Row:
    """A session of `kind` in good order; `encounter_id` is the caller's."""
    shape = _SHAPES[kind](who, random)
    modality = shape.pop("modality", None) or _modality(who.payer_id, random)
    row: dict[str, Any] = dict.fromkeys(COLUMNS.split())
    row |= {"patient_id": who.patient_id, "service_date": day, "service_kind": kind, "signed_on": signed}
    row |= {"diagnoses": who.diagnoses, "modality": modality, "part2": who.substance, "new_patient": False}
    row |= {"interactive_complexity": False, "level_of_care": "iop" if kind == "iop_sud" else None}
    row["patient_location"] = (
        "office" if modality == "in_person" else random.choice(("home", "home", "other"))
    )
    row["place_of_service"] = "11" if modality == "in_person" and random.random() < 0.5 else None
    classes = shape.pop("classes")
    row["rendering_id"] = random.choice(clinicians_for(who.payer_id, classes))
    return {**row, **shape}


def _modality(payer_id: str, random: Random) -> str:
    usual = ("in_person", "in_person", "in_person", "video", "video", "video")
    return random.choice((*usual, "audio") if PAYERS[payer_id]["audio_allowed"] else usual)


# --- one shape for each kind: minutes, levels, who may render it ---------------------------------------------------

Shape = Callable[[Person, Random], dict[str, Any]]


def _psychotherapy(who: Person, random: Random) -> dict[str, Any]:
    minutes = random.choice((16, 30, 37, 38, 45, 45, 50, 52, 53, 55, 60, 60, 75))
    classes = (*THERAPISTS, "INTERN")
    return {
        "classes": classes,
        "minutes": minutes,
        "interactive_complexity": who.child and random.random() < 0.3,
    }


def _intake(who: Person, random: Random) -> dict[str, Any]:
    return {
        "classes": THERAPISTS,
        "minutes": random.choice((50, 60, 75)),
        "interactive_complexity": who.child,
    }


def _timed(classes: tuple[str, ...], minutes: tuple[int, ...]) -> Shape:
    return lambda who, random: {"classes": classes, "minutes": random.choice(minutes)}


def _em(who: Person, random: Random) -> dict[str, Any]:
    level = random.choice(tuple(_EM_MINUTES))
    return {"classes": PRESCRIBERS, "em_level": level, "minutes": _EM_MINUTES[level][1]}


def _em_psychotherapy(who: Person, random: Random) -> dict[str, Any]:
    """E/M by decision making with psychotherapy; now and then the source codes it itself."""
    therapy = random.choice((16, 30, 37, 38, 45, 52, 53))
    level = random.choice(tuple(_EM_MINUTES))
    shape: dict[str, Any] = {"classes": PRESCRIBERS, "em_level": level, "therapy_minutes": therapy}
    shape["minutes"] = therapy + random.choice((15, 20, 25))
    if random.random() < 0.2:
        shape |= {"codes": "99214-25 90833", "em_level": "moderate", "therapy_minutes": 30, "minutes": 55}
        shape |= {"modality": "in_person"}
    return shape


def _other(who: Person, random: Random) -> dict[str, Any]:
    """Services that only the source can code: a scored questionnaire, multiple-family group."""
    code, minutes = random.choice((("96127", 20), ("90849", 90)))
    return {"classes": THERAPISTS, "codes": code, "minutes": minutes, "modality": "in_person"}


_SHAPES: dict[str, Shape] = {
    "intake": _intake,
    "intake_medical": _timed(PRESCRIBERS, (45, 60)),
    "psychotherapy": _psychotherapy,
    "crisis": _timed(THERAPISTS, (30, 60, 74, 75, 104, 105)),
    "family": _timed(THERAPISTS, (26, 45, 50, 60)),
    "family_without_patient": _timed(THERAPISTS, (26, 50)),
    "group": _timed(THERAPISTS, (60, 75, 90)),
    "em": _em,
    "em_psychotherapy": _em_psychotherapy,
    "iop_sud": lambda who, random: {
        "classes": ("LCSW", "MHC"),
        "minutes": random.choice((180, 185, 190)),
        "modality": "in_person",
    },
    "other": _other,
}
