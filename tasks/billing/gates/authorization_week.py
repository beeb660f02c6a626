"""No week takes more units than the authorization allows a week.

Programmes are approved for so many days a week (an intensive outpatient one for three): the fourth is denied although
units are left (CARC 198). Weeks begin on Sunday. Lines already charged count; lines of one week are given out in order
of service, and counted as the authorization counts (visits, days, units or hours; ``tasks.billing.unit_types``). An
encounter that a week's limit holds spends no units: they go to the next ones. An authorization without
``weekly_units`` has no such limit.

Passes::

    payers.auth_codes  authorizations.weekly_units  charge_lines.service_date
    90837              2                            2026-01-04
    90837              1                            2026-01-03
    90837              .                            2026-01-04

Passes::

    payers.auth_codes  authorizations.weekly_units  authorizations.unit_type  charge_lines.service_date
    90837              2                            hour                      2026-01-04

Fails::

    payers.auth_codes  authorizations.weekly_units  charge_lines.service_date
    90837              1                            2026-01-04
    90837              0                            2026-01-03

Fails::

    payers.auth_codes  authorizations.weekly_units  authorizations.unit_type  charge_lines.service_date
    90837              1                            visit                     2026-01-04
    90837              1                            hour                      2026-01-04
"""

from __future__ import annotations

import pandas as pd

from tasks.billing import findings, unit_types
from tasks.billing.context import Column, beside
from tasks.billing.gates.case import Case

ID = "GATE_AUTHORIZATION_WEEK"
SOURCE = "authorization_week v1: 06 section 6, frequency cap (K); carc.tsv 198"
FIX = "move the session to a week with units left, or ask the payer for more units a week"
FIELDS = "authorizations.weekly_units authorizations.unit_type charge_lines.units encounters.service_date"


def _week(days: Column) -> Column:
    """The Sunday a day's week begins on."""
    return days - pd.to_timedelta((days.dt.dayofweek + 1) % 7, unit="D")


def check(case: Case) -> pd.DataFrame:
    """Lines with which their authorization's week goes over its limit."""
    assert case.allocated is not None
    on_file = case.masters.authorizations
    if on_file["weekly_units"].isna().all():
        return findings.none()
    names = unit_types.COUNTED
    new = case.lines.assign(authorization_id=case.allocated["authorization_id"])
    new = new[new["authorization_id"].notna()].sort_values(["service_date", "encounter_id", "position"])
    before = case.history.reindex(columns=names).assign(old=True)
    both = pd.concat([before, new[names].assign(old=False)])
    both = both[both["authorization_id"].notna()]
    weeks = [both["authorization_id"], _week(both["service_date"])]
    taken = pd.Series(unit_types.counted(both.reset_index(drop=True), on_file).array, index=both.index)
    used = taken.groupby(weeks).cumsum()[~both["old"]]
    limit = beside(new["authorization_id"], unit_types.parts(on_file, "weekly_units"))
    over = new[(used > limit).fillna(False).astype(bool)]
    message = "the week has more units than the authorization allows a week"
    return findings.about(over, ID, message, fields=FIELDS, fix=FIX, source=SOURCE)
