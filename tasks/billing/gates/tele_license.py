"""Telehealth: the clinician is licensed where the patient lives, and works from an address that may be seen.

By video or telephone the patient is at home unless the encounter says otherwise, and a licence of that state is
wanted. Payers and Medicare print the address a clinician is enrolled at; one who works from home asks to have it
suppressed. Both are worth a note, not a hold: the patient may have been elsewhere. Where the encounter names the state,
GATE_LICENSE_STATE decides. In person, and where neither is kept, the gate is silent.

Passes::

    encounters.modality  encounters.patient_state  patients.state  providers.license_state  providers.address_suppressed
    video                .                         IL              IL                       .
    in_person            .                         WI              IL                       false
    audio                .                         IL              IL                       true
    video                IL                        WI              IL                       .

Fails::

    encounters.modality  encounters.patient_state  patients.state  providers.license_state  providers.address_suppressed
    video                .                         WI              IL                       .
    video                .                         IL              IL                       false
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.context import beside
from tasks.billing.gates.case import Case
from tasks.billing.gates.licensed_where import unlicensed
from tasks.billing.gates.people import per_role
from tasks.billing.visits import said

ID = "GATE_TELE_LICENSE"
SOURCE = "tele_license v1: claim_hold_checks.tsv H18 (V:S21; K)"
FIX = "say where the patient was, record the licence of that state, or have the address suppressed"
FIELDS = "patients.state licenses.state providers.license_state providers.address_suppressed"


def check(case: Case) -> pd.DataFrame:
    """Remote encounters with a patient whose state nobody on them is licensed in, or with an address that shows."""
    remote = case.visits[case.visits["modality"].isin(["video", "audio"])]
    open_ = remote[remote["patient_state"].isna()]
    homes = case.masters.patients.set_index("patient_id")["state"]
    states = beside(open_["patient_id"], homes).set_axis(pd.Index(open_["encounter_id"]))
    rows = unlicensed(case, states)
    message = per_role(
        rows,
        "the clinician has no licence of the state the patient lives in",
        "the supervisor has no licence of the state the patient lives in",
    )
    shown = remote[~said(remote["provider_address_suppressed"], True)]
    return findings.together(
        [
            findings.about(rows, ID, message, fields=FIELDS, fix=FIX, source=SOURCE),
            findings.about(
                shown,
                ID,
                "the clinician's address is not suppressed",
                fields="providers.address_suppressed",
                fix=FIX,
                source=SOURCE,
            ),
        ]
    )
