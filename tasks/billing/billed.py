"""Charge lines beside what the rules read of their visit, payer and clinicians.

A charge line as the ledger has it names people and payers; a rule asks for the class of the clinician, the payer's
ways, the times of the session. Lines that are judged have it from ``coding``. Lines billed earlier, lines of a
back-test and lines of a file get the same here, so that a rule sees the same line whichever way it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import pandas as pd

from tasks.billing import coding, deadlines
from tasks.billing.context import Column, Masters, beside, beside_each, words
from tasks.billing.institutional import stays
from tasks.billing.visits import SUPERVISED_CLASS

OF_VISIT = words(
    "minutes therapy_minutes em_level modality patient_location new_patient service_kind start_time end_time em_basis"
    " patient_state location_id"
)
# Columns of the encounters' versions that are read, and no more.
OF_VERSION = ["row_id", "rendering_id", *OF_VISIT]
OF_PAYER = words(
    "payer_class telehealth_rule audio_allowed telehealth_codes modifier_order quarter_hour_rule programme_minutes"
    " beside_programme filing_basis"
)
FILING = "timely_filing_days"


def completed(lines: pd.DataFrame, versions: pd.DataFrame | None, known: Masters) -> pd.DataFrame:
    """Lines with the columns of ``scrub.common`` that are not the charge's own; what a line brings itself stays.

    `versions` are the encounters that were billed (OF_VERSION, found by ``encounter_row_id``), None for lines of a
    file, which say themselves what they know of the session.
    """
    if versions is None:
        return beside_masters(lines, known)
    visits = versions.drop_duplicates("row_id").set_index("row_id")
    at = lines["encounter_row_id"]
    found = {name: _own(lines, name, beside(at, visits[name])) for name in OF_VISIT}
    return beside_masters(lines.assign(**found, treating_id=beside(at, visits["rendering_id"])), known)


def beside_masters(lines: pd.DataFrame, known: Masters, only: Collection[str] | None = None) -> pd.DataFrame:
    """The same of lines that have OF_VISIT already, and in `treating_id` the clinician of the session.

    `only` limits what is looked up to the columns that will be asked for.
    """

    def asked(*names: str) -> list[str]:
        return [name for name in names if only is None or name in only]

    found = _of_payers(lines, known, asked)
    classes = known.providers.set_index("provider_id")["provider_class"]
    # Who treated is known of a session; of a line of a file it is the clinician it names.
    of_session = "treating_id" in lines
    if asked("treating_class") and of_session:
        found["treating_class"] = beside(lines["treating_id"], classes)
    if by_class := asked("provider_class", "payer_class_codes", "treating_class"):
        found["provider_class"] = _credentialed(lines, classes)
    if "stay_id" in lines and (wanted := asked(*stays.STAY_COLUMNS)):
        of_stays = stays.beside_visits(lines, known.stays)
        found |= {name: of_stays[name] for name in wanted}
    rows = lines.assign(**{name: _own(lines, name, theirs) for name, theirs in found.items()})
    if by_class and not of_session:
        rows["treating_class"] = rows["provider_class"]
    if asked("payer_class_codes"):
        judged = rows[["payer_id", "service_date"]].assign(credentialed_class=rows["provider_class"])
        rows["payer_class_codes"] = coding.class_codes(judged, known.payer_classes)
    return rows.drop(columns="treating_id", errors="ignore")


def _of_payers(lines: pd.DataFrame, known: Masters, asked: Callable[..., list[str]]) -> dict[str, Column]:
    """What `asked` lets through of the payers' ways, and of the days they give to file."""
    names = {f"payer_{name.removeprefix('payer_')}": name for name in OF_PAYER}
    payers = known.payers.set_index("payer_id")
    wanted = asked(*names)
    days = asked("payer_timely_filing_days")
    read = dict.fromkeys([names[name] for name in wanted] + (["filing_basis", FILING] if days else []))
    values = beside_each(lines["payer_id"], payers[[*read]])
    found = {name: values[names[name]] for name in wanted}
    if days:
        found[days[0]] = deadlines.filing_days(lines["service_date"], values[FILING], values["filing_basis"])
    return found


def _credentialed(lines: pd.DataFrame, classes: Column) -> Column:
    """The class that counts, as ``visits`` has it: an intern who is named beside a supervisor bills as that one."""
    rendering = beside(lines["rendering_id"], classes)
    if "supervising_id" not in lines:
        return rendering
    lent = (rendering == SUPERVISED_CLASS).fillna(False).astype(bool) & lines["supervising_id"].notna()
    return rendering.mask(lent, beside(lines["supervising_id"], classes))


def _own(lines: pd.DataFrame, name: str, theirs: Column) -> Column:
    """The lines' own column, and what is on file where they say nothing."""
    return lines[name].fillna(theirs) if name in lines else theirs
