"""The ledger, its clock and runs, the official files it judges by, and the archive."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

import pandas as pd

from configs import reference as shipped
from configs.settings import Settings
from connectors.clearinghouse import archive as archived
from connectors.ledger import LedgerError, LedgerUnreachable
from connectors.ledger.health import examine
from tasks import keeping
from tasks.checkup.finding import FAIL, OK, WARN, Finding
from tasks.door import open_ledger

RESTARTED = "docs/runbooks/database-restarted.md"
BAD_REFERENCE = "docs/runbooks/bad-reference-file.md"
WRONG_PAYER = "docs/runbooks/wrong-payer-id.md"
SKEW = dt.timedelta(minutes=2)  # a 999 dated after its file, an upload before its batch
WRONG = {
    "MISSING": "not there any more",
    "DAMAGED": "does not have its content any more",
    "LOCKED": "sealed, and no key of archive_key opens it",
}
LOST = "restore it from the backup, or ask the partner for it"
NAMED = 5  # files of the archive, one by one
DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
QUIET_DAYS = 4  # a long weekend
RESTORE = "stop all runs and restore the ledger from its backup: replaying files posts nothing twice"


def ledger(settings: Settings, now: dt.datetime) -> tuple[bool, list[Finding]]:
    """Whether the ledger can be read by this version, and what there is to say of it."""
    try:
        health = examine(settings.ledger_url)
    except LedgerError as error:
        return False, [Finding("ledger", "database", FAIL, error.code, _what_to_do(error))]
    if health is None or health.revision is None:
        return False, [Finding("ledger", "database", FAIL, "there is none yet", "run 'cleanclaim init'")]
    if health.revision > health.expected:
        told = f"at revision {health.revision}, this version knows {health.expected}"
        return False, [
            Finding("ledger", "schema", FAIL, told, "install the version that made it, or a newer one")
        ]
    found = []
    if health.damage:
        found.append(Finding("ledger", "pages", FAIL, health.damage, RESTORE))
    if health.revision < health.expected:
        told = f"at revision {health.revision} of {health.expected}"
        return False, [
            *found,
            Finding("ledger", "schema", WARN, told, "back it up; the next command upgrades it"),
        ]
    size = "" if health.size is None else f", {health.size / (1 << 20):,.0f} MB"
    found.append(Finding("ledger", "schema", OK, f"{health.engine}, revision {health.revision}{size}"))
    if health.clock is not None and abs(health.clock - now) > SKEW:
        told = "this machine's and the database's differ by more than two minutes"
        found.append(Finding("clock", "database", FAIL, told, "set both by NTP"))
    return True, found


def _what_to_do(error: LedgerError) -> str:
    if isinstance(error, LedgerUnreachable):
        return f"is the database up, and may this login connect? {RESTARTED}"
    return (
        RESTORE
        if error.code in DAMAGED
        else "the code is the database's own; may this login read the ledger?"
    )


def clock(settings: Settings, now: dt.datetime) -> Iterator[Finding]:
    """A clock that went back dates new files before old ones."""
    view = open_ledger(settings)
    seen = view.read("files", columns=["first_seen_at"])["first_seen_at"]
    ended = view.read("runs", columns=["ended_at"])["ended_at"]
    newest = pd.concat([seen, ended]).max()
    if pd.notna(newest) and newest.to_pydatetime() > now + SKEW:
        yield Finding(
            "clock", "ledger", FAIL, "the ledger has seen a later time than now", "set the clock by NTP"
        )
    else:
        yield Finding("clock", "ledger", OK, "not before anything the ledger has seen")


def runs(settings: Settings, now: dt.datetime) -> Iterator[Finding]:
    """A schedule that stands still: when each flow last came to its end."""
    told = open_ledger(settings).read("runs", columns=["flow", "ended_at"])
    for flow, ended in told.groupby("flow")["ended_at"].max().items():
        quiet = (pd.Timestamp(now) - ended).days
        verdict = WARN if quiet > QUIET_DAYS else OK
        action = (
            "is 'cleanclaim serve', or the scheduler that calls it, still running?" if verdict == WARN else ""
        )
        yield Finding("runs", str(flow), verdict, f"last ended {quiet} days ago", action)


def payers(settings: Settings) -> Iterator[Finding]:
    """Payers whose partner is not in the settings: their claims would wait for ever."""
    known = open_ledger(settings).current("payers")
    lost = known.loc[~known["partner"].isin(list(settings.partners)), "payer_id"]
    if len(lost):
        told = f"{len(lost)} with a partner that is not in the settings: {' '.join(sorted(lost)[:5])}"
        yield Finding(
            "payers", "partner", FAIL, told, f"correct the payer's partner, or add the section: {WRONG_PAYER}"
        )
    elif len(known):
        yield Finding("payers", "partner", OK, f"{len(known)} payers, each with a partner")


def reference(settings: Settings, today: dt.date) -> Iterator[Finding]:
    """Official files: none, or the newest one older than its publisher's rhythm (reference_age.tsv)."""
    files = open_ledger(settings).read("reference_files")
    for kind, some in files.groupby("kind"):
        gone = [sha for sha in some["sha256"] if archived.place(settings.archive, sha) is None]
        if gone:
            told = f"the archive lacks {len(gone)} of {len(some)} files"
            yield Finding("reference", f"{kind} files", FAIL, told, f"load them again: {BAD_REFERENCE}")
    newest = files[files["effective_from"] <= pd.Timestamp(today)].groupby("kind")["effective_from"].max()
    for row in shipped.table("reference_age"):
        kind, action = row["kind"], f"cleanclaim load reference {row['kind']} FILE"
        if kind not in newest.index:
            yield Finding("reference", kind, WARN, f"never loaded: {row['without']}", action)
            continue
        age = (pd.Timestamp(today) - newest[kind]).days
        told = f"in force since {newest[kind].date().isoformat()}"
        old = age > int(row["days"])
        yield Finding("reference", kind, WARN if old else OK, told, action if old else "")


def archive(settings: Settings, files: int) -> Iterator[Finding]:
    """Some archived files, drawn by chance, against the digests they are named for; all of them where that is fewer."""
    known = keeping.held(open_ledger(settings))
    drawn = random.sample(known, min(files, len(known)))
    wrong = list(keeping.verify(settings, drawn))
    for sha, code in wrong[:NAMED]:
        yield Finding("archive", sha[:12], FAIL, WRONG[code], LOST)
    if len(wrong) > NAMED:
        told = f"as little as these: {len(wrong) - NAMED} of {len(drawn)} read"
        yield Finding("archive", "more", FAIL, told, "'cleanclaim archive verify' names every one")
    if not wrong:
        yield Finding("archive", "files", OK, f"{len(drawn)} of {len(known)} read, all whole")
