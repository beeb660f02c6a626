"""Stage: charges become claims; a claim that fails its check is not stored, so that it is rebuilt when data change."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from configs.settings import Settings
from connectors.x12 import unencodable
from connectors.x12.tables837 import CLAIMS_837, LINES_837, complete
from tasks import masters, quarantining, rebilling
from tasks.billing import claims as building
from tasks.billing import claims837
from tasks.billing.context import Masters
from tasks.door import log, settings_and_ledger, stage
from tasks.frames import word_counts
from tasks.moment import Moment, moment


@stage("build claims")
def build_claims(date: dt.date) -> dict[str, int]:
    """Build claims from charges that are on no live claim, check them, and store those that pass."""
    settings, ledger = settings_and_ledger()
    with moment(ledger) as now:
        known = masters.current(now)
        charges = rebilling.unclaimed(now)
        again = rebilling.released(now, charges, known.authorizations)
        built = building.build(
            _with_part2(now, charges),
            id_key=settings.id_key.get_secret_value(),
            masters=known,
            practice_window_days=settings.billing.date_window_days,
            built_on=date,
            attempts=rebilling.earlier_claims(now, charges),
        )
        short = set(built.lines.loc[built.lines["charge_id"].isin(again.short), "claim_id"])
        verdict = quarantining.run_suite(
            settings, now, "claims", _project(built, known, settings, date, short)
        )
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
        }
    log.info("build claims: %s", counts)
    return counts


def _with_part2(ledger: Moment, charges: pd.DataFrame) -> pd.DataFrame:
    """Charges with the Part 2 flag of the encounter version they were made from."""
    versions = ledger.read("encounters", columns=["row_id", "part2"]).rename(
        columns={"row_id": "encounter_row_id"}
    )
    return charges.merge(versions, on="encounter_row_id", how="left")


def tables_837(
    claims: pd.DataFrame, lines: pd.DataFrame, known: Masters, settings: Settings
) -> dict[str, pa.Table]:
    """The claims as the encoder takes them."""
    head, body = claims837.to_837(claims, lines, vars(known), settings.practice)
    return {"claims": complete(head, CLAIMS_837), "lines": complete(body, LINES_837)}


def _project(
    built: building.Built, known: Masters, settings: Settings, date: dt.date, short: set[str]
) -> pd.DataFrame:
    """What the suite may see of the claims: ids, counts, cents and flags.

    `short` are claims sent again whose authorization units went to others meanwhile.
    """
    claims = built.claims
    if claims.empty:
        return claims
    sums = built.lines.groupby("claim_id")["charge_cents"].agg(["sum", "size"])
    faults = unencodable(tables_837(claims, built.lines, known, settings))
    bad = set(pc.unique(faults["claim_id"]).to_pylist())
    partners = known.payers.set_index("payer_id")["partner"]
    numbered = claims["original_reference"].notna()
    return pd.DataFrame(
        {
            "claim_id": claims["claim_id"],
            "line_difference_cents": claims["charge_cents"] - claims["claim_id"].map(sums["sum"]),
            "charge_cents": claims["charge_cents"],
            "line_count": claims["claim_id"].map(sums["size"]).astype("Int64"),
            "diagnosis_count": word_counts(claims["diagnoses"]),
            "frequency": claims["frequency"],
            "reference_fits_frequency": (claims["frequency"] == "1") != numbered,
            "encodable": ~claims["claim_id"].isin(bad),
            "consented": ~claims["part2"].astype(bool)
            | masters.consented(known.consents, claims["patient_id"], claims["payer_id"], date),
            "authorized": ~claims["claim_id"].isin(short),
            "partner_known": claims["payer_id"].map(partners).isin(list(settings.partners)),
        }
    )
