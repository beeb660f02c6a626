"""What people do in the demo: one denied session is coded anew and its claim is to be replaced; rejected claims go
again, and one of them is to be corrected once its payer has decided; one denial is appealed.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from configs.identity import digest
from configs.settings import Settings
from connectors.ledger import Ledger
from tasks import appealing, asking, people, planning, standing
from tasks.billing import corrections, custody
from tasks.billing.appeals.opening import Asked
from tasks.billing.corrections import CORRECT
from tasks.moment import Moment, moment
from tasks.sources import load_file

BILLER, REASON = "demo", "the diagnosis was coded anew from the note"
# Adjustment and anxiety disorders, both billable: the one that the session did not have takes the other's place.
CODED = ("F43.23", "F41.1")
FIXED = "what was refused is settled"
OTHER = "the note shows another diagnosis; the claim went a moment ago"
AGAIN = 2  # rejected claims that go again


def correct_one(ledger: Ledger, folder: Path) -> str | None:
    """Ask for the correction of a denied claim and load its changed encounter; the claim's id, None where none fits.

    Safe to repeat: the same claim is chosen, asked for once, and the same content is loaded. The wish comes first, so
    that a demo that breaks off between the two does not load the practice anew over the change.
    """
    with moment(ledger) as now:
        claim_id = _denied(now)
        if claim_id is None:
            return None
        asked = CORRECT in set(now.read("work_events")["action"])
        lines = now.read("claim_lines", {"claim_id": claim_id})
        encounters = now.read("encounters", {"encounter_id": lines["encounter_id"].unique().tolist()})
    if not asked:
        asking.ask(ledger, CORRECT, actor=BILLER, reason=REASON, claim_id=claim_id)
    first = encounters[encounters["version"] == 1].drop(columns=["row_id", "version", "previous_id"])
    told = [CODED[text.split()[0] == CODED[0]] for text in first["diagnoses"]]
    path = folder / "corrected.parquet"
    folder.mkdir(parents=True, exist_ok=True)
    first.assign(diagnoses=told).to_parquet(path, index=False)
    load_file(ledger, "encounters", path)
    return claim_id


def resubmit_rejected(ledger: Ledger) -> None:
    """Rejections of first claims are settled, and the claims are to go again. Safe to repeat."""
    with moment(ledger) as now:
        states, claims = standing.claim_states(now), now.read("claims")
        done = set(now.read("work_events")["item_id"])
    refused = set(states.loc[states["state"].isin(custody.REJECTED), "claim_id"])
    # Those that went again already, in a run that was killed before it was done.
    refused |= set(claims.loc[claims["cause"].isna(), "replaces_claim_id"].dropna())
    first = claims[(claims["attempt"] == 1) & claims["coordinates"].isna() & ~claims["part2"].astype(bool)]
    for claim_id in sorted(refused & set(first["claim_id"]))[:AGAIN]:
        item = digest("item", "rejections", claim_id)
        if item not in done:
            people.act(ledger, item, "resubmit", actor=BILLER, reason=FIXED)


def correct_when_decided(ledger: Ledger) -> None:
    """Ask for the correction of a claim whose file is in doubt: it waits for the payer's decision. Safe to repeat."""
    states = standing.claim_states(ledger)
    claim_id = min(states.loc[states["state"] == "in_doubt", "claim_id"], default=None)
    if claim_id and not ledger.count("work_events", {"item_id": corrections.item(claim_id)}):
        asking.ask(ledger, CORRECT, actor=BILLER, reason=OTHER, claim_id=claim_id)


def appeal_one(ledger: Ledger, settings: Settings, day: dt.date) -> None:
    """Open the first level for the denial of which most is to be expected. Safe to repeat."""
    if ledger.count("appeals"):
        return
    work = standing.work(ledger, settings, day)
    denied = work[(work["queue"] == "denials_appeal") & (work["status"] == "open")]
    ranked = denied.sort_values(["expected_cents", "item_id"], ascending=[False, True])
    for item in ranked["item_id"].head(1):
        appealing.open_level(ledger, settings, item, Asked(), today=day, person=BILLER)


def _denied(ledger: Moment) -> str | None:
    """The first payer's claim of one psychotherapy session that was denied as a whole when it was first answered."""
    told = planning.verdicts(ledger).merge(
        ledger.read("remitted_claims", columns=["remitted_claim_id", "claim_id"]), on="remitted_claim_id"
    )
    denied = told["denied"].astype("boolean").fillna(False).groupby(told["claim_id"]).all()
    claims = ledger.read("claims")
    own = claims[(claims["attempt"] == 1) & claims["coordinates"].isna() & ~claims["part2"].astype(bool)]
    lines = ledger.read("claim_lines", columns=["claim_id", "encounter_id"]).drop_duplicates()
    kinds = ledger.read("encounters", columns=["encounter_id", "service_kind", "version"])
    therapy = kinds.loc[(kinds["version"] == 1) & (kinds["service_kind"] == "psychotherapy"), "encounter_id"]
    single = lines[~lines["claim_id"].duplicated(keep=False)]
    fitting = single.loc[single["encounter_id"].isin(therapy), "claim_id"]
    chosen = set(own["claim_id"]) & set(fitting) & set(denied.index[denied])
    return min(chosen, default=None)
