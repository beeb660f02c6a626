"""The responses: what partners answered, read, posted and put into worklists."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from prefect import flow
from prefect.client.schemas.objects import State

from connectors.clearinghouse.errors import PartnerError
from flows.endings import ending
from tasks.collecting import collect
from tasks.correcting import settle_voids
from tasks.door import only_run, retried, settings_and_ledger
from tasks.eligibility import read_eligibility
from tasks.policies import write_off_by_policy
from tasks.reading import read_acknowledgments, read_remittances
from tasks.recognising import recognise_answers
from tasks.reports import report
from tasks.sandboxing import stand_in


@flow(name="collect-responses", validate_parameters=True, persist_result=False)
def collect_responses(date: dt.date | None = None) -> State[Any]:
    """Collect from every partner, then read acknowledgments and answers of eligibility before remittances.

    `date` only dates the run's report (default today). One partner's failure does not keep the others' answers
    from being read; the run then ends in that failure.
    """
    return ending(lambda: _steps(date))


def _steps(date: dt.date | None) -> dict[str, Any]:
    settings, ledger = settings_and_ledger()
    day = date or dt.datetime.now(ZoneInfo(settings.billing.time_zone)).date()
    failure: PartnerError | None = None
    counts: dict[str, dict[str, int]] = {}
    with only_run(settings, ledger), stand_in(settings):
        for partner in sorted(settings.partners):
            try:
                counts[f"collect {partner}"] = retried(collect, settings)(partner)
            except PartnerError as error:
                failure = error
        counts["acknowledgments"] = read_acknowledgments()
        counts["eligibility"] = read_eligibility()
        counts["remittances"] = read_remittances()
        counts["answers"] = recognise_answers()
        if settings.write_offs.any():
            counts["policies"] = write_off_by_policy(day)
        counts["voids"] = settle_voids()
        reported = report("responses", day, counts)
    if failure:
        raise failure
    kept_out = sum(values.get("new_quarantine", 0) for values in counts.values())
    not_kept = sum(values.get("not_kept", 0) for values in counts.values())
    told = {
        "files or remittances newly in quarantine": kept_out,
        "files that our own storage could not keep": not_kept,
    }
    left = ", ".join(f"{count} {words}" for words, count in told.items() if count) or None
    return {"date": day.isoformat(), "stages": counts, "work_left": left, **reported}
