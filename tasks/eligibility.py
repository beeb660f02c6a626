"""Stage: what payers answered of people's cover (271) into facts, from the archive or from files of a person."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from configs.identity import digest
from configs.settings import Settings
from connectors.clearinghouse import archive, pickup
from connectors.ledger import Ledger
from connectors.x12 import decode_271, kinds
from tasks import collecting, masters
from tasks.billing import eligibility_answers, estimates
from tasks.door import log, settings_and_ledger, stage
from tasks.frames import of_arrow, records
from tasks.moment import Facts, moment

KIND = "271"
BY_HAND = "load"  # the partner of files that a person loaded


@dataclass(frozen=True)
class Answered:
    """What one file said: people asked about, rows, rows new to the ledger, failed questions by code, faults."""

    inquiries: int
    rows: int
    new: int
    rejects: dict[str, int]
    left_out: int
    damaged: int

    def to_dict(self) -> dict[str, object]:
        """The report as plain values; no person is named."""
        return dict(vars(self))


@stage("read eligibility answers")
def read_eligibility() -> dict[str, int]:
    """Read every unread file that holds a 271."""
    settings, ledger = settings_and_ledger()
    files = collecting.unread(ledger)
    counts = Counter(files=0, inquiries=0, answers=0, new_quarantine=0)
    for file in records(files[files["kind"].isin([KIND, "mixed"])]):
        # The other sets of a mixed file are still to be read.
        said = _read(ledger, settings, file["sha256"], mark=file["kind"] == KIND)
        counts.update(files=1, inquiries=said.inquiries, answers=said.new, new_quarantine=said.damaged)
    log.info("read eligibility answers: %s", dict(counts))
    return dict(counts)


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """The files, and those of folders among them, in order of their names."""
    for path in paths:
        yield from sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]


def load_answers(ledger: Ledger, settings: Settings, path: Path) -> Answered | None:
    """Load one file that a person has; None where it holds no 271."""
    data = path.read_bytes()
    if KIND not in kinds(data):
        return None
    sha = archive.put(settings.archive, data)
    with ledger.transaction() as tx:
        collecting.record_plain(tx, BY_HAND, sha, data, None)
    return _read(ledger, settings, sha, mark=collecting.kind_of(data) == KIND)


def _read(ledger: Ledger, settings: Settings, sha: str, *, mark: bool) -> Answered:
    decoded = decode_271(archive.get(settings.archive, sha))
    answers, sets = of_arrow(decoded.answers), of_arrow(decoded.sets)
    broken = set(sets.loc[(sets["kind"] == KIND) & ~sets["intact"].fillna(False).astype(bool), "transaction"])
    rows, left_out = eligibility_answers.facts(answers[~answers["transaction"].isin(broken)])
    problems = " ".join(sorted(set(of_arrow(decoded.problems)["code"]))) or None
    with ledger.transaction() as tx:
        new = tx.add("eligibility_answers", rows)
        kept_out = tx.add("quarantine", _damaged(sha, broken)) if broken else 0
        if mark:
            reading = {"sha256": sha, "outcome": "read", "problems": problems, "at": pickup.utc_now()}
            tx.put("readings", [reading])
    rejects = rows["reject"].dropna().value_counts()
    return Answered(
        inquiries=rows["inquiry_id"].nunique(),
        rows=len(rows),
        new=new,
        rejects={str(code): int(count) for code, count in rejects.items()},
        left_out=left_out,
        damaged=kept_out,
    )


def shares(facts: Facts, first: dt.date) -> pd.DataFrame:
    """What the booked appointments from `first` on will cost the patients, see `tasks.billing.estimates`."""
    with moment(facts) as now:
        return estimates.shares(
            now.current("schedule"), masters.current(now, with_answers=True), pd.Timestamp(first)
        )


def _damaged(sha: str, broken: set[int]) -> pd.DataFrame:
    """Quarantine rows for sets that are not whole: nothing they say is believed."""
    rows = [
        {
            "quarantine_id": digest("quarantine", "eligibility", f"{sha[:32]}-{number}", "intact"),
            "suite": "eligibility",
            "expectation": "intact",
            "subject_kind": "file",
            "subject_id": f"{sha[:32]}-{number}",
            "reason": "ENVELOPE: the answer is damaged, ask the partner to send it again",
            "file_sha256": sha,
        }
        for number in sorted(broken)
    ]
    return pd.DataFrame(rows)
