"""National Correct Coding Initiative edits, judged by the date of service.

CMS publishes pairs of codes of which column 1 pays and column 2 does not on one day from one clinician. The same pair
comes with several windows that do not touch, and the window that holds the date of service decides, so no row may be
collapsed into another; ``*`` (or blank) as deletion date is open. Indicator 0 admits no modifier, 1 admits one on
either code where the services were truly distinct, 9 is no edit. Of two new lines the column-2 line is flagged; where
that one has been billed already, the later column-1 line is. The tables are licensed and not shipped: a site loads
the quarterly files (``cleanclaim load reference ncci``), and without them this rule is silent and the shipped
behavioural pairs (``pairs``) speak. Professional lines are judged by the practitioner set, those of the institutional
form by the outpatient-hospital set, which differs; those of Medicaid payers by Medicaid's own, where it was loaded. To
the hospital set the facility is one provider whoever treats, and a bill of a bed is none of its business. Lines of one
form are never paired with those of the other.

Passes::

    encounter_id  code
    E1            90837

Passes::

    encounter_id  code   form
    E1            90853  837I
    E2            90834  837I
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from tasks.billing import references
from tasks.billing.references import References
from tasks.billing.scrub.common import Context, Flags, Keys, found, has_modifier, join, keys, member, together
from tasks.billing.scrub.institutional import lines as inst

ID = "NCCI_PTP"
VERSION = 2
SOURCE = (
    "NCCI procedure-to-procedure edits as loaded: practitioner and outpatient-hospital sets, Medicaid's own for"
    " Medicaid (V:S10); no edits on bills of a bed (K)"
)
DEFAULT_SEVERITY = "hold"
FIX = (
    "Bill the column-1 code alone (void or correct the other where it was billed); where the edit's indicator is 1 and"
    " the services were distinct, add a modifier."
)

# Modifiers that CMS lets pass an edit of indicator 1 (NCCI policy manual, chapter I; K), as far as they occur here.
# 76 and 77 (repeated service) are expressly none of them.
PASSING = ("24", "25", "27", "57", "58", "59", "78", "79", "91", "XE", "XP", "XS", "XU")
MEDICAID = ("medicaid", "medicaid_mco")
PRACTITIONER, OUTPATIENT = "practitioner", "outpatient"
PREDICTS = "CARC236"
CHANGE = "modifiers=a passing one, where the indicator is 1 and the services were distinct"
REFERENCES = ("ncci",)
COLUMNS = ["column1", "column2", "effective", "deletion", "indicator"]


def _days(column: pd.Series, open_end: str) -> npt.NDArray[np.datetime64]:
    """Dates of a column of yyyymmdd (text or number) or dates; '*', blank and null are `open_end`."""
    if pd.api.types.is_datetime64_any_dtype(column):
        days = column
    else:
        text = column.astype("str").str.strip().str.replace(r"\.0$", "", regex=True)
        days = pd.to_datetime(text.str.replace("-", ""), format="%Y%m%d", errors="coerce")
    return days.to_numpy(dtype="datetime64[s]", na_value=np.datetime64(open_end, "s"))


def _edits(edits: pd.DataFrame) -> pd.DataFrame:
    """The windows that can hold a line: dates parsed, indicator as text, indicator 9 left out."""
    ready = pd.DataFrame(
        {
            "column1": edits["column1"].astype("str"),
            "column2": edits["column2"].astype("str"),
            "effective": _days(edits["effective"], "1900-01-01"),
            "deletion": _days(edits["deletion"], "2262-01-01"),
            "indicator": edits["indicator"].astype("str").str.strip(),
        }
    )
    return ready[ready["indicator"].isin(["0", "1"])]


def ncci_edits(lines: pd.DataFrame, edits: pd.DataFrame, new: Flags | None = None) -> Flags:
    """Which lines are the column-2 code of an edit in force on their date of service.

    Where `new` says which lines are still to be billed, a column-1 line is one too if its column-2 line has been
    billed: that one cannot be held any more, and the payer would take the pair apart.

    `lines`: patient_id, rendering_id, service_date, code, modifiers (blanks between). `edits`: COLUMNS, any number of
    windows a pair. Both codes must be of one person, day and clinician. A day on the deletion date is still inside
    the window. With indicator 1, a passing modifier on either line of the pair lets it pass.
    """
    day = ["patient_id", "rendering_id", "service_date"]
    side = pd.DataFrame({name: lines[name].astype(object) for name in [*day, "code"]})
    side["row"] = np.arange(len(lines))
    modifiers = lines["modifiers"] if isinstance(lines["modifiers"].dtype, pd.CategoricalDtype) else None
    side["passing"] = has_modifier(
        lines if modifiers is not None else lines.assign(modifiers=pd.Categorical(lines["modifiers"])),
        *PASSING,
    )
    windows = _edits(edits)
    known = set(windows["column1"]) | set(windows["column2"])
    side = side[side["code"].isin(known)]
    pairs = side.merge(side, on=day, suffixes=("1", "2"))
    pairs = pairs[pairs["row1"] != pairs["row2"]]
    pairs = pairs.merge(windows, left_on=["code1", "code2"], right_on=["column1", "column2"])
    inside = (pairs["service_date"] >= pairs["effective"]) & (pairs["service_date"] <= pairs["deletion"])
    excused = (pairs["indicator"] == "1") & (pairs["passing1"] | pairs["passing2"])
    hit = np.zeros(len(lines), dtype=bool)
    refused = pairs[inside & ~excused]
    second = refused["row2"].to_numpy(dtype=np.int64)
    hit[second] = True
    if new is not None:
        hit[refused["row1"].to_numpy(dtype=np.int64)[~new[second]]] = True
    return hit


def sets(lines: pd.DataFrame) -> Iterator[tuple[str, str, Flags]]:
    """Lines that a publisher's set judges: (Medicare's set, Medicaid's own, lines)."""
    facility = inst.is_institutional(lines)
    for name, mine in ((PRACTITIONER, ~facility), (OUTPATIENT, facility & ~inst.of_bed_bill(lines))):
        if mine.any():
            yield name, f"medicaid_{name}", mine


def biller(lines: pd.DataFrame) -> Keys:
    """Who is one provider to the edits: the clinician, or the facility (-2) whoever treats."""
    who = lines["rendering_id"].cat.codes.to_numpy().astype(np.int64)
    return np.where(inst.is_institutional(lines), -2, who)


def check(lines: pd.DataFrame, history: pd.DataFrame, context: Context) -> pd.DataFrame:
    """New lines refused by an edit of the site's tables; nothing where the site has none."""
    known = references.of(context)
    if known.rows("ncci") is None:
        return join()
    both, new = together(lines, history)
    edits = known.of_codes("ncci", both["code"].cat.categories, "column1")
    if edits is None or edits.empty:
        return join()
    both = both.assign(rendering_id=biller(both))
    day = keys(both, "patient_id", "service_date", "rendering_id")
    busy = np.bincount(day)[day] > 1
    both, new = both.loc[busy], new[busy]
    parts = []
    for name, medicaids, mine in sets(both):
        theirs = edits[edits["service"] == medicaids]
        medicaid: Flags = member(both["payer_class"], MEDICAID) & (not theirs.empty)
        parts.append(_said(both, new, mine & ~medicaid, edits[edits["service"] == name], known, name))
        parts.append(_said(both, new, mine & medicaid, theirs, known, medicaids))
    return join(*parts)


def _said(
    both: pd.DataFrame, new: Flags, mine: Flags, table: pd.DataFrame, known: References, name: str
) -> pd.DataFrame:
    """What one set says of the lines it judges, with its edition."""
    if not mine.any() or table.empty:
        return join()
    hit = mine & new
    hit[mine] &= ncci_edits(both.loc[mine], table, new[mine])
    message = "The code is part of an edit in force: column 2, or column 1 after column 2 was billed."
    edition = next((label for label, _, _ in reversed(known.windows("ncci", name))), None)
    return found(both, hit, ID, "code modifiers service_date rendering_id", message).assign(
        reference_version=edition or known.version("ncci"),
        data_as_of=known.loaded("ncci", edition),
    )
