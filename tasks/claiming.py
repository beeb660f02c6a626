"""Stage: charges become claims; a claim that fails its check is not stored, so that it is rebuilt when data change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from configs.settings import Settings
from connectors.x12 import unencodable
from connectors.x12.tables837 import CLAIM_CODES_837, CLAIMS_837, LINES_837, complete
from expectations.gate import Verdict
from tasks import granting, masters, planning, quarantining, rebilling, standing
from tasks.billing import claims as building
from tasks.billing import claims837, packing
from tasks.billing.context import Masters, beside
from tasks.billing.deadlines import CORRECTING
from tasks.billing.institutional import claims as institutional
from tasks.billing.institutional import programmes, wire
from tasks.door import log, settings_and_ledger, stage
from tasks.frames import word_counts
from tasks.moment import Moment, moment

# Most lines and diagnoses of a claim, by whether it is an 837I (005010X222A1 and X223A2, 2300 HI and 2400).
MOST_LINES = {False: packing.MOST_LINES, True: institutional.MOST_LINES}
MOST_DIAGNOSES = {False: packing.MOST_DIAGNOSES, True: 25}
TYPE_OF_BILL = r"^0[1-9]\d$"


@stage("build claims")
def build_claims(date: dt.date) -> dict[str, int]:
    """Build claims from charges that are on no live claim, check them, and store those that pass."""
    settings, ledger = settings_and_ledger()
    with moment(ledger) as now:
        known = masters.current(now)
        charges = granting.late(
            now,
            rebilling.unclaimed(now),
            known,
            planning.counted,
            standing.authorization_units,
            settings.practice.npi,
        )
        again = rebilling.released(now, charges, known.authorizations)
        built = building.build(
            planning.with_part2(now, charges),
            id_key=settings.id_key.get_secret_value(),
            masters=known,
            practice_window_days=settings.billing.date_window_days,
            built_on=date,
            attempts=rebilling.earlier_claims(now, charges),
            stay_days=_stay_days(now),
            open_days=_open_days(now),
        )
        short = set(built.lines.loc[built.lines["charge_id"].isin(again.short), "claim_id"])
        tables = {form: tables_837(own, built.lines, known, settings) for form, own in forms(built.claims)}
        projection = project(built.claims, built.lines, known, settings, date, short, tables)
        verdict = explained(quarantining.run_suite(settings, now, "claims", projection), tables)
        kept = set(verdict.kept) - quarantining.discarded(now)
    lines = built.lines[built.lines["claim_id"].isin(kept)]
    with ledger.transaction() as tx:
        counts = {
            "claims": tx.add("claims", built.claims[built.claims["claim_id"].isin(kept)]),
            "lines": tx.add("claim_lines", lines),
            "units": tx.add("authorization_units", rebilling.reserve_again(again.charges, lines)),
            "new_quarantine": tx.add("quarantine", quarantining.rows_of(verdict)),
            "quarantined": len(verdict.quarantined),
            "left": len(built.left),  # charges whose master rows are gone: they wait as charged
            "waiting_stays": len(built.waiting),  # charges of stays whose month, week or stay is not over
        }
    log.info("build claims: %s", counts)
    return counts


def _stay_days(ledger: Moment) -> pd.DataFrame:
    """Days of stays that were charged, on a claim or not."""
    charges = planning.live_charges(ledger)
    return charges[charges["form"] == programmes.INSTITUTIONAL][institutional.DAYS]


def _open_days(ledger: Moment) -> pd.DataFrame:
    """Days of stays that are documented, not charged, and not given up."""
    rows = rebilling.waiting(ledger)
    return rows[rows["stay_id"].notna()][["stay_id", "service_date"]]


def forms(claims: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Claims by the guide they are written by."""
    return [(str(form), rows.reset_index(drop=True)) for form, rows in claims.groupby("form", sort=True)]


def tables_837(
    claims: pd.DataFrame, lines: pd.DataFrame, known: Masters, settings: Settings
) -> dict[str, pa.Table]:
    """Claims of one form as the encoder takes them; of `lines` only theirs."""
    head, body = claims837.to_837(claims, lines, vars(known), settings.practice)
    tables = {"claims": complete(head, CLAIMS_837), "lines": complete(body, LINES_837)}
    codes = wire.condition_codes(claims)
    if codes.empty:
        return tables
    return tables | {
        "claim_codes": complete(pa.Table.from_pandas(codes, preserve_index=False), CLAIM_CODES_837)
    }


def explained(verdict: Verdict, tables: Mapping[str, Mapping[str, pa.Table]]) -> Verdict:
    """The suite's verdict; of claims that cannot be written it names what is at fault, as the encoder tells it.

    `tables` are the claims of each form as the encoder takes them. Table, row, column and code are named, no value.
    """
    failures = verdict.failures
    unwritable = failures["expectation"].str.endswith("(encodable)")
    if not unwritable.any():
        return verdict
    faults = _faults(tables)[0].to_pandas()
    rows = faults["position"].map(" {:.0f}".format, na_action="ignore").fillna("")
    faults["told"] = faults["table"] + rows + ": " + faults["message"] + " (" + faults["code"] + ")"
    told = faults.groupby("claim_id")["told"].agg(["first", "size"])
    told["more"] = (told["size"] - 1).map(lambda more: f", {more} more" if more else "")
    reasons = beside(failures["subject_id"], told["first"] + told["more"])
    return replace(verdict, failures=failures.assign(reason=failures["reason"].mask(unwritable, reasons)))


def _faults(tables: Mapping[str, Mapping[str, pa.Table]]) -> tuple[pa.Table, pa.Table, pa.Table]:
    """What keeps claims from being written, by the rule of the suite that says so: an element that cannot be written,
    sums of earlier payers that do not balance, Medicare in a later place without a reason.
    """
    faults = pa.concat_tables([unencodable(each, form) for form, each in tables.items()])
    off, unexplained = pc.equal(faults["code"], "BALANCE"), pc.equal(faults["column"], "msp_type")
    element = pc.invert(pc.or_(off, unexplained))
    return faults.filter(element), faults.filter(off), faults.filter(unexplained)


def project(
    claims: pd.DataFrame,
    lines: pd.DataFrame,
    known: Masters,
    settings: Settings,
    date: dt.date,
    short: set[str],
    tables: Mapping[str, Mapping[str, pa.Table]],
) -> pd.DataFrame:
    """What the suite may see of the claims: ids, counts, cents and flags.

    `short` are claims sent again whose authorization units went to others meanwhile, `tables` the claims of
    each form as the encoder takes them.
    """
    if claims.empty:
        return claims
    sums = lines.groupby("claim_id")["charge_cents"].agg(["sum", "size"])
    of_stay = claims["form"] == programmes.INSTITUTIONAL
    with_revenue = lines["revenue_code"].notna().groupby(lines["claim_id"]).mean()
    line_count = claims["claim_id"].map(sums["size"]).astype("Int64")
    diagnosis_count = word_counts(claims["diagnoses"])
    still_there = claims["patient_status"] == institutional.STILL_A_PATIENT
    bad, unbalanced, unasked = (set(pc.unique(faults["claim_id"]).to_pylist()) for faults in _faults(tables))
    partners = known.payers.set_index("payer_id")["partner"]
    numbered = claims["original_reference"].notna()
    return pd.DataFrame(
        {
            "claim_id": claims["claim_id"],
            "line_difference_cents": claims["charge_cents"] - claims["claim_id"].map(sums["sum"]),
            "charge_cents": claims["charge_cents"],
            "line_count": line_count,
            "diagnosis_count": diagnosis_count,
            "fits_form": (line_count <= of_stay.map(MOST_LINES))
            & (diagnosis_count <= of_stay.map(MOST_DIAGNOSES)),
            "frequency": claims["frequency"],
            "reference_fits_frequency": claims["frequency"].isin(CORRECTING) == numbered,
            "encodable": ~claims["claim_id"].isin(bad),
            "coordinated": ~claims["claim_id"].isin(unbalanced),
            "medicare_explained": ~claims["claim_id"].isin(unasked),
            "consented": ~claims["part2"].astype(bool)
            | masters.consented(known.consents, claims["patient_id"], claims["payer_id"], date),
            "authorized": ~claims["claim_id"].isin(short),
            "partner_known": claims["payer_id"].map(partners).isin(list(settings.partners)),
            "bill_known": ~of_stay
            | (claims["type_of_bill"].str.match(TYPE_OF_BILL) & claims["stay_row_id"].notna()),
            "revenue_on_each_line": claims["claim_id"].map(with_revenue) == of_stay,
            "attending_known": ~of_stay | claims["attending_row_id"].notna(),
            # What replaces an interim bill has its status, and a frequency that does not tell.
            "status_fits_frequency": ~of_stay
            | claims["frequency"].isin(CORRECTING)
            | (claims["frequency"].isin(institutional.INTERIM) == still_there),
        }
    )
