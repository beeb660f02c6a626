"""Judge encounters or charges from files beside the practice's masters and history, and write nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from configs.identity import digests
from configs.settings import Settings
from connectors.ledger import Ledger, conform, empty
from connectors.ledger.schema import MASTER_KINDS
from connectors.sources.checks import Loaded
from connectors.sources.files import read_any
from tasks import masters, rebilling, standing
from tasks.billing import billed, codes, judge, suppressions, track_record
from tasks.billing.context import JudgeContext, Masters, words
from tasks.billing.scrub import registry as scrub
from tasks.moment import Moment

KINDS = (*MASTER_KINDS, "charges")
JUDGED = ("encounters", "charges")
ANSWERS = "eligibility_answers"  # facts that gates read beside the masters
SUFFIXES = (".csv", ".parquet", ".json", ".jsonl", ".ndjson")
COLUMNS = words("encounter line rule severity message fix reference_version change predicts source")
# Problems of a whole file; those of the first line alone leave its rows usable.
OF_FILES = ("NO_HEADER", "MISSING_COLUMN", "DUPLICATE_COLUMN", "MISSPELT_COLUMN", "REFUSED_COLUMN")
NOT_READABLE = "NOT_READABLE"
MENTIONED = ("UNKNOWN_COLUMN",)


@dataclass(frozen=True)
class Tried:
    """What came of it: findings (COLUMNS, then said, judged and right), counts, and problems of the files."""

    findings: pd.DataFrame
    counts: dict[str, int]
    problems: pd.DataFrame

    @property
    def holds(self) -> bool:
        """Whether anything would be held."""
        return bool((self.findings["severity"] == "hold").any())


@dataclass(frozen=True)
class Past:
    """What the ledger knows, or nothing, and what is configured.

    `charges` are those of the people of the files, `versions` the sessions they are of; `units` are without what the
    encounters of the files took themselves.
    """

    context: JudgeContext
    masters: dict[str, pd.DataFrame]
    charges: pd.DataFrame
    versions: pd.DataFrame
    units: pd.DataFrame
    record: pd.DataFrame
    suppressed: pd.DataFrame


def try_files(
    settings: Settings,
    files: Sequence[Path],
    date: dt.date,
    *,
    folder: Path | None = None,
    config: Path | None = None,
) -> Tried:
    """Judge what the files hold as of a day. Masters among the files win over those of `folder`, those over the ledger.

    The ledger is only read, and where there is none, none is made.
    """
    found, problems, unusable = _load([*(_tables(folder) if folder else ()), *files])
    past = _past(settings, date, config, found)
    own = {kind: _over(kind, past.masters[kind], found.get(kind)) for kind in masters.KINDS}
    known = Masters(**own, eligibility_answers=past.masters[ANSWERS])
    past = replace(past, charges=billed.completed(past.charges, past.versions, known))
    encounters = _versions("encounters", found.get("encounters"))
    judged = _judge(encounters, known, past)
    scrubbed = _scrub(found.get("charges"), known, past)
    said = pd.concat([judged.findings, scrubbed], ignore_index=True)
    lines = 0 if "charges" not in found else len(found["charges"])
    said = _shown(said, past.record)
    rowwise = problems[~problems["file"].isin(unusable) & ~problems["code"].isin(MENTIONED)]
    counts = {
        "files": len(files),
        "encounters": len(encounters),
        "charges": lines,
        "held": int(said.loc[said["severity"] == "hold", "encounter"].nunique()),
        "hold": int((said["severity"] == "hold").sum()),
        "warn": int((said["severity"] == "warn").sum()),
        "shadow": len(judged.shadows),
        "kept_out": len(rowwise[["file", "row"]].drop_duplicates()),
        "unusable_files": len(unusable),
    }
    return Tried(said, counts, problems)


def _tables(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _load(files: Iterable[Path]) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, set[str]]:
    """Good rows by kind, a later row with the same key instead of an earlier one, all problems with their file, and
    the files of which nothing could be used.
    """
    rows: dict[str, list[pd.DataFrame]] = {}
    problems = [pd.DataFrame(columns=["file", "row", "column", "code", "message"])]
    unusable = set()
    for path in files:
        kind, loaded = read_any(path, KINDS)
        if kind is not None:
            rows.setdefault(kind, []).append(loaded.rows)
        if len(loaded.problems):
            problems.append(loaded.problems.assign(file=path.name))
        if _refused(loaded):
            unusable.add(path.name)
    found = {}
    for kind, parts in rows.items():
        together = pd.concat(parts, ignore_index=True)
        found[kind] = together.drop_duplicates(_key(kind), keep="last").reset_index(drop=True)
    return found, pd.concat(problems[1:] or problems, ignore_index=True), unusable


def _refused(loaded: Loaded) -> bool:
    """Whether a file is of no use as a whole: its columns, or no row of it can be made out."""
    named = set(loaded.problems["code"]) - set(MENTIONED)
    return not named.isdisjoint(OF_FILES) or (loaded.rows.empty and named == {NOT_READABLE})


def _key(kind: str) -> list[str]:
    if kind == "charges":
        return ["encounter_id", "position"]
    key: list[str] = MASTER_KINDS[kind].info["key"]
    return key


def _versions(kind: str, rows: pd.DataFrame | None) -> pd.DataFrame:
    """Rows of a file as the ledger would give them back."""
    if rows is None or rows.empty:
        return empty(kind)
    ids = digests(f"tried {kind}", rows.itertuples(index=False, name=None))
    return conform(kind, rows.assign(row_id=ids, version=1, previous_id=None))


def _over(kind: str, stored: pd.DataFrame, rows: pd.DataFrame | None) -> pd.DataFrame:
    """The ledger's rows, but for those that the files bring."""
    if rows is None:
        return stored
    both = pd.concat([stored, _versions(kind, rows)], ignore_index=True)
    return both.drop_duplicates(_key(kind), keep="last").reset_index(drop=True)


@contextmanager
def opened(settings: Settings) -> Iterator[Ledger | None]:
    """The ledger as it is, neither made nor migrated; None where there is none."""
    url = settings.ledger_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        yield None
        return
    with Ledger.open(url, migrate=False) as ledger:
        yield ledger


def _past(settings: Settings, date: dt.date, config: Path | None, found: Mapping[str, pd.DataFrame]) -> Past:
    with opened(settings) as ledger:
        if ledger is None:
            return Past(
                masters.context(settings, date, config=config),
                {kind: empty(kind) for kind in (*masters.KINDS, ANSWERS)},
                empty("charge_lines"),
                empty("encounters"),
                empty("authorization_units"),
                pd.DataFrame(columns=track_record.COLUMNS),
                empty("suppressions"),
            )
        people, encounters = (_values(found, name) for name in ("patient_id", "encounter_id"))
        with ledger.snapshot() as view:
            now = Moment(view)
            charges = rebilling.of_people(now, people, encounters)
            return Past(
                masters.context(settings, date, now, config, _codes(found)),
                {kind: now.current(kind) for kind in masters.KINDS} | {ANSWERS: now.read(ANSWERS)},
                charges,
                rebilling.versions(now, charges),
                _units_of_others(now, encounters),
                standing.track_record(now),
                now.read("suppressions"),
            )


def _values(found: Mapping[str, pd.DataFrame], name: str) -> list[str]:
    """What the files to be judged say in a column."""
    return [value for kind in JUDGED if kind in found for value in found[kind][name].dropna().unique()]


def _codes(found: Mapping[str, pd.DataFrame]) -> set[str]:
    """Procedure codes of the files; encounters write theirs as '99214-25 90833'."""
    own = {str(code) for code in found["charges"]["code"].dropna()} if "charges" in found else set()
    stated = found["encounters"]["codes"].dropna() if "encounters" in found else ()
    return own | {code.partition("-")[0] for text in stated for code in text.split()}


def _units_of_others(ledger: Moment, encounters: Collection[str]) -> pd.DataFrame:
    """Authorized units without those of these encounters: tried again, a session does not compete with itself."""
    charges = ledger.read("charge_lines", columns=["charge_id", "encounter_id"])
    own = charges.loc[charges["encounter_id"].isin(encounters), "charge_id"]
    entries = standing.authorization_units(ledger)
    return entries[~entries["charge_id"].isin(own)].reset_index(drop=True)


def _judge(encounters: pd.DataFrame, known: Masters, past: Past) -> judge.Judgement:
    """As the daily run would for the first time: what the ledger has of the same encounters does not count."""
    others = past.charges[~past.charges["encounter_id"].isin(encounters["encounter_id"])]
    return judge.judge(
        encounters,
        known,
        past.context,
        history_lines=others.reset_index(drop=True),
        authorization_units=past.units,
        previous_decisions=empty("decisions"),
        suppressed=past.suppressed,
    )


def _scrub(charges: pd.DataFrame | None, known: Masters, past: Past) -> pd.DataFrame:
    """Charge lines through the scrub alone: gates and coding need the session."""
    if charges is None or charges.empty:
        return scrub.run(pd.DataFrame(), None, None, past.context)
    lines = charges.assign(diagnoses=codes.each(codes.normalise_diagnoses, charges["diagnoses"]))
    said = scrub.run(billed.completed(lines, None, known), None, past.charges, past.context)
    given = conform("suppressions", past.suppressed)
    return suppressions.suppress(said, given, past.context.today)


def _shown(said: pd.DataFrame, record: pd.DataFrame) -> pd.DataFrame:
    """Findings in the words of the command, each with how often its rule was right before."""
    named = said.rename(columns={"encounter_id": "encounter", "rule_id": "rule"})
    named = named[named["severity"] != "shadow"].reindex(columns=COLUMNS)
    named = named.sort_values(["encounter", "line", "rule"], na_position="first", kind="stable")
    shown = named.merge(record.rename(columns={"rule_id": "rule"}), on="rule", how="left")
    counted = {name: shown[name].astype("Int64").fillna(0) for name in ("said", "judged", "right")}
    return shown.assign(**counted).reset_index(drop=True)
