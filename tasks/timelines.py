"""One claim's facts out of the ledger, and the raw segment behind a row out of the archive."""

from __future__ import annotations

import pandas as pd

from connectors.clearinghouse import archive
from connectors.x12 import segment_text
from tasks.billing import families, timeline
from tasks.billing.queues import subjects
from tasks.frames import records
from tasks.moment import Facts, Moment, Reads, moment


def of_claim(facts: Facts, claim_id: str) -> pd.DataFrame:
    """Every fact about the claim and its family, `timeline.EVENTS`."""
    with moment(facts) as ledger:
        return timeline.events(_tables(ledger, claim_id))


def family(ledger: Reads, claim_id: str) -> list[str]:
    """The claims that are about the same charges, the claim itself among them."""
    claims = ledger.read("claims", columns=["claim_id", "payer_order", "replaces_claim_id"])
    lines = ledger.read("claim_lines", columns=["claim_id", "charge_id"])
    return families.of(claims, lines, claim_id)


def _tables(ledger: Moment, claim_id: str) -> dict[str, pd.DataFrame]:
    """The ledger's tables, reduced to what is about the claim's family."""
    ids = family(ledger, claim_id)
    found = {"claims": ledger.read("claims", {"claim_id": ids})}
    lines = ledger.read("claim_lines", {"claim_id": ids})
    by_claim = {"claim_id": ids}
    visits = {"encounter_id": lines["encounter_id"].unique().tolist()}
    for name in ("write_offs", "refunds", "appeals", "documents", "submission_claims", "remitted_claims"):
        found[name] = ledger.read(name, by_claim)
    for name in ("encounters", "decisions", "findings", "suppressions", "charge_lines", "patient_payments"):
        found[name] = ledger.read(name, visits)
    charges = found["charge_lines"]["charge_id"].tolist()
    found["authorization_units"] = ledger.read("authorization_units", {"charge_id": charges})
    found |= _sending(ledger, found["submission_claims"]["submission_id"].unique().tolist())
    found["acknowledgments"] = _statements(ledger, found, ids)
    acks = {"ack_id": found["acknowledgments"]["ack_id"].tolist()}
    found["acknowledgment_sources"] = ledger.read("acknowledgment_sources", acks)
    found |= _answers(ledger, found["remitted_claims"])
    found["journal"] = pd.concat(
        [ledger.read("journal", by_claim), ledger.read("journal", {"claim_id": None, "charge_id": charges})]
    )
    about = [*ids, *charges, *found["encounters"]["row_id"], *visits["encounter_id"]]
    found["quarantine"] = ledger.read("quarantine", {"subject_id": about})
    told = {"appeal_id": found["appeals"]["appeal_id"].tolist()}
    found["appeal_events"] = ledger.read("appeal_events", told)
    items = subjects.items(found).drop_duplicates("item_id")
    acts = ledger.read("work_events", {"item_id": items["item_id"].tolist()})
    found["work_events"] = acts.merge(items, on="item_id")
    return found


def _sending(ledger: Moment, submissions: list[str]) -> dict[str, pd.DataFrame]:
    which = {"submission_id": submissions}
    return {name: ledger.read(name, which) for name in ("submissions", "submission_events")}


def _statements(ledger: Moment, found: dict[str, pd.DataFrame], claims: list[str]) -> pd.DataFrame:
    """What was said of the claims, and of the interchanges and sets they went in; ``sent_on`` is the file's day."""
    of_claim = ledger.read("acknowledgments", {"claim_id": claims})
    files = found["submission_claims"].merge(
        found["submissions"].drop(columns=["claims", "charge_cents"]), on="submission_id"
    )
    partners = {"partner": files["partner"].unique().tolist(), "claim_id": None}
    general = ledger.read("acknowledgments", partners)
    parts = [of_claim.assign(sent_on=pd.Series(pd.NaT, index=of_claim.index, dtype="datetime64[s]"))]
    for file in records(files):
        own = general[general["partner"] == file["partner"]]
        names = {name: own[name].str.lstrip("0") == str(file[name]).lstrip("0") for name in CONTROLS}
        envelope = (own["kind"] == "TA1") & names["interchange_control"]
        of_set = names["transaction_control"] | own["transaction_control"].isna()
        syntax = (own["kind"] == "999") & names["group_control"] & of_set
        parts.append(own[envelope | syntax].assign(sent_on=file["business_date"]))
    return pd.concat(parts, ignore_index=True).drop_duplicates("ack_id")


CONTROLS = ("interchange_control", "group_control", "transaction_control")


def _answers(ledger: Moment, claims: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Remittances with what they say of these claims."""
    which = {"remittance_id": claims["remittance_id"].unique().tolist()}
    found = {name: ledger.read(name, which) for name in ("remittances", "remittance_sources")}
    for name in ("remitted_lines", "remitted_adjustments"):
        rows = ledger.read(name, which)
        found[name] = rows[rows["remitted_claim_id"].isin(claims["remitted_claim_id"])]
    words = {"remitted_claim_id": claims["remitted_claim_id"].tolist()}
    return found | {"assignments": ledger.read("assignments", words)}


def raw(root: archive.Root, events: pd.DataFrame) -> pd.Series:
    """The segment behind each event where the archive has it: text as the partner wrote it, which names people."""
    placed = events.dropna(subset=["file", "transaction", "segment"])
    texts = {}
    for sha256, rows in placed.groupby("file"):
        try:
            data = archive.get(root, str(sha256))
        except FileNotFoundError:
            continue
        for transaction, segment in set(zip(rows["transaction"], rows["segment"], strict=True)):
            texts[sha256, transaction, segment] = segment_text(data, int(transaction) - 1, int(segment))
    keys = zip(events["file"], events["transaction"], events["segment"], strict=True)
    return pd.Series(
        [None if pd.isna(key[2]) else texts.get(key) for key in keys], index=events.index, dtype="str"
    )
