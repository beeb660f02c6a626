"""Stages: read acknowledgments and remittances from the archive into facts, and post what proves itself.

A file is marked as read in the transaction that stores the last of what it says, so that a crash leaves it either read
or unread; a remittance is in one transaction with its postings. Reading a file again changes nothing: facts are
identified by content.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from configs.identity import digest
from configs.settings import Settings
from connectors.clearinghouse import archive, pickup
from connectors.ledger import Ledger, Transaction
from connectors.x12 import Decoded835, decode_835, decode_acknowledgments
from expectations.gate import Verdict
from tasks import collecting, quarantining, recognising
from tasks.billing import accounts, acknowledgments, evidence, remittances, shapes
from tasks.billing.remittances import RemittanceFacts
from tasks.door import log, settings_and_ledger, stage
from tasks.frames import of_arrow, records
from tasks.portions import BYTES, CLAIMS, portions


@stage("read acknowledgments")
def read_acknowledgments() -> dict[str, int]:
    """Read every unread file that holds a TA1, 999 or 277CA; then settle uploads that an answer proves."""
    settings, ledger = settings_and_ledger()
    files = collecting.unread(ledger)
    files = files[files["kind"].isin(["TA1", "999", "997", "277CA", "mixed"])]
    counts = Counter(files=len(files), statements=0)
    for file in records(files):
        counts.update(_read_acknowledgment(settings, ledger, file["sha256"], file["partner"], file["kind"]))
    counts["settled"] = _settle_answered(ledger)
    log.info("read acknowledgments: %s", dict(counts))
    return dict(counts)


def _read_acknowledgment(
    settings: Settings, ledger: Ledger, sha: str, partner: str, kind: str
) -> dict[str, int]:
    decoded = decode_acknowledgments(archive.get(settings.archive, sha))
    problems = of_arrow(decoded.problems)
    damaged = _damaged(of_arrow(decoded.sets), problems)
    set_acks, claim_acks = of_arrow(decoded.set_acks), of_arrow(decoded.claim_acks)
    believed = (
        of_arrow(decoded.interchange_acks),
        set_acks[~set_acks["transaction"].isin(damaged)],
        claim_acks[~claim_acks["transaction"].isin(damaged)],
    )
    with ledger.transaction() as tx:
        new = tx.add("acknowledgments", acknowledgments.facts(partner, *believed))
        tx.add(
            "acknowledgment_sources",
            acknowledgments.sources(partner, *believed, of_arrow(decoded.sets), sha),
        )
        kept_out = tx.add("quarantine", _damaged_rows(sha, damaged, problems)) if damaged else 0
        if kind != "mixed":  # the remittances of a mixed file are still to be read
            _mark(tx, sha, "read", problems)
    return {"statements": new, "new_quarantine": kept_out}


def _damaged(sets: pd.DataFrame, problems: pd.DataFrame) -> set[int]:
    """Transaction sets that must not be believed: not intact, or with an error."""
    broken = sets.loc[~sets["intact"].fillna(False).astype(bool), "transaction"]
    errors = problems.loc[(problems["severity"] == "error") & problems["transaction"].notna(), "transaction"]
    answers = sets["kind"].isin(["999", "997", "277CA"])
    return set(sets.loc[answers, "transaction"]) & {*broken, *errors}


def _damaged_rows(sha: str, damaged: set[int], problems: pd.DataFrame) -> pd.DataFrame:
    """Quarantine rows for damaged acknowledgments: nothing they say is believed until a person has looked."""
    rows = []
    for transaction in sorted(damaged):
        own = problems[problems["transaction"] == transaction]
        codes = " ".join(sorted(set(own["code"]))) or "ENVELOPE"
        subject = f"{sha[:32]}-{transaction}"
        rows.append(
            {
                "quarantine_id": digest("quarantine", "acknowledgments", subject, "intact"),
                "suite": "acknowledgments",
                "expectation": "intact",
                "subject_kind": "file",
                "subject_id": subject,
                "reason": f"{codes}: the acknowledgment is damaged, ask the partner to send it again",
                "file_sha256": sha,
                "segment": own["segment"].min() if len(own) else pd.NA,
            }
        )
    return pd.DataFrame(rows)


def _mark(tx: Transaction, sha: str, outcome: str, problems: pd.DataFrame) -> None:
    codes = " ".join(sorted(set(problems["code"]))) or None
    tx.put("readings", [{"sha256": sha, "outcome": outcome, "problems": codes, "at": pickup.utc_now()}])


def _settle_answered(ledger: Ledger) -> int:
    """An answer about an interchange proves that it arrived: uploads in doubt are settled by it."""
    from tasks.sending import record

    events = ledger.read("submission_events")
    stated = acknowledgments.effects(ledger.read("acknowledgments"))
    files = evidence.submission_states(ledger.read("submissions"), events, stated)
    uploaded = set(events.loc[events["event"] == "uploaded", "submission_id"])
    proved = files[files["state"].isin(["sent", "file_rejected"]) & ~files["submission_id"].isin(uploaded)]
    for submission in proved["submission_id"]:
        record(ledger, submission, "renaming")
        record(ledger, submission, "uploaded")
    return len(proved)


@stage("read remittances")
def read_remittances() -> dict[str, int]:
    """Read every unread 835: check, match, post. What does not balance posts nothing and waits in quarantine."""
    settings, ledger = settings_and_ledger()
    files = collecting.unread(ledger)
    ignored = files[~files["kind"].isin(["835", "mixed"])]
    files = files[files["kind"].isin(["835", "mixed"])]
    counts = {
        "files": len(files),
        "remittances": 0,
        "new_quarantine": 0,
        "postings": 0,
        "ignored": len(ignored),
    }
    for portion in portions(files["bytes"], BYTES):
        shas = files["sha256"].iloc[portion].tolist()
        decoded = decode_835([archive.get(settings.archive, sha) for sha in shas])
        for key, value in store(settings, ledger, decoded, shas).items():
            counts[key] += value
    with ledger.transaction() as tx:
        for sha in ignored["sha256"]:
            tx.put("readings", [{"sha256": sha, "outcome": "ignored", "at": pickup.utc_now()}])
    log.info("read remittances: %s", counts)
    return counts


def store(
    settings: Settings,
    ledger: Ledger,
    decoded: Decoded835,
    shas: list[str],
    part: Callable[[pd.DataFrame], Decoded835] | None = None,
    *,
    history: bool = False,
    adopt: bool = False,
) -> dict[str, int]:
    """Store what the decoded files say, a portion in one transaction; with the last one the files are read.

    `part` gives the claims of some of the transactions where `decoded` does not hold them all. Of a `history` Data Docs
    are written where a check fails. With `adopt` claims that are nobody's are adopted (`tasks.billing.adoption`).
    """
    transactions = remittances.with_envelopes(
        of_arrow(decoded.transactions), of_arrow(decoded.sets), of_arrow(decoded.interchanges), shas
    )
    problems = of_arrow(decoded.problems)
    counts: Counter[str] = Counter()
    listed = [*portions(transactions["claims"].fillna(0), CLAIMS)] or [slice(0, 0)]
    for portion in listed:
        some = transactions.iloc[portion]
        found = _found(ledger, part(some) if part else decoded, some, problems)
        readings = _readings(shas, problems) if portion is listed[-1] else None
        counts.update(_post(settings, ledger, found, readings, history, adopt))
    return dict(counts)


def _found(
    ledger: Ledger, decoded: Decoded835, transactions: pd.DataFrame, problems: pd.DataFrame
) -> RemittanceFacts:
    """The facts of some of the decoded transactions."""
    sets = pa.array(transactions["transaction"], pa.int32())

    def told(table: pa.Table, columns: shapes.Shape) -> pd.DataFrame:
        names = [name for name in table.column_names if name in columns or name in remittances.CODEC]
        rows = pc.is_in(table["transaction"], value_set=sets)
        return of_arrow(table.select(names).filter(rows))

    return remittances.facts(
        transactions,
        told(decoded.claims, shapes.REMITTED_CLAIMS),
        told(decoded.lines, shapes.REMITTED_LINES),
        told(decoded.adjustments, shapes.REMITTED_ADJUSTMENTS),
        told(decoded.provider_adjustments, shapes.PROVIDER_ADJUSTMENTS),
        payers=ledger.current("payers"),
        problems=problems,
    )


def _readings(shas: list[str], problems: pd.DataFrame) -> pd.DataFrame:
    """Decoded files as read, with the codes of their problems."""
    codes = problems.groupby("file")["code"].agg(lambda column: " ".join(sorted(set(column))))
    told = pd.Series(range(len(shas))).map(codes).astype("str")
    return pd.DataFrame({"sha256": shas, "outcome": "read", "problems": told, "at": pickup.utc_now()})


def _post(
    settings: Settings,
    ledger: Ledger,
    found: RemittanceFacts,
    readings: pd.DataFrame | None,
    history: bool,
    adopt: bool,
) -> dict[str, int]:
    """Check, match and post remittances, and store all of it in one transaction."""
    existing = _existing(ledger, found)
    conflicting = recognising.contradicting(ledger, found, existing)
    disputed = set(conflicting["subject_id"])
    judged = _project(found, conflicting, existing)
    verdict = quarantining.run_suite(settings, ledger, "remittances", judged, always=not history)
    waiting = _waiting(found, conflicting, verdict)
    kept_out = {*verdict.quarantined} - disputed | {*existing["remittance_id"]}
    found = remittances.without(found, kept_out)
    found, entries = recognising.prepared(ledger, found, disputed, adopt)
    live = remittances.without(found, disputed)
    sums = _project_postings(live, entries)
    checked = quarantining.run_suite(settings, ledger, "postings", sums, always=not history)
    assert not checked.quarantined, "the postings suite tolerates nothing"
    with ledger.transaction() as tx:
        counts = recognising.store(tx, found, entries, waiting, disputed)
        if readings is not None:
            tx.put("readings", readings)
    return counts


def _existing(ledger: Ledger, found: RemittanceFacts) -> pd.DataFrame:
    """Stored remittances that are among the found ones, or that may contradict them."""
    by_trace = ledger.read("remittances", where={"trace": found.remittances["trace"].unique().tolist()})
    ids = found.unbalanced["subject_id"].unique().tolist()  # a damaged copy of one that was posted
    by_id = ledger.read("remittances", where={"remittance_id": ids})
    return pd.concat([by_trace, by_id], ignore_index=True).drop_duplicates("remittance_id", ignore_index=True)


def _project(found: RemittanceFacts, conflicting: pd.DataFrame, existing: pd.DataFrame) -> pd.DataFrame:
    """What the suite may see of new remittances, the unbalanced ones included."""
    new = found.remittances[~found.remittances["remittance_id"].isin(existing["remittance_id"])]
    sound = pd.DataFrame(
        {
            "remittance_id": new["remittance_id"],
            "balanced": True,
            "difference_cents": new["bpr_cents"] - (new["claim_paid_cents"] - new["plb_cents"]),
            "trace_present": new["trace"].notna(),
            "payer_identifier": new["payer_identifier"],
            "payment_date": new["payment_date"],
            "bpr_cents": new["bpr_cents"],
            "no_conflict": ~new["remittance_id"].isin(conflicting["subject_id"]),
        }
    )
    off = found.unbalanced[["subject_id", "difference_cents"]].rename(columns={"subject_id": "remittance_id"})
    # A whole copy of a damaged remittance has the same id: then the whole one is judged.
    off = off[~off["remittance_id"].isin({*found.remittances["remittance_id"], *existing["remittance_id"]})]
    return pd.concat([sound, off.assign(balanced=False)], ignore_index=True) if len(off) else sound


def _waiting(found: RemittanceFacts, conflicting: pd.DataFrame, verdict: Verdict) -> pd.DataFrame:
    """All rows for quarantine: unbalanced, conflicting, and what else the suite kept out."""
    told = {*found.unbalanced["subject_id"], *conflicting["subject_id"]}
    rows = quarantining.rows_of(verdict)
    parts = [found.unbalanced, conflicting, rows[~rows["subject_id"].isin(told)]]
    return pd.concat([part for part in parts if len(part)] or [found.unbalanced], ignore_index=True)


def _project_postings(found: RemittanceFacts, entries: pd.DataFrame) -> pd.DataFrame:
    """What the suite may see of the postings: sums by remittance."""
    sums = entries.groupby("remittance_id")["amount_cents"].agg(["sum", "size"])
    postings = entries.groupby(["remittance_id", "posting_id"])["amount_cents"].sum()
    off = (postings != 0).groupby(level=0).sum()
    cash = entries[entries["account"] == "cash"].groupby("remittance_id")["amount_cents"].sum()
    unknown = entries.loc[~entries["account"].isin(list(accounts.kinds())), "remittance_id"]
    ids = found.remittances["remittance_id"]
    return pd.DataFrame(
        {
            "subject_id": ids,
            "entries": ids.map(sums["size"]).fillna(0).astype("Int64"),
            "sum_cents": ids.map(sums["sum"]).fillna(0).astype("Int64"),
            "unbalanced_postings": ids.map(off).fillna(0).astype("Int64"),
            "cash_difference_cents": ids.map(cash).fillna(0).astype("Int64") - found.remittances["bpr_cents"],
            "accounts_known": ~ids.isin(unknown),
        }
    )
