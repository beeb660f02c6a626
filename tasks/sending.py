"""Stages: write the day's interchanges, then upload them. The intent is stored before the upload, the outcome after.

One interchange for each partner, form and run. Its bytes go to the archive first, then one transaction gives out the
control numbers and stores the intent; a crash before it leaves an unused file, a crash after it leaves an intent
that the next run finishes. The upload records its point of no return (`renaming`) before it renames, so that a
crash at any moment neither sends twice nor forgets.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from configs.identity import digest
from configs.settings import Partner, Settings
from connectors.clearinghouse import archive
from connectors.clearinghouse.errors import UploadConflict
from connectors.clearinghouse.naming import outbound_name
from connectors.clearinghouse.sftp import Session, connect
from connectors.clearinghouse.upload import upload
from connectors.ledger import Ledger, Transaction
from connectors.x12 import Envelope, encode_837, transaction_controls
from tasks import coordinating, masters, rebilling, references, standing
from tasks.billing.gates.excluded import excluded
from tasks.claiming import forms, tables_837
from tasks.door import log, settings_and_ledger, stage
from tasks.frames import records


@stage("write 837 interchanges")
def write_interchanges(date: dt.date) -> dict[str, int]:
    """Encode every claim that is in no interchange; store bytes and intent.

    Claims of a partner that is not configured, substance-use records whose consent has lapsed, and claims of somebody
    who was put on the exclusion list since are withheld.
    """
    settings, ledger = settings_and_ledger()
    counts = {"files": 0, "claims": 0, "charge_cents": 0, "withheld": 0}
    counts["abandoned"] = _abandon(ledger, settings, date)
    with ledger.transaction() as tx:
        claims, withheld = _unsent(ledger, settings, date)
        partners = claims["payer_id"].map(ledger.current("payers").set_index("payer_id")["partner"])
        counts["withheld"] = len(withheld) + int((~partners.isin(list(settings.partners))).sum())
        for name in sorted(set(partners.dropna()) & set(settings.partners)):
            for form, batch in forms(claims[partners == name]):
                _write(tx, ledger, settings, name, form, batch, date)
                counts["files"] += 1
                counts["claims"] += len(batch)
                counts["charge_cents"] += int(batch["charge_cents"].sum())
    log.info("write 837 interchanges: %s", counts)
    return counts


def _unsent(ledger: Ledger, settings: Settings, date: dt.date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Claims in no interchange yet; those that may not leave any more since they were built stay behind."""
    claims = ledger.read("claims").sort_values("claim_id")
    _, sent = standing.live_submissions(ledger)
    fresh = claims[~claims["claim_id"].isin(sent["claim_id"])]
    free = _may_leave(ledger, settings, fresh, date)
    return fresh[free], fresh[~free]


def _may_leave(ledger: Ledger, settings: Settings, claims: pd.DataFrame, date: dt.date) -> pd.Series:
    """Whether each claim may go to its payer on `date`: consented (42 CFR Part 2), and of nobody who is excluded."""
    consents = ledger.current("consents")
    consented = ~claims["part2"].astype(bool) | masters.consented(
        consents, claims["patient_id"], claims["payer_id"], date
    )
    listed = references.read(ledger, settings, kinds=("leie",)).rows("leie")
    if listed is None:
        return consented
    out = excluded(ledger.current("providers"), listed, pd.Timestamp(date))
    shown = claims["rendering_id"].isin(out) | claims["supervising_id"].isin(out)
    behind = _people_behind(ledger, claims) if out else pd.DataFrame(columns=["claim_id", "provider_id"])
    theirs = claims["claim_id"].isin(behind.loc[behind["provider_id"].isin(out), "claim_id"])
    return consented & ~shown & ~theirs


def _people_behind(ledger: Ledger, claims: pd.DataFrame) -> pd.DataFrame:
    """Who treated and who supervised, whoever the claim shows: claim_id, provider_id.

    A supervised session may be billed under the supervisor's NPI, and then the claim itself does not name who did it.
    """
    wanted = {"claim_id": claims["claim_id"].tolist()}
    lines = ledger.read("claim_lines", columns=["claim_id", "charge_id"], where=wanted)
    charged = {"charge_id": lines["charge_id"].unique().tolist()}
    charges = ledger.read("charge_lines", columns=["charge_id", "encounter_row_id"], where=charged)
    versions = {"row_id": charges["encounter_row_id"].unique().tolist()}
    met = ledger.read("encounters", columns=["row_id", "rendering_id", "supervising_id"], where=versions)
    usual = ledger.current("providers").set_index("provider_id")["supervisor_id"]
    met["supervising_id"] = met["supervising_id"].fillna(met["rendering_id"].map(usual))
    rows = lines.merge(charges, on="charge_id").merge(met, left_on="encounter_row_id", right_on="row_id")
    people = rows.melt("claim_id", ["rendering_id", "supervising_id"], value_name="provider_id")
    return people[["claim_id", "provider_id"]].dropna()


def _abandon(ledger: Ledger, settings: Settings, date: dt.date) -> int:
    """Give up interchanges that must not or cannot be sent any more; their claims go into a new one.

    A written file that never passed its point of no return is given up when a claim in it may not leave any more. A
    file in doubt, or one that nobody acknowledged, is given up when a person resolved its item with 'resubmit':
    the partner said that it does not have it.
    """
    waiting = _pending(ledger)
    begun = set(ledger.read("submission_events", where={"event": "renaming"})["submission_id"])
    _, members = standing.live_submissions(ledger)
    unsent = members[members["submission_id"].isin(set(waiting["submission_id"]) - begun)]
    claims = unsent.merge(ledger.read("claims"), on="claim_id")
    lapsed = set(claims.loc[~_may_leave(ledger, settings, claims, date), "submission_id"])
    every = ledger.read("submissions", columns=["submission_id"])["submission_id"]
    asked = rebilling.resolved_by(ledger, "resubmit", "uploads", every)
    silent = rebilling.resolved_by(ledger, "resubmit", "silence", [f"no_999 {each}" for each in every])
    chosen = lapsed | (
        (asked | {each.removeprefix("no_999 ") for each in silent}) & set(members["submission_id"])
    )
    for submission in sorted(chosen):
        record(ledger, submission, "abandoned")
    return len(chosen)


def _write(
    tx: Transaction,
    ledger: Ledger,
    settings: Settings,
    name: str,
    form: str,
    claims: pd.DataFrame,
    date: dt.date,
) -> None:
    """One interchange of one form for partner `name`: bytes to the archive, intent to the ledger."""
    partner = settings.partners[name]
    lines = ledger.read("claim_lines", where={"claim_id": claims["claim_id"].tolist()})
    versions = masters.every_version(ledger)
    tables = tables_837(claims, lines, versions, settings)
    tables |= coordinating.prior_payers(ledger, claims, lines, versions, settings)
    control = f"{tx.next_number(f'{name}/interchange'):09d}"
    group = str(tx.next_number(f"{name}/group"))
    envelope = _envelope(settings, partner, control, group, date, form)
    data = encode_837(tables, envelope)
    sha = archive.put(settings.archive, data)
    submission = digest("submission", name, control, sha)
    tx.put("files", [{"sha256": sha, "direction": "out", "kind": form, "bytes": len(data), "partner": name}])
    tx.add("submissions", _intent(submission, name, envelope, sha, data, claims, settings, date))
    controls = transaction_controls(tables, envelope)
    rows = [(digest("sent", submission, c), submission, c, controls[c]) for c in claims["claim_id"]]
    tx.add(
        "submission_claims",
        pd.DataFrame(rows, columns=["entry_id", "submission_id", "claim_id", "transaction_control"]),
    )


def _intent(
    submission: str,
    partner: str,
    envelope: Envelope,
    sha: str,
    data: bytes,
    claims: pd.DataFrame,
    settings: Settings,
    date: dt.date,
) -> pd.DataFrame:
    """The row of ``submissions``."""
    sender, control = settings.partners[partner].sender_id, envelope.interchange_control
    return pd.DataFrame(
        [
            {
                "submission_id": submission,
                "partner": partner,
                "interchange_control": control,
                "group_control": envelope.group_control,
                "file_name": outbound_name(sender, envelope.kind, date, settings.billing.cutoff, control),
                "sha256": sha,
                "bytes": len(data),
                "claims": len(claims),
                "charge_cents": int(claims["charge_cents"].sum()),
                "business_date": pd.Timestamp(date),
            }
        ]
    )


def _envelope(
    settings: Settings, partner: Partner, control: str, group: str, date: dt.date, form: str
) -> Envelope:
    """The day's envelope, dated by the batch and its cut-off, so that a rerun makes the same bytes."""
    return Envelope(
        sender_qualifier=partner.sender_qualifier,
        sender_id=partner.sender_id,
        receiver_qualifier=partner.receiver_qualifier,
        receiver_id=partner.receiver_id,
        submitter_name=settings.practice.name,
        contact=settings.practice.contact,
        phone=settings.practice.phone,
        receiver_name=partner.receiver_name,
        interchange_control=control,
        group_control=group,
        date=date,
        time=settings.billing.cutoff,
        usage=partner.usage,
        claims_per_transaction=partner.claims_per_transaction,
        reference=f"B{control}",
        kind=form,
    )


def pending_partners() -> list[str]:
    """Partners that something waits to be uploaded to."""
    settings, ledger = settings_and_ledger()
    return sorted(set(_pending(ledger)["partner"]) & set(settings.partners))


def _pending(ledger: Ledger) -> pd.DataFrame:
    """Submissions neither uploaded nor abandoned, oldest control number first."""
    events = ledger.read("submission_events", where={"event": ["uploaded", "abandoned"]})
    submissions = ledger.read("submissions").sort_values("interchange_control")
    return submissions[~submissions["submission_id"].isin(events["submission_id"])]


@stage("upload", remote=True)
def upload_pending(partner: str) -> dict[str, int]:
    """Upload what waits for `partner`, or find out that it is already there."""
    settings, ledger = settings_and_ledger()
    waiting = _pending(ledger)
    waiting = waiting[waiting["partner"] == partner]
    counts = {"uploaded": 0, "in_doubt": 0, "conflict": 0}
    with connect(settings.partners[partner], settings.home) as session:
        for submission in records(waiting):
            try:
                counts[_upload_one(settings, ledger, session, submission)] += 1
            except (
                UploadConflict
            ):  # the name is taken by something else: a person looks, the next file goes on
                counts["conflict"] += 1
                log.warning("upload %s: the name is taken at the partner", submission["submission_id"])
    log.info("upload to %s: %s", partner, counts)
    return counts


def _upload_one(settings: Settings, ledger: Ledger, session: Session, submission: dict[str, Any]) -> str:
    """Upload one interchange and settle its intent."""
    identity = str(submission["submission_id"])
    recorded = ledger.read("submission_events", where={"submission_id": identity})["event"].tolist()
    outcome = upload(
        session,
        settings.partners[str(submission["partner"])].upload_dir,
        str(submission["file_name"]),
        archive.get(settings.archive, str(submission["sha256"])),
        renaming_recorded="renaming" in recorded,
        about_to_rename=lambda: record(ledger, identity, "renaming"),
    )
    if outcome == "uploaded":
        record(ledger, identity, "renaming")  # found there without a rename of ours: the facts are the same
        record(ledger, identity, "uploaded")
    return outcome


def record(ledger: Ledger, submission: str, event: str) -> None:
    """Store one event of a submission; again is a no-op."""
    row = {
        "event_id": digest("submission event", submission, event),
        "submission_id": submission,
        "event": event,
        "at": pd.Timestamp.now("UTC").tz_localize(None),
    }
    ledger.add("submission_events", pd.DataFrame([row]))
