"""The same service twice.

A line that repeats person, day, code, modifiers and rendering clinician of an earlier one is denied as a duplicate
(CARC 18), and looks like an attempt to be paid twice. The earlier line stands, whether it was billed in a run before
or comes first in this batch; the later one is held. A correction is no duplicate: it replaces its claim. A programme
that is billed service by service has the same service more than once a day: there the time it began tells them apart.

Passes::

    encounter_id  code   modifiers  rendering_id
    E1            90837  .          CL1
    E2            90837  .          CL2
    E3            90837  XE         CL1

Passes::

    encounter_id  code   programme_line  start_time
    E1            G0410  service         0900
    E2            G0410  service         1030

Fails::

    encounter_id  code   programme_line  start_time  patient_id  finds
    E1            G0410  service         0900        P1          .
    E2            G0410  service         0900        P1          DUPLICATE
    E3            H0035  day             0900        P2          .
    E4            H0035  day             1300        P2          DUPLICATE

Fails::

    encounter_id  code   modifiers  patient_id  finds
    E1            90837  95         P1          .
    E2            90837  95         P1          DUPLICATE
    E3            90834  .          P2          DUPLICATE
    E4            90847  .          P3          .
    E4            90847  .          P3          DUPLICATE

History::

    encounter_id  code   patient_id
    E0            90834  P2
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tasks.billing.scrub.common import Context, found, keys, member, together

ID = "DUPLICATE"
VERSION = 2
SOURCE = "CARC 18 (carc.tsv); 837P DTP*472, SV101, 2310B"
DEFAULT_SEVERITY = "hold"
FIX = "Remove the repeated line; where the sessions were separate, document both and tell them apart by a modifier."
PREDICTS = "CARC18 M86 N702"
CHANGE = "line=remove"


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Lines that repeat an earlier line of history or of this batch."""
    both, new = together(lines, history)
    same = keys(both, "patient_id", "service_date", "code", "modifiers", "rendering_id")
    if "programme_line" in both:
        service = member(both["programme_line"], ["service"])
        began = np.where(service, both["start_time"].cat.codes, -1)
        same = keys(both.assign(same=same, began=began), "same", "began")
    again = pd.Series(same).duplicated().to_numpy() & new
    fields = "patient_id service_date code modifiers rendering_id"
    return found(
        both,
        again,
        ID,
        fields,
        "The same service is already billed or stands earlier in the batch.",
    )
