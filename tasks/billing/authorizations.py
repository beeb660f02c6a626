"""Authorizations: what a payer approved beforehand, spent unit by unit.

Checking once at intake is the largest loss in behavioural health: the tail of a programme runs past the approved
days or units and is denied (CARC 197, 198). So every line is matched by patient, payer, code, modifiers, day,
clinician and level of care, and its units are reserved when it is charged, in order of service. Units are consumed
when the payer accepts the claim and given back when it is rejected or voided, taken back (a reversal that nothing
corrected) or denied for anything but the authorization itself: a line that was never paid for must not exhaust a
patient's care. A correction that is accepted or paid consumes them again.

``available = approved - reserved + released``, from the entries of ``authorization_units``; consumption is a mark
on a reservation, not a second deduction. What the entries come to depends on what the authorization counts: visits,
days, units or hours (``unit_types``). A visit or a day is used while any of its lines still holds it. Entries that
are to be counted so say of what their charge was (``told``).

Source: X12 278 (005010X217) and 277CA acceptance; ``configs/reference/level_of_care.tsv`` for units and spans.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from configs.identity import digests
from tasks.billing import custody, unit_types
from tasks.billing.codes import listed
from tasks.billing.context import Column, beside
from tasks.billing.shapes import conform, shape
from tasks.billing.visits import covers

ENTRIES = shape("entry_id authorization_id charge_id event units:int cause")

# Why a line has no authorization, the most basic reason first; a line reports how far its best candidate got.
NONE, CODE, MODIFIERS, LEVEL, CLINICIAN, FACILITY, UNTIMED, STATUS, DATE, EXHAUSTED = (
    "none",
    "code",
    "modifiers",
    "level_of_care",
    "clinician",
    "facility",
    "untimed",
    "status",
    "date_outside",
    "units_exhausted",
)
CONDITIONS = (CODE, MODIFIERS, LEVEL, CLINICIAN, FACILITY, UNTIMED, STATUS, DATE)
ANSWER = {
    "authorization_id": "str",
    "why": "str",
    "units_used": "Int64",
    "units_taken": "Int64",
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


# What entries say of the charge they are of, so that visits, days and hours can be counted.
OF_CHARGE = ("encounter_id", "service_date", "code", "minutes")


def told(entries: pd.DataFrame, charges: pd.DataFrame) -> pd.DataFrame:
    """Entries with OF_CHARGE, from `charges` (charge_id and those); what is not known of a charge is null."""
    known = charges.drop_duplicates("charge_id").set_index("charge_id").reindex(columns=list(OF_CHARGE))
    return entries.assign(**{name: beside(entries["charge_id"], known[name]) for name in OF_CHARGE})


def _held(entries: pd.DataFrame) -> pd.DataFrame:
    """Open reservations as ``unit_types`` counts them; of a charge nobody knows, a visit and a day of their own."""
    held = balances(entries)
    held = held[held["open"] > 0].rename(columns={"open": "units"})
    about = entries.reindex(columns=["charge_id", *OF_CHARGE]).drop_duplicates("charge_id")
    rows = held.merge(about, on="charge_id", how="left")
    return rows.assign(
        encounter_id=rows["encounter_id"].astype("str").fillna(rows["charge_id"].astype("str"))
    )


def available(authorizations: pd.DataFrame, entries: pd.DataFrame) -> Column:
    """What is left of each authorization in its parts (units, or minutes of hours), by authorization_id."""
    return _left(authorizations, _held(entries))


def _left(authorizations: pd.DataFrame, held: pd.DataFrame) -> Column:
    spent = unit_types.counted(held, authorizations).groupby(held["authorization_id"]).sum()
    approved = unit_types.parts(authorizations)
    return approved - spent.reindex(approved.index).fillna(0).astype("Int64")


def _taken(asked: pd.DataFrame, held: pd.DataFrame, authorizations: pd.DataFrame) -> Column:
    """What each row (with its authorization_id) takes in parts, beside what `held` and the rows before it hold."""
    names = unit_types.COUNTED
    both = pd.concat([held.reindex(columns=names), asked.reindex(columns=names)], ignore_index=True)
    return pd.Series(unit_types.counted(both, authorizations).array[len(held) :], index=asked.index)


def beyond(charges: pd.DataFrame, authorizations: pd.DataFrame, entries: pd.DataFrame) -> Column:
    """Whether each charge, in the order given, finds too little left of the authorization it names."""
    known = (
        entries.reindex(columns=["charge_id", "minutes"]).drop_duplicates("charge_id").set_index("charge_id")
    )
    rows = charges.assign(minutes=beside(charges["charge_id"], known["minutes"]))
    held = _held(entries)
    taken = _taken(rows, held, authorizations)
    wanted = taken.groupby(rows["authorization_id"]).cumsum()
    left = beside(rows["authorization_id"], _left(authorizations, held)).astype("Int64")
    return wanted > left.fillna(0)


def required(lines: pd.DataFrame) -> Column:
    """Whether the payer wants an authorization for each line's code (``payer_auth_codes``)."""
    return listed(lines["code"], lines["payer_auth_codes"])


def _carries(modifiers: Column, wanted: Column) -> Column:
    """Whether each line has all the modifiers its authorization asks for."""
    both = zip(modifiers.fillna(""), wanted.fillna(""), strict=True)
    return pd.Series(
        [set(theirs.split()).issubset(own.split()) for own, theirs in both], index=wanted.index, dtype="bool"
    )


def _matches(lines: pd.DataFrame, authorizations: pd.DataFrame, facility: str) -> pd.DataFrame:
    """Every authorization of each line's patient and payer, with how many CONDITIONS in a row it meets.

    `facility` is the NPI that the practice bills under; where it is blank no authorization is for another one.
    """
    asked = lines.drop(columns="authorization_id", errors="ignore").assign(row=range(len(lines)))
    granted = authorizations.rename(
        columns={"level_of_care": "level", "provider_id": "limited_to", "modifiers": "wanted"}
    )
    granted = granted.drop(columns=["row_id", "version", "previous_id"], errors="ignore")
    pairs = asked.merge(granted, on=["patient_id", "payer_id"], suffixes=("", "_granted"))
    clinician, timed = pairs["limited_to"], unit_types.timed(pairs)
    pairs[CODE] = listed(pairs["code"], pairs["codes"])
    # An appointment has no modifiers yet, and is not asked for them.
    pairs[MODIFIERS] = _carries(pairs["modifiers"], pairs["wanted"]) if "modifiers" in asked else True
    pairs[LEVEL] = pairs["level"].isna() | (pairs["level"] == pairs["level_of_care"])
    pairs[CLINICIAN] = (
        clinician.isna() | (clinician == pairs["treating_id"]) | (clinician == pairs["rendering_id"])
    )
    pairs[FACILITY] = pairs["facility_npi"].isna() | (pairs["facility_npi"] == facility) if facility else True
    pairs[UNTIMED] = (pairs["unit_type"] != unit_types.HOUR) | timed
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


@dataclass(frozen=True)
class _Stock:
    """What there is to give out: the authorizations, what is left of each in parts, and what holds the rest."""

    on_file: pd.DataFrame
    left: Column
    held: pd.DataFrame

    def taken(self, asked: pd.DataFrame) -> Column:
        """What each row takes beside what is held and the rows before it."""
        return _taken(asked, self.held, self.on_file)


def _spend(wanted: pd.DataFrame, choices: pd.DataFrame, stock: _Stock) -> pd.DataFrame:
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
        taken = stock.taken(asked)
        running = taken.groupby(asked["authorization_id"]).cumsum()
        over = (taken > 0) & (running > beside(asked["authorization_id"], stock.left))
        short = asked[over.fillna(False).astype(bool)].drop_duplicates("patient_id")
        state.loc[short.index, "turn"] += 1
        out = short.index[state.loc[short.index, "turn"] >= state.loc[short.index, "count"]]
        state.loc[out, "failed"] = True
        state["dropped"] |= state["encounter_id"].isin(state.loc[out, "encounter_id"])
        # people without a shortage are settled
        open_ = state[state["patient_id"].isin(short["patient_id"]) & ~state["dropped"]]
    return state


def _individually(wanted: pd.DataFrame, choices: pd.DataFrame, stock: _Stock) -> pd.DataFrame:
    """Each row by itself: the first choice with enough units left, nothing spent."""
    lines = wanted.drop(columns="authorization_id", errors="ignore")
    asked = choices[["row", "turn", "authorization_id"]].merge(lines, on="row")
    nth = asked.groupby(["authorization_id", "service_date"]).cumcount()
    alone = [stock.taken(part) for _, part in asked.groupby(nth)]  # no two rows of a visit or a day together
    taken = pd.concat(alone).reindex(asked.index) if alone else asked["units"]
    enough = (taken == 0) | (taken <= beside(asked["authorization_id"], stock.left))
    able = asked[enough.fillna(False).astype(bool)].groupby("row")["turn"].min()
    turn = beside(wanted["row"], able)
    return wanted.assign(turn=turn.fillna(0).astype("int64"), failed=turn.isna(), dropped=turn.isna())


def allocate(
    lines: pd.DataFrame,
    authorizations: pd.DataFrame,
    entries: pd.DataFrame,
    *,
    pooled: bool = True,
    facility: str = "",
) -> pd.DataFrame:
    """The authorization of each line that needs one, aligned with `lines`: columns of ``ANSWER``.

    Lines are served in order of service date, encounter and position; with ``pooled=False`` each is asked about
    by itself and spends nothing. ``why`` is NONE, one of CONDITIONS or EXHAUSTED, missing where an authorization was
    found. ``units_used`` counts this line and all before it, ``units_taken`` the line; both, and ``units_approved``,
    in the authorization's parts (``unit_types``). `facility` is the NPI the lines are billed under.
    """
    if lines.empty:
        return pd.DataFrame(
            {name: pd.Series(dtype=dtype) for name, dtype in ANSWER.items()}, index=lines.index
        )
    pairs = _matches(lines, authorizations, facility)
    choices = _choices(pairs)
    order = lines.assign(row=range(len(lines))).sort_values(["service_date", "encounter_id", "position"])
    reached = beside(order["row"], pairs.groupby("row")["met"].max())
    order["why"] = reached.map(dict(enumerate(CONDITIONS))).mask(reached.isna(), NONE).astype("str")
    fits = reached == len(CONDITIONS)
    whole = ~order["encounter_id"].isin(order.loc[~fits, "encounter_id"])
    held = _held(entries)
    stock = _Stock(authorizations, _left(authorizations, held), held)
    share = _spend if pooled else _individually
    served = share(order[fits & whole] if pooled else order[fits], choices, stock)
    order["why"] = order["why"].mask(order["row"].isin(served.loc[served["failed"], "row"]), EXHAUSTED)
    return _answer(order, served, choices, stock)[list(ANSWER)].astype(ANSWER).reindex(lines.index)


def _answer(order: pd.DataFrame, served: pd.DataFrame, choices: pd.DataFrame, stock: _Stock) -> pd.DataFrame:
    """Per line, in the index of `order`: the authorization it got and what is used of it after the line."""
    got = served[~served["dropped"]]
    offered = choices.set_index(["row", "turn"])["authorization_id"]
    answer = order[["why"]].copy()
    answer["authorization_id"] = pd.Series(
        offered.reindex(pd.MultiIndex.from_frame(got[["row", "turn"]])).to_numpy(),
        index=got.index,
        dtype="str",
    )
    names = answer["authorization_id"]
    taken = stock.taken(order.assign(authorization_id=names)).where(names.notna())
    approved = beside(names, unit_types.parts(stock.on_file)).astype("Int64")
    running = taken.groupby(names).cumsum()
    answer["units_used"] = approved - beside(names, stock.left).astype("Int64") + running
    answer["units_taken"] = taken
    answer["units_approved"] = approved
    answer["valid_to"] = beside(names, stock.on_file.set_index("authorization_id")["valid_to"])
    return answer


# What a claim's state says of the units of its lines; in every other state they stay reserved.
REPLACED = "replaced"
# States of a void that the payer took.
ACCOMPLISHED = ("accepted", "paid", "patient_share", "reversed", "crossed_over", "voided")
FOR_AUTHORIZATION = "auth_"  # categories of denials that are for the authorization itself
CORRECTION, VOID, REVERSAL = "7", "8", "22"
REGAINED = " after it was given back"


def _gives_back(answers: pd.DataFrame) -> Column:
    """Whether each verdict gives its line's units back: denied in full, and not for the authorization."""
    denied = answers["denied"].astype("boolean").fillna(False).astype(bool)
    partial = answers["partial"].astype("boolean").fillna(False).astype(bool)
    own = answers["category"].astype("str").str.startswith(FOR_AUTHORIZATION).fillna(False).astype(bool)
    return denied & ~partial & ~own


def given_back(answers: pd.DataFrame) -> pd.DataFrame:
    """Lines whose last answer gives their units back: claim_id, line_id (missing for every line of the claim).

    `answers` are the verdicts that count (``evidence.counted``): denials as `_gives_back`, and reversals that nothing
    corrected. A payer may answer a line in parts: its units stay used while one part stands. Where nobody knows
    which line an answer is of, it counts only if all answers to the claim say the same.
    """
    given = answers.assign(back=_gives_back(answers) | (answers["status"] == REVERSAL))
    lines = given[given["line_id"].notna()].groupby(["claim_id", "line_id"])["back"].all().reset_index()
    whole = given.groupby("claim_id")["back"].all().reset_index()
    found = pd.concat([lines[lines["back"]], whole[whole["back"]]], ignore_index=True)
    return found.reindex(columns=["claim_id", "line_id"]).astype("str")


def once_back(answers: pd.DataFrame) -> set[str]:
    """Claims of which any answer ever gave units back, whatever came later: a denial, or a reversal."""
    back = _gives_back(answers) | (answers["category"] == "reversal")
    return set(answers.loc[back, "claim_id"].dropna())


def _outcome(carried: pd.DataFrame, back: pd.DataFrame) -> Column:
    """release, consume or neither (missing) for each claim line."""
    state, void = carried["state"], carried["frequency"] == VOID
    lines = back["claim_id"] + " " + back["line_id"]
    refused = (carried["claim_id"] + " " + carried["line_id"]).isin(lines.dropna())
    refused |= carried["claim_id"].isin(back.loc[back["line_id"].isna(), "claim_id"])
    outcome = pd.Series(None, index=carried.index, dtype="str").mask(state.isin(custody.TAKEN), "consume")
    # A rejected correction leaves the claim it was to replace with the payer, and its units used.
    dead = state.isin(custody.REJECTED) & (carried["frequency"] != CORRECTION)
    outcome = outcome.mask(dead | (state == REPLACED) | (state.isin(custody.TAKEN) & refused), "release")
    # A void gives back what its original used, once the payer took it; until then the original's use stands.
    return outcome.mask(void, "consume").mask(void & state.isin(ACCOMPLISHED), "release")


def settle(
    entries: pd.DataFrame, carried: pd.DataFrame, back: pd.DataFrame, once: Collection[str] = ()
) -> pd.DataFrame:
    """Entries that follow from where the claims stand: what was consumed and what was given back.

    `entries` are the stored reservations (and releases); `carried` the claim lines of charges with an
    authorization: charge_id, authorization_id, units, claim_id, line_id, attempt, frequency and the claim's state;
    `back` what `given_back` gives. The newest claim that carries a charge speaks for it, so the order in which
    answers came cannot matter, and a charge that was reserved anew for a correction is held once.

    `once` are claims as `once_back` gives them: units that such a claim uses after all may have gone to others
    meanwhile, so the authorization may be overdrawn by them. Their entry's cause says so (`REGAINED`).
    """
    ordered = carried.sort_values(["charge_id", "attempt", "claim_id"], kind="stable")
    newest = ordered.drop_duplicates("charge_id", keep="last").reset_index(drop=True)
    newest = newest.assign(outcome=_outcome(newest, back), cause=newest["claim_id"])
    held = balances(entries).merge(
        newest[["charge_id", "authorization_id", "units", "outcome", "cause"]],
        on=["charge_id", "authorization_id"],
    )
    kept = held["open"].where(held["open"] < held["units"], held["units"])
    kept = kept.mask(held["outcome"] == "release", 0)
    surplus = held.assign(units=held["open"] - kept)
    used = held.assign(units=kept)
    used = used[(used["outcome"] == "consume") & (used["units"] > 0)]
    used["cause"] = used["cause"].mask(used["cause"].isin(once), used["cause"] + REGAINED)
    return pd.concat(
        [_entries(surplus[surplus["units"] > 0], "release"), _entries(used, "consume")], ignore_index=True
    )


FORECAST = shape(
    "authorization_id units_left:int units_booked:int exhausted_on:day units_short:int ends_on:day units_after_end:int"
)
FITS = CONDITIONS[:-1]  # all but the day
ENDED_DAYS = 30
LOW_PERCENT, ENDING_DAYS = 80, 5  # when to ask for more: four fifths used, five days left (S61)
RUNNING_OUT = shape(
    "authorization_id patient_id payer_id state units_left:int units_approved:int exhausted_on:day units_short:int"
    " ends_on:day units_after_end:int due_on:day"
)


def forecast(
    on_file: pd.DataFrame,
    entries: pd.DataFrame,
    schedule: pd.DataFrame,
    today: pd.Timestamp,
    facility: str = "",
) -> pd.DataFrame:
    """When the appointments to come use up each approved authorization, columns ``FORECAST``, in its own units.

    Booked appointments from `today` on are served as lines are, in order of their days. ``exhausted_on`` is the day
    of the first that finds no units, ``units_short`` how many are missing until ``ends_on``, ``units_after_end`` how
    many are booked after it with no other authorization; of several the one that lasts longest is the one to extend.
    Those that ended more than ENDED_DAYS ago are left out. Of an hour that is begun nothing is left.
    """
    recent = on_file["valid_to"] >= today - pd.Timedelta(days=ENDED_DAYS)
    running = on_file[(on_file["status"] == "approved") & recent].reset_index(drop=True)
    rows = pd.DataFrame({"authorization_id": running["authorization_id"], "ends_on": running["valid_to"]})
    names = rows["authorization_id"]
    held = _held(entries)
    rows["units_left"] = unit_types.whole(names, beside(names, _left(running, held)), running)
    lines = _appointments(schedule, today)
    answer = allocate(lines, running, entries, facility=facility)
    lines = lines.assign(authorization_id=answer["authorization_id"], why=answer["why"])
    missing = _to_extend(lines[lines["why"].isin([EXHAUSTED, DATE])], running, facility)
    short, late = missing[missing["why"] == EXHAUSTED], missing[missing["why"] == DATE]
    amounts = {"units_booked": answer["units_taken"].groupby(answer["authorization_id"]).sum()}
    for name, part in (("units_short", short), ("units_after_end", late)):
        wanted = part.sort_values("service_date", kind="stable")
        taken = _taken(wanted, held, running)
        amounts[name] = taken.groupby(wanted["authorization_id"]).sum()
    for name, amount in amounts.items():
        rows[name] = unit_types.whole(names, beside(names, amount), running, up=True)
    first = short.groupby("authorization_id")["service_date"].min().to_dict()
    rows["exhausted_on"] = [first.get(name, pd.NaT) for name in rows["authorization_id"]]
    counts = ["units_booked", "units_short", "units_after_end"]
    rows[counts] = rows[counts].astype("Int64").fillna(0)
    return conform(rows, FORECAST)


def _appointments(schedule: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Booked appointments from today on as lines that ask for units."""
    coming = schedule[(schedule["status"] == "booked") & (schedule["service_date"] >= today)]
    lines = coming[["patient_id", "payer_id", "service_date", "code", "units"]].assign(
        encounter_id=coming["appointment_id"],
        position=1,
        rendering_id=coming["provider_id"],
        treating_id=coming["provider_id"],
        level_of_care=coming["level_of_care"].fillna("outpatient"),
    )
    return lines.reset_index(drop=True)


def _to_extend(lines: pd.DataFrame, on_file: pd.DataFrame, facility: str) -> pd.DataFrame:
    """Lines without units with the authorization that would have to be extended for them.

    Of those that fit but for day or units the one that ends last; a line before its first day asks for none.
    """
    lines = lines.reset_index(drop=True)
    if lines.empty:
        return lines
    pairs = _matches(lines, on_file, facility)
    pairs = pairs[(pairs["met"] >= len(FITS)) & (pairs["valid_from"] <= pairs["service_date"])]
    last = pairs.sort_values(["row", "valid_to", "authorization_id"]).drop_duplicates("row", keep="last")
    found = last.set_index("row")["authorization_id"]
    extended = pd.Series(lines.index, index=lines.index).map(found)
    return lines.assign(authorization_id=extended)[extended.notna()]


def running_out(
    on_file: pd.DataFrame,
    entries: pd.DataFrame,
    schedule: pd.DataFrame,
    today: pd.Timestamp,
    facility: str = "",
) -> pd.DataFrame:
    """Approved authorizations that somebody should ask the payer about, columns ``RUNNING_OUT``; nobody need be seen.

    ``state`` is the most pressing of: exhausted (no units left), short (the appointments to come need more than are
    left), ended (appointments after the last day), running_out (four fifths used), ending (within five days) and
    review (a review or the clinical record is due within five days). One that another already follows is left out.
    """
    rows = forecast(on_file, entries, schedule, today, facility)
    own = on_file[
        ["authorization_id", "patient_id", "payer_id", "units_approved", "review_on", "clinical_due_on"]
    ]
    rows = rows.merge(own, on="authorization_id")
    left = (rows["ends_on"] - today).dt.days
    running = left >= 0
    used = rows["units_approved"] - rows["units_left"]
    asked = rows[["review_on", "clinical_due_on"]].astype("datetime64[s]")
    reviewed = asked.where(asked >= today).min(axis=1)
    soon = (reviewed - today).dt.days <= ENDING_DAYS
    state = pd.Series(None, index=rows.index, dtype="str")
    for name, true in (
        ("review", running & soon),
        ("ending", running & (left <= ENDING_DAYS)),
        ("running_out", running & (used * 100 >= rows["units_approved"] * LOW_PERCENT)),
        ("ended", rows["units_after_end"] > 0),
        ("short", running & (rows["units_short"] > 0)),
        ("exhausted", running & (rows["units_left"] <= 0)),
    ):
        state = state.mask(true.fillna(False).astype(bool), name)
    due = rows["exhausted_on"].fillna(rows["ends_on"]).mask(state == "review", reviewed)
    rows = rows.assign(state=state, due_on=due)
    kept = rows[rows["state"].notna() & ~rows["authorization_id"].isin(_followed(rows, on_file, today))]
    return conform(kept, RUNNING_OUT)


def _followed(rows: pd.DataFrame, on_file: pd.DataFrame, today: pd.Timestamp) -> set[str]:
    """Authorizations after which another of the same care has units left, while no appointment lacks any."""
    names = ["authorization_id", "patient_id", "payer_id", "codes", "level_of_care", "valid_to"]
    left = rows.set_index("authorization_id")["units_left"]
    care = on_file[on_file["authorization_id"].isin(rows["authorization_id"])][names]
    pairs = care.merge(care, on=["patient_id", "payer_id"], suffixes=("", "_next"))
    pairs = pairs[pairs["authorization_id"] != pairs["authorization_id_next"]]
    pairs = pairs[
        (pairs["valid_to_next"] > pairs["valid_to"])
        & (pairs["valid_to_next"] > today + pd.Timedelta(days=ENDING_DAYS))
        & (pairs["authorization_id_next"].map(left) > 0)
        & (
            pairs["level_of_care"].isna()
            | pairs["level_of_care_next"].isna()
            | (pairs["level_of_care"] == pairs["level_of_care_next"])
        )
    ]
    shared = [
        not set(codes.split()).isdisjoint(others.split())
        for codes, others in zip(pairs["codes"], pairs["codes_next"], strict=True)
    ]
    needy = rows.loc[(rows["units_short"] > 0) | (rows["units_after_end"] > 0), "authorization_id"]
    return set(pairs.loc[shared, "authorization_id"]) - set(needy)


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
