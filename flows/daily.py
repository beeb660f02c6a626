"""The daily batch: encounters to claims to the clearinghouse."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from prefect import flow
from prefect.client.schemas.objects import State

from configs.settings import ConfigurationError
from connectors.clearinghouse.errors import PartnerError
from flows.endings import ending
from tasks.claiming import build_claims
from tasks.correcting import bill_next_payers, correct_claims, settle_voids
from tasks.door import only_run, retried, settings_and_ledger
from tasks.figures import report_figures
from tasks.judging import check_encounters, judge_encounters
from tasks.recognising import recognise_answers
from tasks.reports import report
from tasks.sandboxing import stand_in
from tasks.sending import pending_partners, upload_pending, write_interchanges
from tasks.sources import pull_encounters


@flow(name="daily-billing", validate_parameters=True, persist_result=False)
def daily_billing(date: dt.date | None = None) -> State[Any]:
    """Pull, check, gate, code, scrub, build, write and send everything that is due on `date` (default today).

    One partner's failure does not keep the others from getting theirs; the run then ends in that failure.

    A rerun is always safe: every step stores facts by content and finishes what an earlier run began.
    """
    return ending(lambda: _steps(date))


def _steps(date: dt.date | None) -> dict[str, Any]:
    settings, ledger = settings_and_ledger()
    day = date or dt.datetime.now(ZoneInfo(settings.billing.time_zone)).date()
    if ledger.count("encounters") and (missing := settings.practice.missing()):
        raise ConfigurationError(f"cleanclaim.toml: not set: {', '.join(missing)}")
    with only_run(settings, ledger), stand_in(settings):
        counts = {
            "pull": retried(pull_encounters, settings)(),
            "check": check_encounters(day),
            "judge": judge_encounters(day),
            "claims": build_claims(day),
            "corrections": correct_claims(day),
            "next_payers": bill_next_payers(day),
            "answers": recognise_answers(),
            "voids": settle_voids(),
            "interchanges": write_interchanges(day),
        }
        failure: PartnerError | None = None
        for partner in pending_partners():
            try:
                counts[f"upload {partner}"] = retried(upload_pending, settings)(partner)
            except PartnerError as error:
                failure = error
        reported = report("daily", day, counts)
        report_figures(day)
    if failure:
        raise failure
    return {"date": day.isoformat(), "stages": counts, "work_left": _left(counts), **reported}


def _left(counts: dict[str, dict[str, int]]) -> str | None:
    """What people should know of: rows newly kept out by a check, uploads in doubt."""
    kept_out = sum(values.get("new_quarantine", 0) for values in counts.values())
    totals = {
        "newly in quarantine": kept_out,
        "uploads in doubt": _total(counts, "in_doubt"),
        "uploads whose name is taken": _total(counts, "conflict"),
        "claims withheld": _total(counts, "withheld"),
    }
    return ", ".join(f"{total} {words}" for words, total in totals.items() if total) or None


def _total(counts: dict[str, dict[str, int]], name: str) -> int:
    return sum(values.get(name, 0) for values in counts.values())
