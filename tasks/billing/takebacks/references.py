"""What a PLB reference (PLB03-2) names: a claim, by the payer's number or by ours, or an earlier check by its trace.

Payers write it in many ways: with blanks, dashes or leading zeros, behind a word (``ICN:``), as two numbers in a row.
The forms are tried from the strictest on, and the first that names anything counts. It links only where all that it
names is one claim, or one check: else it is ambiguous. Only what holds a digit is a number, so no name ever is.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tasks.billing import shapes
from tasks.billing.rows import pairs, rows_of, series, taken, text

NO_REFERENCE, UNKNOWN, AMBIGUOUS = "NO_REFERENCE", "UNKNOWN_REFERENCE", "AMBIGUOUS"
# How a reference named what it is linked to, the surest first.
HOW = ("payer_control", "claim_control", "trace")
SHORTEST = 4
# Words that payers glue to a number.
_WORD = re.compile("^(?:ICN|DCN|TCN|CCN|PCN|CLAIM|CLM|ACCT|ACN|TRACE|TRN|CHECK|CHK|EFT|REF)")
# What a number names: claim or trace, its id, and how.
Hit = tuple[str, str, str]
LINKS = shapes.shape("claim trace raw how reason")


def dated(remittances: pd.DataFrame) -> pd.DataFrame:
    """Remittances in their order: by payment date, trace and id, with ``rank``, ``day`` and ``payer``."""
    rows = remittances.assign(
        day=remittances["payment_date"].fillna(remittances["production_date"]),
        payer=remittances["payer_identifier"],
    ).sort_values(["day", "trace", "remittance_id"], na_position="last", kind="stable", ignore_index=True)
    return rows.assign(rank=np.arange(len(rows)))


def subjects(remitted_claims: pd.DataFrame, remittances: pd.DataFrame) -> pd.Series[str]:
    """Whose answer each remitted claim is, payer by payer: our claim, else what the payer calls it."""
    named = remitted_claims["claim_id"].fillna("?" + remitted_claims["claim_control"])
    return (_payers(remitted_claims, remittances) + "|" + named).astype("str")


def _payers(remitted_claims: pd.DataFrame, remittances: pd.DataFrame) -> pd.Series[str]:
    row = rows_of(remitted_claims["remittance_id"], remittances["remittance_id"])
    return series(taken(text(remittances["payer_identifier"]), row), remitted_claims.index)


def linked(adjustments: pd.DataFrame, remitted_claims: pd.DataFrame, order: pd.DataFrame) -> pd.DataFrame:
    """`LINKS`, a row for each of `adjustments` (with ``payer`` and ``rank``): what its reference names.

    `remitted_claims` have ``subject`` (`subjects`); `order` is what `dated` gives. ``claim`` is a subject, ``trace`` a
    remittance's id, ``raw`` the reference as it compares with others.
    """
    known = _known(remitted_claims, order)
    ranks = dict(zip(order["remittance_id"], order["rank"], strict=True))
    inside = set(zip(remitted_claims["subject"], remitted_claims["remittance_id"], strict=True))
    found: list[dict[str, str | None]] = []
    given = adjustments["reference"].fillna("").str.upper()
    named = _named(given, adjustments["payer"], known)
    for at, (said, rank) in enumerate(zip(given, adjustments["rank"], strict=True)):
        compact = _compact(said)
        link: dict[str, str | None] = {"raw": _number(said)}
        if not compact:
            found.append(link | {"reason": NO_REFERENCE})
            continue
        hits = {hit for hit in named.get(at, ()) if hit[0] == "claim" or ranks[hit[1]] <= rank}
        found.append(link | _one(hits, inside))
    return shapes.conform(pd.DataFrame(found, columns=list(LINKS)), LINKS)


def _one(hits: set[Hit], inside: set[tuple[str, str]]) -> dict[str, str | None]:
    """The one claim or check of (kind, id, how); a trace beside a claim only says in which check it was."""
    claims = {one for kind, one, _ in hits if kind == "claim"}
    traces = {one for kind, one, _ in hits if kind == "trace"}
    if len(claims) > 1 and len(traces) == 1:
        claims = {claim for claim in claims if (claim, *traces) in inside}
    if not claims and not traces:
        return {"reason": UNKNOWN}
    fits = len(claims) <= 1 if claims else len(traces) == 1
    if not fits or (claims and traces and not any((*claims, trace) in inside for trace in traces)):
        return {"reason": AMBIGUOUS}
    kind = "claim" if claims else "trace"
    how = min((way for of, _, way in hits if of == kind), key=HOW.index)
    return {kind: next(iter(claims or traces)), "how": how}


def _known(remitted_claims: pd.DataFrame, order: pd.DataFrame) -> pd.DataFrame:
    """Every number of every payer: ``key`` (payer and number), ``kind``, ``target``, ``how``."""
    payer = _payers(remitted_claims, order)
    parts = [
        (remitted_claims["payer_control"], payer, "claim", remitted_claims["subject"], HOW[0]),
        (remitted_claims["claim_control"], payer, "claim", remitted_claims["subject"], HOW[1]),
        (order["trace"], order["payer"], "trace", order["remittance_id"], HOW[2]),
        (
            order["trace"].str.replace(_WORD, "", regex=True),
            order["payer"],
            "trace",
            order["remittance_id"],
            HOW[2],
        ),
    ]
    rows = [
        pd.DataFrame({"key": of + "|" + _numbers(number), "kind": kind, "target": target, "how": how})
        for number, of, kind, target, how in parts
    ]
    return pd.concat(rows, ignore_index=True).dropna(subset="key").drop_duplicates(ignore_index=True)


def _numbers(column: pd.Series[str]) -> pd.Series[str]:
    """`_number` for a column."""
    compact = pc.replace_substring_regex(pc.utf8_upper(text(column)), "[^A-Z0-9]", "")
    fits = pc.and_(
        pc.greater_equal(pc.utf8_length(compact), SHORTEST), pc.match_substring_regex(compact, "[0-9]")
    )
    number = pc.utf8_ltrim(compact, "0")
    fits = pc.and_(pc.fill_null(fits, False), pc.fill_null(pc.not_equal(number, ""), False))
    return series(pc.if_else(fits, number, None), column.index)


def _named(given: pd.Series[str], payer: pd.Series[str], known: pd.DataFrame) -> dict[int, set[Hit]]:
    """What each reference names in the strictest of its forms that names anything."""
    found: dict[int, set[Hit]] = {}
    todo = list(zip(range(len(given)), given, payer, strict=True))
    for form in (_whole, _pieces):
        asked = [(at, f"{of}|{number}") for at, said, of in todo for number in form(said)]
        hits = _looked_up([key for _, key in asked], known)
        for at, key in asked:
            if key in hits:
                found.setdefault(at, set()).update(hits[key])
        todo = [one for one in todo if one[0] not in found]
    halves = [(at, f"{of}|{one}", f"{of}|{other}") for at, said, of in todo for one, other in _cuts(said)]
    hits = _looked_up([key for _, *both in halves for key in both], known)
    for at, one, other in halves:
        if one in hits and other in hits:  # both are numbers, not a number and a rest
            found.setdefault(at, set()).update(hits[one], hits[other])
    return found


def _looked_up(keys: list[str], known: pd.DataFrame) -> dict[str, set[Hit]]:
    """What each of these keys names, those that name nothing left out."""
    each = list(dict.fromkeys(keys))
    one, row = pairs(series(pa.array(each, pa.string())), known["key"])
    targets = known[["kind", "target", "how"]].iloc[row].itertuples(index=False, name=None)
    hits: dict[str, set[Hit]] = {}
    for at, hit in zip(one.tolist(), targets, strict=True):
        hits.setdefault(each[at], set()).add(hit)
    return hits


def _whole(said: str) -> list[str]:
    number = _number(said)
    return [number] if number else []


def _pieces(said: str) -> list[str]:
    """Its words one by one, and all of it or any of them without the word glued before the number."""
    words = [_compact(said), *re.split(r"[^A-Z0-9]+", said)]
    tried = [*words[1:], *(_WORD.sub("", word) for word in words)]
    return list(dict.fromkeys(number for word in tried if (number := _number(word))))


def _cuts(said: str) -> list[tuple[str, str]]:
    """Two numbers in a row without a gap."""
    compact = _compact(said)
    halves = ((compact[:at], compact[at:]) for at in range(SHORTEST, len(compact) - SHORTEST + 1))
    both = ((_number(one), _number(other)) for one, other in halves)
    return [(one, other) for one, other in both if one and other]


def _compact(said: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", said.upper())


def _number(said: str) -> str | None:
    """As numbers compare: letters and digits without leading zeros; None for what is too short or holds no digit."""
    compact = _compact(said)
    if len(compact) < SHORTEST or not any(map(str.isdigit, compact)):
        return None
    return compact.lstrip("0") or None
