"""Who prescribed a controlled substance was registered for it.

The federal registration (DEA) and, where the state has one, its own (CDS) run out every few years. A visit at which a
controlled substance was prescribed under a lapsed one is worth a note before a board asks.

Passes::

    encounters.prescribed  providers.dea_to  providers.cds_to
    true                   2026-01-05        2026-12-31
    false                  2025-12-31        .
    .                      2025-12-31        .
    true                   .                 .

Fails::

    encounters.prescribed  providers.dea_to  providers.cds_to
    true                   2026-01-04        .
    true                   2026-12-31        2025-12-31
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings
from tasks.billing.gates.case import Case
from tasks.billing.visits import said

ID = "GATE_DEA"
SOURCE = "dea v1: claim_hold_checks.tsv H08 (K)"
FIX = "record the renewed registration"
FIELDS = "encounters.prescribed providers.dea_to providers.cds_to encounters.service_date"


def check(case: Case) -> pd.DataFrame:
    """Encounters with a prescription after the clinician's registration ended."""
    visits = case.visits[said(case.visits["prescribed"], False)]
    day = visits["service_date"]
    message = findings.first_reason(
        visits.index,
        [
            (visits["provider_dea_to"] < day, "the DEA registration ended before the day of service"),
            (
                visits["provider_cds_to"] < day,
                "the state's controlled-substance registration ended before the day of service",
            ),
        ],
    )
    return findings.about(visits, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
