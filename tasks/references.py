"""Official files of codes and edits: into the archive and the ledger, and back as what the rules read.

The bytes go into the archive by sha256, one fact row says what they are (kind, edition, from when), and the rows are
kept as Parquet at ``home/reference/KIND/SHA256.parquet``. That file is only a quicker copy: where it is missing it is
made again from the archive. Loading the same file again changes nothing.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from configs.identity import digest
from configs.settings import ConfigurationError, Settings
from connectors.clearinghouse import archive
from connectors.ledger import Ledger
from connectors.sources.official import READERS, Loaded, WrongFile, kinds_of
from tasks.billing import references as official
from tasks.billing.references import KINDS, References
from tasks.billing.scrub import codebook
from tasks.door import open_ledger
from tasks.frames import records
from tasks.moment import Reads

STREAMED = "nppes"  # too large for memory, and kept for our own NPIs only
LARGEST = 1 << 30
BEGINNING = 1 << 22  # bytes that tell what a file is
LAST_MONTH_OF_ICD = 9
PARTIAL = ("ncci", "nppes", "supplement")  # come in parts, or hold what concerns us only


class ReferenceRefused(Exception):
    """A file that cannot be loaded; the message names the file, the line and what to do, and no content."""


@dataclass(frozen=True)
class ReferenceReport:
    """What a load did: `rows` read of `edition`, whether the fact was `new`, and the rows kept out."""

    kind: str
    edition: str
    sha256: str
    rows: int
    new: int
    effective_from: dt.date
    effective_to: dt.date | None
    problems: pd.DataFrame

    def to_dict(self) -> dict[str, object]:
        """The report as plain values."""
        return {
            "kind": self.kind,
            "edition": self.edition,
            "sha256": self.sha256,
            "rows": self.rows,
            "new": self.new,
            "effective_from": self.effective_from.isoformat(),
            "effective_to": self.effective_to.isoformat() if self.effective_to else None,
            "kept_out": int(self.problems["row"].nunique()) if len(self.problems) else 0,
            "problems": self.problems.to_dict(orient="records"),
        }


def load_reference(
    ledger: Ledger,
    settings: Settings,
    kind: str,
    path: Path,
    edition: str | None = None,
    effective: dt.date | None = None,
) -> ReferenceReport:
    """Load one official file; `edition` and `effective` where its name does not tell them, or to overrule it.

    Raises ReferenceRefused for a file of another kind, a damaged one, or one whose first day nobody knows.
    """
    loaded = _read(kind, path, path.name, _npis(ledger, settings))
    first = effective or loaded.effective_from
    label = edition or (loaded.edition if not effective or loaded.edition else effective.isoformat())
    if first is None or not label:
        raise ReferenceRefused(
            f"{path.name}: line 1: the name tells no edition: give --edition and --effective"
        )
    last = _last_day(kind, first) if effective else loaded.effective_to
    label = f"{label} {loaded.series}".strip()
    if edition is None:
        _whole(ledger, kind, loaded, first, path.name)
    sha = archive.put_file(settings.archive, path)
    _keep(_place(settings, kind, sha), loaded.frame)
    row = {
        "reference_id": digest("reference", kind, label, sha),
        "kind": kind,
        "edition": label,
        "sha256": sha,
        "rows": len(loaded.frame),
        "effective_from": pd.Timestamp(first),
        "effective_to": pd.Timestamp(last) if last else None,
        "published_name": path.name,
        "loaded_on": dt.date.today().isoformat(),
    }
    with ledger.transaction() as tx:
        new = tx.add("reference_files", pd.DataFrame([row]))
    return ReferenceReport(kind, label, sha, len(loaded.frame), new, first, last, loaded.problems)


def _whole(ledger: Reads, kind: str, loaded: Loaded, first: dt.date, name: str) -> None:
    """Refuse a table with less than half the rows of an earlier edition: what it lacks would count as ended."""
    if kind in PARTIAL or loaded.series in PARTIAL:
        return
    before = ledger.read("reference_files", {"kind": kind})
    before = before[before["effective_from"] < pd.Timestamp(first)]
    before = before[[official.series_of(edition) == loaded.series for edition in before["edition"]]]
    most = int(before["rows"].max()) if len(before) else 0
    if 2 * len(loaded.frame) < most:
        raise ReferenceRefused(
            f"{name}: line {len(loaded.frame)}: {len(loaded.frame)} rows, where an earlier edition had {most}: a part"
            " of the file? If it is whole, say so by giving --edition"
        )


def _last_day(kind: str, first: dt.date) -> dt.date | None:
    """ICD-10-CM ends with the fiscal year; the others judge until the next edition."""
    if kind != "icd10cm":
        return None
    return dt.date(first.year + (first.month > LAST_MONTH_OF_ICD), LAST_MONTH_OF_ICD, 30)


def _npis(ledger: Reads, settings: Settings) -> set[str]:
    """NPIs that concern us: the clinicians' and the practice's own."""
    known = ledger.read("providers", columns=["npi"])["npi"].dropna()
    return {npi for npi in [*known, settings.practice.npi] if len(npi) == 10 and npi.isdigit()}


def _read(kind: str, path: Path, name: str, npis: set[str]) -> Loaded:
    try:
        if kind == STREAMED:
            with path.open("rb") as stream:
                found: Loaded = READERS[kind].read(stream, name, npis)
        elif path.stat().st_size > LARGEST:
            raise WrongFile(name, 1, "larger than any file of this kind")
        else:
            found = READERS[kind].read(path.read_bytes(), name)
        return found
    except WrongFile as error:
        with path.open("rb") as stream:
            start = stream.read(BEGINNING)
        others = [other for other in kinds_of(start, name) if other != kind]
        hint = f"; it looks like {' or '.join(others)}" if others else ""
        raise ReferenceRefused(f"{error}{hint}") from None


def _place(settings: Settings, kind: str, sha: str) -> Path:
    return settings.home / "reference" / kind / f"{sha}.parquet"


def _keep(place: Path, frame: pd.DataFrame) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = place.with_suffix(".part")
    frame.to_parquet(part, index=False)
    os.replace(part, place)


def of_home(settings: Settings) -> References:
    """Which editions were loaded into the home's own ledger, without a row of them: what a rule's page names.

    Nothing where there is no ledger yet, and none is made.
    """
    embedded = settings.ledger_url.startswith("sqlite:///")
    if embedded and not Path(settings.ledger_url.removeprefix("sqlite:///")).exists():
        return References()
    return _named(open_ledger(settings).read("reference_files"))


def read(
    facts: Reads, settings: Settings, codes: Iterable[str] = (), kinds: Collection[str] = KINDS
) -> References:
    """Everything that was loaded of these kinds, as the rules take it; nothing where nobody loaded anything.

    Edits are read for the procedure codes that can occur only: the shipped ones, those with a fee, and `codes`.
    """
    files = facts.read("reference_files")
    files = files[files["kind"].isin(list(kinds))]
    if files.empty:
        return References()
    editions = official.closed(files)
    frames: dict[str, pd.DataFrame] = {}
    for kind in kinds:
        some = editions[editions["kind"] == kind]
        if len(some):
            frames[kind] = _frame(facts, settings, kind, some, files, codes)
    return replace(_named(files), frames=frames)


def _named(files: pd.DataFrame) -> References:
    """The editions of `files` (rows of ``reference_files``) with their windows and versions, and no frames."""
    if files.empty:
        return References()
    editions = official.closed(files)
    loaded = pd.to_datetime(files["loaded_on"]).groupby(files["kind"]).max()
    return References(
        versions={str(kind): _version(part) for kind, part in editions.groupby("kind")},
        as_of={str(kind): day.date() for kind, day in loaded.items()},
        editions=editions.drop(columns="sha256").drop_duplicates(ignore_index=True),
    )


def _version(editions: pd.DataFrame) -> str:
    """The newest edition of each set of a kind, commas between."""
    newest = editions.drop_duplicates("series", keep="last")
    return ", ".join(newest["edition"])


def _frame(
    facts: Reads,
    settings: Settings,
    kind: str,
    editions: pd.DataFrame,
    files: pd.DataFrame,
    codes: Iterable[str],
) -> pd.DataFrame:
    """The rows of a kind in the shape that ``tasks.billing.references`` names."""
    names = dict(zip(files["sha256"], files["published_name"], strict=True))
    if kind == "ncci":  # the newest edition of a set holds all windows
        newest = editions.groupby("series")["effective_from"].transform("max")
        editions = editions[editions["effective_from"] == newest]
    places = []
    for row in records(editions):
        place = _place(settings, kind, row["sha256"])
        if not _whole_copy(place):
            _rebuild(facts, settings, kind, row["sha256"], names[row["sha256"]], place)
        places.append((str(place), row["effective_from"], row["effective_to"], row["series"]))
    if kind == "icd10cm":
        return _diagnoses(tuple(places))
    condition = None
    if kind == "ncci":
        wanted = pa.array(sorted(_billed(facts) | set(codes)), pa.string())
        condition = pc.field("column1").isin(wanted) & pc.field("column2").isin(wanted)
    rows = pd.concat([_rows(place, condition) for place in places], ignore_index=True)
    if kind == "ncci":
        return rows.drop(columns=["effective_from", "effective_to", "series"]).drop_duplicates(
            ignore_index=True
        )
    return _shaped(kind, rows, editions)


def _shaped(kind: str, rows: pd.DataFrame, editions: pd.DataFrame) -> pd.DataFrame:
    if kind == "hcpcs":
        return official.lives(rows)
    if kind == "leie":
        return official.listed(rows, editions)
    if kind == "nppes":
        return official.registered(rows)
    if kind in ("nucc", "pos"):
        key = "code" if kind == "nucc" else "pos"
        own_end = "deactivation" if kind == "nucc" else "termination"
        by_key = rows.groupby(key)  # editions without the date columns agree with those that have them
        rows = rows.assign(
            **{"effective": by_key["effective"].transform("min"), own_end: by_key[own_end].transform("max")}
        )
        merged = official.runs(rows, key, open_left=True)
        merged["effective_from"] = merged["effective"].fillna(merged["effective_from"])
        # What a later edition no longer has was retired the day that one began.
        retired = merged[own_end].fillna(merged["effective_to"] + pd.Timedelta(days=1))
        merged["effective_to"] = merged[["effective_to", own_end]].min(axis=1)
        merged[own_end] = retired
        return merged.drop(columns=["effective", "series"])
    return rows.drop(columns="series")


def _rows(place: tuple[str, Any, Any, str], condition: Any = None) -> pd.DataFrame:
    path, first, last, series = place
    rows: pd.DataFrame = pq.read_table(path, filters=condition).to_pandas()
    days = rows.select_dtypes("datetime").columns  # Parquet knows no seconds
    rows = rows.astype(dict.fromkeys(days, "datetime64[s]"))
    ends = pd.Timestamp("NaT") if last is None or pd.isna(last) else pd.Timestamp(last)
    rows["effective_from"] = pd.Series(pd.Timestamp(first), index=rows.index, dtype="datetime64[s]")
    rows["effective_to"] = pd.Series(ends, index=rows.index, dtype="datetime64[s]")
    return rows.assign(series=series)


@lru_cache(maxsize=2)
def _diagnoses(places: tuple[tuple[str, Any, Any, str], ...]) -> pd.DataFrame:
    """Half a million rows of successive years, merged once a process."""
    rows = pd.concat([_rows(place) for place in places], ignore_index=True)
    return official.runs(rows.drop(columns="series"), "code", "billable")


def _billed(facts: Reads) -> set[str]:
    """Procedure codes that can stand on a charge line: without a fee none does."""
    return set(codebook.codes()) | set(facts.read("fees", columns=["code"])["code"].dropna())


def _whole_copy(place: Path) -> bool:
    """Whether the copy is there to its last byte, where Parquet has its footer."""
    try:
        pq.read_metadata(place)
    except (OSError, pa.ArrowException):
        return False
    return True


def _rebuild(facts: Reads, settings: Settings, kind: str, sha: str, name: str, place: Path) -> None:
    """Make the copy again from the archive. Raises ConfigurationError where the archive does not have it either."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with NamedTemporaryFile(dir=place.parent, suffix=".part") as opened:  # it may be sealed
            archive.copy(settings.archive, sha, opened)
            opened.flush()
            _keep(place, _read(kind, Path(opened.name), name, _npis(facts, settings)).frame)
    except (FileNotFoundError, archive.ArchiveDamaged):
        raise ConfigurationError(
            f"{kind}: the file of an edition is not in the archive as it came; put it back from the backup, or, where"
            f" it is gone, load it again: cleanclaim load reference {kind} FILE"
        ) from None
