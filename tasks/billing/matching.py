"""Which of our claims and lines a remitted claim or line answers. Never by a person's name.

A claim is found, in this order, by

1. ``control``: what we sent (CLM01, returned as CLP01);
2. ``payer_control``: the payer's own number (CLP07), where a surer answer or a 277CA taught it to us;
3. ``line_control``: our line numbers (REF*6R), where all of them name the same claim.

A person may say which claim it is (``person``); that goes before everything. A line is found by REF*6R, else by code,
date and charge where exactly one line of the claim fits. Payers drop and reorder modifiers, so modifiers only decide
between candidates. The code of a bed is its revenue code (SVC01 NU:1001), and a payer may answer a day by its revenue
code instead of its procedure, or without the leading zero. A line that the payer split is found with its twins, where
together they are one of ours. What is not certain stays null: its money stays in suspense.

Nothing here depends on the order in which files came: only the numbers that surer answers taught count, and where
those contradict each other none does.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tasks.billing.context import among
from tasks.billing.rows import Rows, cents, rows_of, series, taken, text

HOW = (None, "control", "payer_control", "line_control", "person")
PERSON = HOW.index("person")
# Recognised by one of these, a remitted claim teaches the payer's number.
SURE = ("person", "control", "line_control")


def match(
    remitted_claims: pd.DataFrame,
    remitted_lines: pd.DataFrame,
    claims: pd.DataFrame,
    claim_lines: pd.DataFrame,
    taught: pd.DataFrame,
    assigned: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The two remittance frames with ``claim_id``, ``matched_by`` and ``line_id`` filled where they are certain.

    All frames are the ledger's tables of those names. `taught` (payer_control, claim_id) are numbers that other
    sure answers gave; those of `remitted_claims` count besides. `assigned` (remitted_claim_id, claim_id) is what
    people said.
    """
    if claims.empty and (assigned is None or assigned.empty):
        nobodys = remitted_claims.assign(
            claim_id=_unknown(remitted_claims), matched_by=_unknown(remitted_claims)
        )
        return nobodys, remitted_lines.assign(line_id=_unknown(remitted_lines))
    row, how = _sure(remitted_claims, remitted_lines, claims, claim_lines, assigned)
    open_ = np.flatnonzero((row < 0) & (how != PERSON))
    if len(open_):
        sure = remitted_claims.assign(
            claim_id=series(taken(text(claims["claim_id"]), row), remitted_claims.index)
        )
        columns = ["payer_control", "claim_id"]
        known = pd.concat([taught[columns], sure[columns]], ignore_index=True)
        row[open_] = _by_payer_number(remitted_claims.iloc[open_], known, claims)
        how[open_[row[open_] >= 0]] = 2
    found = remitted_claims.assign(
        claim_id=series(taken(text(claims["claim_id"]), row), remitted_claims.index),
        matched_by=series(pa.array(HOW).take(pa.array(how)), remitted_claims.index),
    )
    return found, _match_lines(found, remitted_lines, claim_lines)


def _unknown(rows: pd.DataFrame) -> pd.Series[str]:
    return series(pa.nulls(len(rows), pa.string()), rows.index)


def taught(remitted_claims: pd.DataFrame, acknowledgments: pd.DataFrame) -> pd.DataFrame:
    """The payer's numbers (payer_control, claim_id) that sure answers and 277CAs gave."""
    columns = ["payer_control", "claim_id"]
    sure = remitted_claims.loc[remitted_claims["matched_by"].isin(SURE), columns]
    return pd.concat([sure, acknowledgments[columns]], ignore_index=True).dropna().drop_duplicates()


def _sure(
    remitted_claims: pd.DataFrame,
    remitted_lines: pd.DataFrame,
    claims: pd.DataFrame,
    claim_lines: pd.DataFrame,
    assigned: pd.DataFrame | None,
) -> tuple[Rows, Rows]:
    """The row in `claims` of each remitted claim, -1 for none, and how it was found."""
    row = rows_of(remitted_claims["claim_control"], claims["claim_id"])
    how = np.where(row >= 0, 1, 0)
    open_ = np.flatnonzero(row < 0)
    if len(open_):
        by_line = _by_line_control(remitted_claims.iloc[open_], remitted_lines, claim_lines)
        row[open_] = rows_of(by_line, claims["claim_id"])
        how[open_[row[open_] >= 0]] = 3
    if assigned is not None and len(assigned):
        said = rows_of(remitted_claims["remitted_claim_id"], assigned["remitted_claim_id"])
        told = np.flatnonzero(said >= 0)
        row[told] = rows_of(assigned["claim_id"].iloc[said[told]], claims["claim_id"])
        how[told] = PERSON
    return row, how


def _by_payer_number(remitted_claims: pd.DataFrame, known: pd.DataFrame, claims: pd.DataFrame) -> Rows:
    """CLP07 that one claim alone was answered under.

    Numbers of different payers may coincide, so the charge has to agree too (negated on a reversal).
    """
    known = known.dropna().drop_duplicates()
    single = known[~known.duplicated("payer_control", keep=False)]
    which = rows_of(remitted_claims["payer_control"], single["payer_control"])
    row = rows_of(series(taken(text(single["claim_id"]), which)), claims["claim_id"])
    charges = cents(claims["charge_cents"])
    if len(charges):
        row[charges[row] != np.abs(cents(remitted_claims["charge_cents"]))] = -1
    return row


def _by_line_control(
    remitted_claims: pd.DataFrame, remitted_lines: pd.DataFrame, claim_lines: pd.DataFrame
) -> pd.Series[str]:
    """REF*6R of the lines, where all that are ours name the same claim."""
    held = remitted_lines[among(remitted_lines["remitted_claim_id"], remitted_claims["remitted_claim_id"])]
    row = rows_of(held["line_control"], claim_lines["line_id"])
    ours = held.assign(owner=series(taken(text(claim_lines["claim_id"]), row), held.index))[row >= 0]
    ours = ours[["remitted_claim_id", "owner"]].drop_duplicates()
    single = ours[~ours.duplicated("remitted_claim_id", keep=False)]
    which = rows_of(remitted_claims["remitted_claim_id"], single["remitted_claim_id"])
    return series(taken(text(single["owner"]), which))


def _match_lines(
    remitted_claims: pd.DataFrame, remitted_lines: pd.DataFrame, claim_lines: pd.DataFrame
) -> pd.DataFrame:
    """Lines of matched claims: by line number first, what is left by its content."""
    owner = rows_of(remitted_lines["remitted_claim_id"], remitted_claims["remitted_claim_id"])
    claim_id = taken(text(remitted_claims["claim_id"]), owner)
    row = rows_of(remitted_lines["line_control"], claim_lines["line_id"])
    same = pc.equal(taken(text(claim_lines["claim_id"]), row), claim_id)
    row[~pc.fill_null(same, False).to_numpy(zero_copy_only=False)] = -1
    found = remitted_lines.assign(
        line_id=series(taken(text(claim_lines["line_id"]), row), remitted_lines.index)
    )
    open_ = (row < 0) & pc.is_valid(claim_id).to_numpy(zero_copy_only=False)
    if not open_.any():
        return found
    open_lines = found[open_].assign(claim_id=series(claim_id.filter(pa.array(open_)), found.index[open_]))
    guesses = _by_content(open_lines, found, claim_lines)
    found["line_id"] = found["line_id"].fillna(found["remitted_line_id"].map(guesses)).astype("str")
    return found


def _by_content(
    open_lines: pd.DataFrame, all_lines: pd.DataFrame, claim_lines: pd.DataFrame
) -> dict[str, str]:
    """Line ids by code, date and charge, where the fit is one to one within the remitted claim.

    The code is what was sent (SVC06 where the payer changed it); a date the payer left out does not count
    against a line; a line whose number was already recognised is no candidate.
    """
    left = open_lines.assign(
        sent_code=_code(open_lines["submitted_code"].fillna(open_lines["code"])),
        size=open_lines["charge_cents"].astype("Int64").abs(),
        got=open_lines["modifiers"],
    )[["remitted_line_id", "remitted_claim_id", "claim_id", "sent_code", "size", "service_date", "got"]]
    right = claim_lines.rename(
        columns={"code": "sent_code", "charge_cents": "size", "service_date": "sent_on", "modifiers": "sent"}
    )[["line_id", "claim_id", "sent_code", "size", "sent_on", "sent"]]
    right = _with_revenue_codes(right, claim_lines)
    pairs = left.merge(right.astype({"size": "Int64"}), on=["claim_id", "sent_code", "size"])
    taken = all_lines.loc[all_lines["line_id"].notna(), ["remitted_claim_id", "line_id"]].assign(taken=True)
    pairs = pairs.merge(taken, on=["remitted_claim_id", "line_id"], how="left")
    same_day = pairs["service_date"].isna() | (pairs["service_date"] == pairs["sent_on"])
    pairs = pairs[pairs["taken"].isna() & same_day]
    exact = _modifier_set(pairs["got"]) == _modifier_set(pairs["sent"])
    best = _one_to_one(pairs[exact])
    used = _key(pairs).isin(_key(best)) | pairs["remitted_line_id"].isin(best["remitted_line_id"])
    sure = pd.concat([best, _one_to_one(pairs[~used])], ignore_index=True)
    rest = left[~left["remitted_line_id"].isin(pairs["remitted_line_id"])]
    gone = pd.concat([taken[["remitted_claim_id", "line_id"]], sure[["remitted_claim_id", "line_id"]]])
    sure = pd.concat([sure, _parts(rest, right, gone)], ignore_index=True)
    return dict(zip(sure["remitted_line_id"], sure["line_id"], strict=True))


def _code(codes: pd.Series[str]) -> pd.Series[str]:
    """Codes as they are sent: three digits are a revenue code without its zero."""
    short = codes.str.fullmatch(r"\d{3}").fillna(False).astype(bool)
    return codes.mask(short, "0" + codes)


def _with_revenue_codes(right: pd.DataFrame, claim_lines: pd.DataFrame) -> pd.DataFrame:
    """Our lines by their code, and those of an 837I by their revenue code too."""
    other = (claim_lines["revenue_code"] != claim_lines["code"]) & claim_lines["revenue_code"].notna()
    if not other.any():
        return right
    return pd.concat(
        [right, right[other].assign(sent_code=claim_lines["revenue_code"][other])], ignore_index=True
    )


def _parts(left: pd.DataFrame, right: pd.DataFrame, gone: pd.DataFrame) -> pd.DataFrame:
    """Lines that the payer split: those of one code and day that together are one of ours, where only one fits.

    `gone` (remitted_claim_id, line_id) are lines of ours that were recognised already.
    """
    group = ["remitted_claim_id", "claim_id", "sent_code", "service_date"]
    whole = left.groupby(group, dropna=False)["size"].agg(["sum", "count"]).reset_index()
    whole = whole[whole["count"] > 1].rename(columns={"sum": "size"})
    found = whole.merge(right.astype({"size": "Int64"}), on=["claim_id", "sent_code", "size"])
    found = found[found["service_date"].isna() | (found["service_date"] == found["sent_on"])]
    taken = found.merge(gone.assign(taken=True), on=["remitted_claim_id", "line_id"], how="left")["taken"]
    found = found[taken.isna().to_numpy()]
    found = found[~found.duplicated(group, keep=False)]
    found = found[~found.duplicated(["remitted_claim_id", "line_id"], keep=False)]
    parts = left.merge(found[[*group, "line_id"]], on=group)
    return parts[["remitted_line_id", "remitted_claim_id", "line_id"]]


def _modifier_set(modifiers: pd.Series[str]) -> pd.Series[str]:
    """Modifiers in one order, so that two lists compare as sets."""
    return modifiers.fillna("").map(lambda text: " ".join(sorted(set(text.split()))))


def _key(pairs: pd.DataFrame) -> pd.Series[str]:
    """One of our lines within one remitted claim: a reversal and its correction each answer it once."""
    return pairs["remitted_claim_id"] + "/" + pairs["line_id"]


def _one_to_one(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs whose both sides occur in no other pair."""
    lonely = ~pairs.duplicated("remitted_line_id", keep=False)
    return pairs[lonely & ~pairs.duplicated(["remitted_claim_id", "line_id"], keep=False)]
