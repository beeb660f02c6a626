"""Charge lines beside what the rules read of their visit, payer and clinicians.

A charge line as the ledger has it names people and payers; a rule asks for the class of the clinician, the payer's
ways, the times of the session. Lines that are judged have it from ``coding``. Lines billed earlier, lines of a
back-test and lines of a file get the same here, so that a rule sees the same line whichever way it comes.
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import coding, deadlines
from tasks.billing.context import Column, Masters, beside, words
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


def completed(lines: pd.DataFrame, versions: pd.DataFrame | None, known: Masters) -> pd.DataFrame:
    """Lines with the columns of ``scrub.common`` that are not the charge's own; what a line brings itself stays.

    `versions` are the encounters that were billed (OF_VERSION, found by ``encounter_row_id``), None for lines of a
    file, which say themselves what they know of the session.
    """
    payers = known.payers.set_index("payer_id")
    classes = known.providers.set_index("provider_id")["provider_class"]
    found: dict[str, Column] = {}
    if versions is not None:
        visits = versions.drop_duplicates("row_id").set_index("row_id")
        found |= {name: beside(lines["encounter_row_id"], visits[name]) for name in OF_VISIT}
        found["treating_class"] = beside(beside(lines["encounter_row_id"], visits["rendering_id"]), classes)
    found |= {
        f"payer_{name.removeprefix('payer_')}": beside(lines["payer_id"], payers[name]) for name in OF_PAYER
    }
    found["payer_timely_filing_days"] = deadlines.filing_days(
        lines["service_date"],
        beside(lines["payer_id"], payers["timely_filing_days"]),
        found["payer_filing_basis"],
    )
    found["provider_class"] = _credentialed(lines, classes)
    rows = lines.assign(**{name: _own(lines, name, theirs) for name, theirs in found.items()})
    asked = rows[["payer_id", "service_date"]].assign(credentialed_class=rows["provider_class"])
    return rows.assign(
        payer_class_codes=coding.class_codes(asked, known.payer_classes),
        # Who treated is known of a session; of a line of a file it is the clinician it names.
        treating_class=rows["provider_class"] if versions is None else rows["treating_class"],
    )


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
