"""Official files of codes and edits as the rules see them: frames by kind, and which version each is.

A kind that nobody loaded is an empty frame, and the shipped tables (``configs/reference``) judge instead. Files come in
editions, and each edition judges the days of its window: from its first day to the day before the next one's (or its
own last day). The date of service decides which edition judges a line, and a finding names it.

Frames (dates are days; a null end is open):

* icd10cm: code, billable, unspecified, effective_from, effective_to - one row a code and run of editions that agree
* ncci: column1, column2, effective, deletion, indicator, service - the newest edition of a set holds all windows
* mue: code, units, mai, service, effective_from, effective_to
* nucc: code, grouping, classification, specialization, section, effective_from, effective_to, deactivation (the day it
  was retired) - codes of the first edition were there before it
* pos: pos, name, effective_from, effective_to, termination
* hcpcs: code, record (code, modifier), coverage, valid_from, valid_to (last day)
* nppes: npi, found, entity_type, primary_taxonomy, taxonomies, deactivated_on, reactivated_on
* leie: last_name, first_name, middle_name, business, npi, birth_date, state, exclusion_type, excluded_on,
  reinstated_on, waived_on, waiver_state
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

KINDS = ("icd10cm", "ncci", "mue", "nucc", "pos", "nppes", "leie", "hcpcs")
EDITIONS = ["kind", "series", "edition", "effective_from", "effective_to", "loaded_on"]
# Sets that a publisher has beside one another; each has its own windows.
SERIES = frozenset(
    f"{of}{name}" for of in ("", "medicaid_") for name in ("practitioner", "outpatient", "dme")
) | {"full", "supplement", "changes", "deactivated"}
IN_PARTS = ("ncci", "leie", "nppes")  # several files of one edition make one table
OPEN = np.datetime64("2262-01-01", "s")

Days = npt.NDArray[np.datetime64]


def _no_editions() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in EDITIONS})


@dataclass(frozen=True)
class References:
    """What was loaded: rows by kind, versions, dates, and the window of every edition (columns EDITIONS)."""

    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    as_of: Mapping[str, date] = field(default_factory=dict)  # when the newest file of the kind was loaded
    editions: pd.DataFrame = field(default_factory=_no_editions)

    def rows(self, kind: str) -> pd.DataFrame | None:
        """Rows of a kind; None where nobody loaded one."""
        found = self.frames.get(kind)
        return None if found is None or found.empty else found

    def of_codes(self, kind: str, codes: pd.Index, column: str = "code") -> pd.DataFrame | None:
        """Rows of a kind for a few of its codes; a batch has hundreds of codes where a file has a hundred thousand."""
        found = self.rows(kind)
        if found is None:
            return None
        wanted = pa.array(codes.dropna().astype("str"), pa.string())
        mine = pc.is_in(pa.array(found[column], pa.string(), from_pandas=True), value_set=wanted)
        return found.loc[np.asarray(mine, dtype=bool)]

    def version(self, *kinds: str) -> str:
        """The versions of these kinds as a finding states them: kind=version, blanks between."""
        return " ".join(f"{kind}={self.versions[kind]}" for kind in kinds if kind in self.versions)

    def oldest(self, *kinds: str) -> date | None:
        """The date of the oldest of these kinds."""
        return min((self.as_of[kind] for kind in kinds if kind in self.as_of), default=None)

    def windows(self, kind: str, series: str = "") -> list[tuple[str, np.datetime64, np.datetime64]]:
        """(kind=edition, first day, last day) of each edition, in order."""
        some = self.editions[(self.editions["kind"] == kind) & (self.editions["series"] == series)]
        return [
            (f"{kind}={row.edition}", _day(row.effective_from), _day(row.effective_to))
            for row in some.itertuples()
        ]

    def covers(self, kind: str, days: Days, series: str = "") -> npt.NDArray[np.bool_]:
        """Whether an edition of the kind judges each day."""
        hit = np.zeros(len(days), dtype=bool)
        for _, first, last in self.windows(kind, series):
            hit |= (days >= first) & (days <= last)
        return hit

    def judging(self, kind: str, days: Days, series: str = "") -> npt.NDArray[np.object_]:
        """The edition that judges each day, as a finding states it; None where none does."""
        named = np.full(len(days), None, dtype=object)
        for label, first, last in self.windows(kind, series):
            named[(days >= first) & (days <= last)] = label
        return named

    def loaded(self, kind: str, label: str | None = None) -> pd.Timestamp | None:
        """When an edition was loaded (its oldest file), as findings have it; without `label` the kind's newest file."""
        some = self.editions[self.editions["kind"] == kind]
        days = [day for edition, day in zip(some["edition"], some["loaded_on"], strict=True)
                if label == f"{kind}={edition}"]  # fmt: skip
        day = min(days, default=self.as_of.get(kind))
        return None if day is None else pd.Timestamp(day)


NONE = References()


def of(context: object) -> References:
    """The references of a context; none where it carries none."""
    found = getattr(context, "references", None)
    return found if isinstance(found, References) else NONE


def _day(value: object) -> np.datetime64:
    return OPEN if pd.isna(value) else np.datetime64(value, "s")  # type: ignore[call-overload]


def series_of(edition: str) -> str:
    """The set that an edition's label ends with (``v321r0 practitioner``), or blank."""
    word = edition.rpartition(" ")[2]
    return word if word in SERIES else ""


def closed(files: pd.DataFrame) -> pd.DataFrame:
    """Columns EDITIONS and ``sha256``: each edition ends the day before the next of its kind and set begins.

    `files` are rows of ``reference_files``. Several files of one edition and first day (the f-files of NCCI) share one
    window; of two editions with the same first day the one loaded last judges (of one day, the later label). A table
    that comes in one file is the one loaded last.
    """
    files = files.assign(series=[series_of(edition) for edition in files["edition"]])
    files = files.sort_values(["kind", "series", "effective_from", "loaded_on", "edition"], kind="stable")
    group = ["kind", "series", "effective_from"]
    newest = files.groupby(group)["edition"].transform("last")
    files = files[
        (files["edition"] == newest) & (files["kind"].isin(IN_PARTS) | ~files.duplicated(group, keep="last"))
    ]
    files = files.copy()
    starts = files[group].drop_duplicates()
    following = starts.groupby(["kind", "series"])["effective_from"].shift(-1) - timedelta(days=1)
    ends = files[group].merge(starts.assign(following=following), on=group)["following"]
    own = pd.to_datetime(files["effective_to"])
    files["effective_to"] = pd.concat([own.reset_index(drop=True), ends], axis=1).min(axis=1).to_numpy()
    return files.reset_index(drop=True)[[*EDITIONS, "sha256"]]


def runs(rows: pd.DataFrame, key: str, *same: str, open_left: bool = False) -> pd.DataFrame:
    """Windows of each key: rows of successive editions that agree in `same` become one.

    `rows` has the key, `same`, and the window of the edition each row is from (effective_from, effective_to). With
    `open_left` what the first edition has was there before.
    """
    if rows.empty:
        return rows
    first = rows["effective_from"].min()
    rows = rows.sort_values([key, "effective_from"], kind="stable", ignore_index=True)
    gap = rows["effective_from"] - rows["effective_to"].shift() != pd.Timedelta(days=1)
    new = rows[key].ne(rows[key].shift()) | gap
    for column in same:
        new |= rows[column].ne(rows[column].shift()) & ~(rows[column].isna() & rows[column].shift().isna())
    run = new.cumsum().to_numpy()
    merged = rows.loc[new.to_numpy()].copy()
    merged["effective_to"] = rows["effective_to"].to_numpy()[
        np.flatnonzero(np.append(run[1:] != run[:-1], True))
    ]
    if open_left:
        merged.loc[merged["effective_from"] == first, "effective_from"] = pd.Timestamp("1900-01-01")
    return merged.reset_index(drop=True)


def lives(rows: pd.DataFrame) -> pd.DataFrame:
    """HCPCS codes with their first and last day over all editions that were loaded.

    What a later edition no longer has ended with the last one that had it, unless the file says when. A code's day of
    birth is what the file says, so that it judges days before the edition too.
    """
    rows = rows.sort_values("effective_from", kind="stable")
    last = rows.drop_duplicates(["code", "record"], keep="last").set_index(["code", "record"])
    born = rows.groupby(["code", "record"])["added_on"].min()
    last = last.assign(valid_from=born, valid_to=last["terminated_on"].fillna(last["effective_to"]))
    last["valid_from"] = last["valid_from"].fillna(last["effective_from"])
    return last.reset_index()[["code", "record", "coverage", "valid_from", "valid_to"]]


def listed(rows: pd.DataFrame, editions: pd.DataFrame) -> pd.DataFrame:
    """Excluded people: the newest full list with the supplements after it.

    A reinstatement of a supplement closes the exclusion it names (same person, same day of exclusion).
    """
    full = editions.loc[editions["series"] == "full", "effective_from"].max()
    kept = rows if pd.isna(full) else rows[rows["effective_from"] >= full]
    if not pd.isna(full):  # older full lists are replaced, and so are supplements before it
        kept = kept[(kept["series"] != "full") | (kept["effective_from"] == full)]
    who = ["last_name", "first_name", "business", "birth_date", "excluded_on"]
    kept = kept.sort_values(["effective_from", "reinstated_on"], kind="stable", na_position="first")
    return kept.drop_duplicates(who, keep="last").drop(columns=["effective_from", "effective_to", "series"])


def registered(rows: pd.DataFrame) -> pd.DataFrame:
    """What NPPES says of each NPI: the newest row, with a deactivation of the report of deactivated NPIs.

    The later of both deactivations counts, and a reactivation before it is of an earlier one and void.
    """
    known = rows[rows["series"] != "deactivated"].sort_values("effective_from", kind="stable")
    known = known.drop_duplicates("npi", keep="last")
    ended = rows[rows["series"] == "deactivated"].sort_values("effective_from", kind="stable")
    ended = ended.drop_duplicates("npi", keep="last")
    both = known.merge(ended[["npi", "deactivated_on"]], on="npi", how="outer", suffixes=("", "_report"))
    both["found"] = both["found"].astype("boolean").fillna(True).astype(bool)
    report = both.pop("deactivated_on_report")
    own = both["deactivated_on"]
    both["deactivated_on"] = own.mask(own.isna() | (report > own), report)
    both["reactivated_on"] = both["reactivated_on"].mask(both["reactivated_on"] < both["deactivated_on"])
    return both.drop(columns=["effective_from", "effective_to", "series"])
