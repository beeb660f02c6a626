"""Judge encounters or charges from files beside the practice's masters and history, and write nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from configs.identity import digests
from configs.settings import Settings
from connectors.ledger import Ledger, conform, empty
from connectors.ledger.schema import MASTER_KINDS
from connectors.sources.files import read_any
from tasks import masters, rebilling, scrubbing, standing
from tasks.billing import codes, judge, track_record
from tasks.billing.context import JudgeContext, Masters, beside, words
from tasks.billing.scrub import registry as scrub
from tasks.moment import Moment

KINDS = (*MASTER_KINDS, "charges")
SUFFIXES = (".csv", ".parquet", ".json", ".jsonl", ".ndjson")
COLUMNS = words("encounter line rule severity message fix reference_version change predicts source")
# Problems of a whole file; those of the first line alone leave its rows usable.
OF_FILES = ("NO_HEADER", "MISSING_COLUMN", "DUPLICATE_COLUMN", "MISSPELT_COLUMN")
MENTIONED = ("UNKNOWN_COLUMN",)
# What rules read of a payer and of a clinician, as `tasks.billing.visits` calls it.
OF_PAYER = words(
    "payer_class telehealth_rule audio_allowed timely_filing_days telehealth_codes modifier_order quarter_hour_rule"
    " programme_minutes beside_programme filing_basis"
)


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
    """What the ledger knows, or nothing, and what is configured."""

    context: JudgeContext
    masters: dict[str, pd.DataFrame]
    charges: pd.DataFrame
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
    found, problems = _load([*(_tables(folder) if folder else ()), *files])
    past = _past(settings, date, config)
    known = Masters(**{kind: _over(kind, past.masters[kind], found.get(kind)) for kind in masters.KINDS})
    encounters = _versions("encounters", found.get("encounters"))
    judged = _judge(encounters, known, past)
    scrubbed = _scrub(found.get("charges"), known, past)
    said = pd.concat([judged.findings, scrubbed], ignore_index=True)
    lines = 0 if "charges" not in found else len(found["charges"])
    said = _shown(said, past.record)
    rowwise = problems[~problems["code"].isin([*OF_FILES, *MENTIONED])]
    counts = {
        "files": len(files),
        "encounters": len(encounters),
        "charges": lines,
        "held": int(said.loc[said["severity"] == "hold", "encounter"].nunique()),
        "hold": int((said["severity"] == "hold").sum()),
        "warn": int((said["severity"] == "warn").sum()),
        "shadow": len(judged.shadows),
        "kept_out": len(rowwise[["file", "row"]].drop_duplicates()),
        "unusable_files": int(problems.loc[problems["code"].isin(OF_FILES), "file"].nunique()),
    }
    return Tried(said, counts, problems)


def _tables(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _load(files: Iterable[Path]) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Good rows by kind, a later row with the same key instead of an earlier one, and all problems with their file."""
    rows: dict[str, list[pd.DataFrame]] = {}
    problems = [pd.DataFrame(columns=["file", "row", "column", "code", "message"])]
    for path in files:
        kind, loaded = read_any(path, KINDS)
        if kind is not None:
            rows.setdefault(kind, []).append(loaded.rows)
        if len(loaded.problems):
            problems.append(loaded.problems.assign(file=path.name))
    found = {}
    for kind, parts in rows.items():
        together = pd.concat(parts, ignore_index=True)
        found[kind] = together.drop_duplicates(_key(kind), keep="last").reset_index(drop=True)
    return found, pd.concat(problems[1:] or problems, ignore_index=True)


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


def _past(settings: Settings, date: dt.date, config: Path | None) -> Past:
    with opened(settings) as ledger:
        if ledger is None:
            nothing = pd.DataFrame(columns=track_record.COLUMNS)
            kinds = {kind: empty(kind) for kind in masters.KINDS}
            under = masters.context(settings, date, config=config)
            return Past(
                under,
                kinds,
                empty("charge_lines"),
                empty("authorization_units"),
                nothing,
                empty("suppressions"),
            )
        with ledger.snapshot() as view:
            now = Moment(view)
            return Past(
                masters.context(settings, date, now, config),
                {kind: now.current(kind) for kind in masters.KINDS},
                rebilling.standing_charges(now),
                standing.authorization_units(now),
                scrubbing.track_record(now),
                now.read("suppressions"),
            )


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
    payers = known.payers.set_index("payer_id")
    classes = known.providers.set_index("provider_id")["provider_class"]
    lines = charges.assign(diagnoses=codes.each(codes.normalise_diagnoses, charges["diagnoses"]))
    for name in OF_PAYER:
        column = f"payer_{name.removeprefix('payer_')}"
        theirs = beside(lines["payer_id"], payers[name])
        lines[column] = lines[column].fillna(theirs) if column in lines else theirs
    lines["provider_class"] = lines["provider_class"].fillna(beside(lines["rendering_id"], classes))
    return scrub.run(lines, None, past.charges, past.context)


def _shown(said: pd.DataFrame, record: pd.DataFrame) -> pd.DataFrame:
    """Findings in the words of the command, each with how often its rule was right before."""
    named = said.rename(columns={"encounter_id": "encounter", "rule_id": "rule"})
    named = named[named["severity"] != "shadow"].reindex(columns=COLUMNS)
    named = named.sort_values(["encounter", "line", "rule"], na_position="first", kind="stable")
    shown = named.merge(record.rename(columns={"rule_id": "rule"}), on="rule", how="left")
    counted = {name: shown[name].astype("Int64").fillna(0) for name in ("said", "judged", "right")}
    return shown.assign(**counted).reset_index(drop=True)
