"""Authorizations: what a payer approved beforehand, spent unit by unit.

Checking once at intake is the largest loss in behavioural health: the tail of a programme runs past the approved
days or units and is denied (CARC 197, 198). So every line is matched by patient, payer, code, day, clinician and
level of care, and its units are reserved when it is charged, in order of service. Units are consumed when the
payer accepts the claim and given back when it is rejected or voided, taken back (a reversal that nothing corrected)
or denied for anything but the authorization itself: a line that was never paid for must not exhaust a patient's
care. A correction that is accepted or paid consumes them again.

``available = approved - reserved + released``, from the entries of ``authorization_units``; consumption is a mark
on a reservation, not a second deduction.

Source: X12 278 (005010X217) and 277CA acceptance; ``configs/reference/level_of_care.tsv`` for units and spans.
"""

from __future__ import annotations

import pandas as pd

from configs.identity import digests
from tasks.billing.codes import listed
from tasks.billing.context import Column, beside
from tasks.billing.shapes import conform, shape
from tasks.billing.visits import covers

ENTRIES = shape("entry_id authorization_id charge_id event units:int cause")

# Why a line has no authorization, the most basic reason first; a line reports how far its best candidate got.
NONE, CODE, LEVEL, CLINICIAN, STATUS, DATE, EXHAUSTED = (
    "none",
    "code",
    "level_of_care",
    "clinician",
    "status",
    "date_outside",
    "units_exhausted",
)
CONDITIONS = (CODE, LEVEL, CLINICIAN, STATUS, DATE)
ANSWER = {
    "authorization_id": "str",
    "why": "str",
    "units_used": "Int64",
    "units_approved": "Int64",
    "valid_to": "datetime64[s]",
}


def balances(entries: pd.DataFrame) -> pd.DataFrame:
    """Open units by authorization and charge: authorization_id, charge_id, reserved, consumed, open (Int64)."""
    keys = ["authorization_id", "charge_id"]
    units = entries.pivot_table(index=keys, columns="event", values="units", aggfunc="sum", observed=True)
    units = units.reindex(columns=["reserve", "release", "consume"]).fillna(0).astype("Int64").reset_index()
    units["open"] = units["reserve"] - units["release"]
    return units.rename(columns={"reserve": "reserved", "consume": "consumed"})


def available(authorizations: pd.DataFrame, entries: pd.DataFrame) -> Column:
    """Units left of each authorization, by authorization_id."""
    spent = balances(entries).groupby("authorization_id")["open"].sum()
    approved = authorizations.set_index("authorization_id")["units_approved"].astype("Int64")
    return approved - spent.reindex(approved.index).fillna(0).astype("Int64")


def required(lines: pd.DataFrame) -> Column:
    """Whether the payer wants an authorization for each line's code (``payer_auth_codes``)."""
    return listed(lines["code"], lines["payer_auth_codes"])


def _matches(lines: pd.DataFrame, authorizations: pd.DataFrame) -> pd.DataFrame:
    """Every authorization of each line's patient and payer, with how many CONDITIONS in a row it meets."""
    asked = lines.drop(columns="authorization_id", errors="ignore").assign(row=range(len(lines)))
    granted = authorizations.rename(columns={"level_of_care": "level", "provider_id": "limited_to"})
    granted = granted.drop(columns=["row_id", "version", "previous_id"], errors="ignore")
    pairs = asked.merge(granted, on=["patient_id", "payer_id"], suffixes=("", "_granted"))
    clinician = pairs["limited_to"]
    pairs[CODE] = listed(pairs["code"], pairs["codes"])
    pairs[LEVEL] = pairs["level"].isna() | (pairs["level"] == pairs["level_of_care"])
    pairs[CLINICIAN] = (
        clinician.isna() | (clinician == pairs["treating_id"]) | (clinician == pairs["rendering_id"])
    )
    pairs[STATUS] = pairs["status"] == "approved"
    pairs[DATE] = covers(pairs["service_date"], pairs["valid_from"], pairs["valid_to"])
    met = pairs[list(CONDITIONS)].fillna(False).astype(bool).astype("int64")
    return pairs.assign(met=met.cumprod(axis=1).sum(axis=1))


def _choices(pairs: pd.DataFrame) -> pd.DataFrame:
    """Matching authorizations of each row in the order they are spent: the first to end first."""
    fitting = pairs[pairs["met"] == len(CONDITIONS)].sort_values(
        ["row", "valid_to", "valid_from", "authorization_id"]
    )
    return fitting.assign(turn=fitting.groupby("row").cumcount())


def _spend(wanted: pd.DataFrame, choices: pd.DataFrame, left: Column) -> pd.DataFrame:
    """Give units out in order; ``turn`` is the choice a row ends at, ``failed`` a row that gets none, ``dropped``
    every row of such an encounter.

    An encounter is charged whole or not at all, so one line without units gives back those of its others. Only
    the earliest shortage of a patient is certain (what comes after depends on it), therefore the rounds.
    """
    state = wanted.assign(turn=0, failed=False, dropped=False)
    state["count"] = beside(state["row"], choices.groupby("row").size()).astype("int64")
    offered = choices.set_index(["row", "turn"])["authorization_id"]
    open_ = state
    while len(open_):
        asked = open_.assign(
            authorization_id=offered.reindex(pd.MultiIndex.from_frame(open_[["row", "turn"]])).to_numpy()
        )
        running = asked.groupby("authorization_id")["units"].cumsum()
        short = asked[running > beside(asked["authorization_id"], left)].drop_duplicates("patient_id")
        state.loc[short.index, "turn"] += 1
        out = short.index[state.loc[short.index, "turn"] >= state.loc[short.index, "count"]]
        state.loc[out, "failed"] = True
        state["dropped"] |= state["encounter_id"].isin(state.loc[out, "encounter_id"])
        # people without a shortage are settled
        open_ = state[state["patient_id"].isin(short["patient_id"]) & ~state["dropped"]]
    return state


def _individually(wanted: pd.DataFrame, choices: pd.DataFrame, left: Column) -> pd.DataFrame:
    """Each row by itself: the first choice with enough units left, nothing spent."""
    asked = choices.merge(wanted[["row", "units"]], on="row", suffixes=("_line", ""))
    able = asked[asked["units"] <= beside(asked["authorization_id"], left)].groupby("row")["turn"].min()
    turn = beside(wanted["row"], able)
    return wanted.assign(turn=turn.fillna(0).astype("int64"), failed=turn.isna(), dropped=turn.isna())


def allocate(
    lines: pd.DataFrame, authorizations: pd.DataFrame, entries: pd.DataFrame, *, pooled: bool = True
) -> pd.DataFrame:
    """The authorization of each line that needs one, aligned with `lines`: columns of ``ANSWER``.

    Lines are served in order of service date, encounter and position; with ``pooled=False`` each is asked about
    by itself and spends nothing. ``why`` is one of NONE, CODE, LEVEL, CLINICIAN, STATUS, DATE, EXHAUSTED, missing
    where an authorization was found. ``units_used`` counts this line and all before it.
    """
    if lines.empty:
        return pd.DataFrame(
            {name: pd.Series(dtype=dtype) for name, dtype in ANSWER.items()}, index=lines.index
        )
    pairs = _matches(lines, authorizations)
    choices = _choices(pairs)
    order = lines.assign(row=range(len(lines))).sort_values(["service_date", "encounter_id", "position"])
    reached = beside(order["row"], pairs.groupby("row")["met"].max())
    order["why"] = reached.map(dict(enumerate(CONDITIONS))).mask(reached.isna(), NONE).astype("str")
    fits = reached == len(CONDITIONS)
    whole = ~order["encounter_id"].isin(order.loc[~fits, "encounter_id"])
    left = available(authorizations, entries)
    share = _spend if pooled else _individually
    served = share(order[fits & whole] if pooled else order[fits], choices, left)
    order["why"] = order["why"].mask(order["row"].isin(served.loc[served["failed"], "row"]), EXHAUSTED)
    return (
        _answer(order, served, choices, authorizations, left)[list(ANSWER)]
        .astype(ANSWER)
        .reindex(lines.index)
    )


def _answer(
    order: pd.DataFrame,
    served: pd.DataFrame,
    choices: pd.DataFrame,
    authorizations: pd.DataFrame,
    left: Column,
) -> pd.DataFrame:
    """Per line, in the index of `order`: the authorization it got and what is used of it after the line."""
    got = served[~served["dropped"]]
    offered = choices.set_index(["row", "turn"])["authorization_id"]
    answer = order[["why"]].copy()
    answer["authorization_id"] = pd.Series(
        offered.reindex(pd.MultiIndex.from_frame(got[["row", "turn"]])).to_numpy(),
        index=got.index,
        dtype="str",
    )
    record = authorizations.set_index("authorization_id")
    running = order["units"].astype("Int64").groupby(answer["authorization_id"]).cumsum()
    approved = beside(answer["authorization_id"], record["units_approved"]).astype("Int64")
    answer["units_used"] = approved - beside(answer["authorization_id"], left).astype("Int64") + running
    answer["units_approved"] = approved
    answer["valid_to"] = beside(answer["authorization_id"], record["valid_to"])
    return answer


# What a claim's state says of the units of its lines; in every other state they stay reserved.
REJECTED = ("rejected", "rejected_syntax", "file_rejected")
TAKEN = ("accepted", "paid", "denied", "partly_denied", "patient_share", "crossed_over")
BACK = ("reversed", "replaced")
FOR_AUTHORIZATION = "auth_"  # categories of denials that are for the authorization itself
VOID = "8"


def denied_lines(answers: pd.DataFrame) -> pd.DataFrame:
    """Lines whose last answer gives their units back: claim_id, line_id (missing for every line of the claim).

    `answers` are the verdicts that count (``evidence.counted``): denied in full, and not for the authorization.
    """
    denied = answers["denied"].astype("boolean").fillna(False).astype(bool)
    partial = answers["partial"].astype("boolean").fillna(False).astype(bool)
    own = answers["category"].astype("str").str.startswith(FOR_AUTHORIZATION).fillna(False).astype(bool)
    given = answers.assign(back=denied & ~partial & ~own)
    # A payer may answer a line in parts: its units stay used while one part stands.
    whole = given.groupby(["claim_id", "line_id"], dropna=False)["back"].all().reset_index()
    return whole.loc[whole["back"], ["claim_id", "line_id"]].reset_index(drop=True)


def _outcome(carried: pd.DataFrame, denied: pd.DataFrame) -> Column:
    """release, consume or neither (missing) for each claim line."""
    state, void = carried["state"], carried["frequency"] == VOID
    lines = denied["claim_id"] + " " + denied["line_id"]
    refused = (carried["claim_id"] + " " + carried["line_id"]).isin(lines.dropna())
    refused |= carried["claim_id"].isin(denied.loc[denied["line_id"].isna(), "claim_id"])
    outcome = pd.Series(None, index=carried.index, dtype="str").mask(state.isin(TAKEN), "consume")
    outcome = outcome.mask(state.isin((*REJECTED, *BACK)) | (state.isin(TAKEN) & refused), "release")
    # A void gives back what its original used, once the payer took it; until then the original's use stands.
    accomplished = state.isin(("accepted", "paid", "patient_share", "reversed", "crossed_over"))
    return outcome.mask(void, "consume").mask(void & accomplished, "release")


def settle(entries: pd.DataFrame, carried: pd.DataFrame, denied: pd.DataFrame) -> pd.DataFrame:
    """Entries that follow from where the claims stand: what was consumed and what was given back.

    `entries` are the stored reservations (and releases); `carried` the claim lines of charges with an
    authorization: charge_id, authorization_id, units, claim_id, line_id, attempt, frequency and the claim's state;
    `denied` what `denied_lines` gives. The newest claim that carries a charge speaks for it, so the order in which
    answers came cannot matter, and a charge that was reserved anew for a correction is held once.
    """
    ordered = carried.sort_values(["charge_id", "attempt", "claim_id"], kind="stable")
    newest = ordered.drop_duplicates("charge_id", keep="last").reset_index(drop=True)
    newest = newest.assign(outcome=_outcome(newest, denied), cause=newest["claim_id"])
    held = balances(entries).merge(
        newest[["charge_id", "authorization_id", "units", "outcome", "cause"]],
        on=["charge_id", "authorization_id"],
    )
    kept = held["open"].where(held["open"] < held["units"], held["units"])
    kept = kept.mask(held["outcome"] == "release", 0)
    surplus = held.assign(units=held["open"] - kept)
    used = held.assign(units=kept)
    used = used[(used["outcome"] == "consume") & (used["units"] > 0)]
    return pd.concat(
        [_entries(surplus[surplus["units"] > 0], "release"), _entries(used, "consume")], ignore_index=True
    )


def _entries(charges: pd.DataFrame, event: str) -> pd.DataFrame:
    rows = charges[["authorization_id", "charge_id", "units", "cause"]].assign(event=event)
    named = zip(rows["charge_id"], rows["event"], rows["cause"], strict=True)
    rows["entry_id"] = pd.Series(digests("authorization_units", named), index=rows.index, dtype="str")
    return conform(rows, ENTRIES)


def reserve(charges: pd.DataFrame) -> pd.DataFrame:
    """Entries that set units aside; `charges` has authorization_id, charge_id, units and cause.

    Charges without an authorization are passed over. A charge whose units were released is reserved again under
    a new cause; the same charge and cause is the same entry.
    """
    return _entries(charges[charges["authorization_id"].notna()], "reserve")


def _open(entries: pd.DataFrame, causes: pd.DataFrame) -> pd.DataFrame:
    """Open reservations of the charges in `causes` (charge_id, cause)."""
    held = balances(entries)
    return held[held["open"] > 0].merge(causes[["charge_id", "cause"]], on="charge_id")


def release(entries: pd.DataFrame, causes: pd.DataFrame) -> pd.DataFrame:
    """Entries that give back what the charges in `causes` (charge_id, cause) still hold; nothing twice.

    For a rejection, a void, or a denial that was not for the authorization itself.
    """
    given = _open(entries, causes).drop_duplicates(["authorization_id", "charge_id"])
    return _entries(given.assign(units=given["open"]), "release")


def consume(entries: pd.DataFrame, causes: pd.DataFrame) -> pd.DataFrame:
    """Entries that mark open reservations as used by an accepted claim (277CA A2); nothing twice."""
    used = _open(entries, causes).drop_duplicates(["authorization_id", "charge_id"])
    used = used[used["consumed"] < used["reserved"]]
    return _entries(used.assign(units=used["open"]), "consume")
