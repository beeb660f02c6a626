"""Where every encounter and every claim is, from facts alone.

A claim's state is the strongest thing that any fact says about it, so the order in which answers arrive does not
matter: a 277CA that comes after the 835 changes nothing. Files carry a claim as far as the 999; the 277CA speaks
for the claim; the 835 ends the matter, line by line; a claim whose lines all went over to newer ones is out of
the game.

=================  ==============================================================================================
built              stands in the ledger, in no file yet
sending            in a file whose upload has not begun to be final
in_doubt           the file may or may not have arrived: ask the partner, never send again by itself
sent               the partner has the file
file_rejected      TA1 refused the interchange
rejected_syntax    999 refused the transaction set
accepted_syntax    999 took it
received           somebody on the way has it (clearinghouse, or the payer's A1)
rejected           277CA refused the claim: correct it and send it as new (frequency 1)
accepted           the payer took it into adjudication
paid               answered without a denial
patient_share      answered, nothing paid, the patient owes it (the deductible)
partly_denied      some lines denied
denied             every line denied
reversed           the last answer was taken back and not replaced yet
crossed_over       answered and forwarded to the next payer, whose answer is awaited
voided             a void that the payer took, and the payer holds nothing any more of the claim it voids
replaced           newer claims resubmit, correct or void all that is on it
=================  ==============================================================================================
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

import pandas as pd

from tasks.billing import acknowledgments as answers
from tasks.billing import evidence, shapes

# From the weakest evidence to the strongest: the strongest thing said of a claim is its state.
STATES = [
    "built",
    "sending",
    "in_doubt",
    "sent",
    "file_rejected",
    "rejected_syntax",
    "accepted_syntax",
    "received",
    "rejected",
    "accepted",
    "paid",
    "patient_share",
    "partly_denied",
    "denied",
    "reversed",
    "crossed_over",
    "voided",
    "replaced",
]
RANK = {state: rank for rank, state in enumerate(STATES)}
REJECTED = ["file_rejected", "rejected_syntax", "rejected"]  # before a payer had it
# After a last payer's nothing more comes by itself.
ANSWERED = ["paid", "patient_share", "partly_denied", "denied"]
TAKEN = ["accepted", *ANSWERED, "reversed", "crossed_over"]  # a payer has or had it in adjudication
OVER = ["voided", "replaced"]  # nobody speaks about it any more
VOID = "8"  # CLM05-3
# States in which the payer holds nothing that it paid for the claim.
NOTHING_HELD = ["denied", "reversed"]
# Before its newest claim speaks for it. An encounter nobody has judged yet is loaded, and nothing else.
ENCOUNTER_STATES = ["loaded", "quarantined", "held", "charged", *STATES]

CLAIM_STATES = shapes.shape(
    "claim_id state since:day codes charge_cents paid_cents payer_control accepted_on:day submission_id sent_on:day"
    " built_on:day attempt:int replaces_claim_id replaced_by"
)
ENCOUNTER_STATE = shapes.shape("encounter_id state charge_cents claim_id")
SILENCE = shapes.shape("kind subject_kind subject_id since:day days:int claims:int charge_cents codes")


class Limits(Protocol):
    """The clocks on silence, in days (``configs.settings.Limits``)."""

    days_without_999: int
    days_without_277ca: int
    days_without_835: int


def claim_states(
    claims: pd.DataFrame,
    claim_lines: pd.DataFrame,
    submissions: pd.DataFrame,
    submission_claims: pd.DataFrame,
    submission_events: pd.DataFrame,
    acknowledgments: pd.DataFrame,
    remitted_claims: pd.DataFrame,
    remittances: pd.DataFrame,
    line_verdicts: pd.DataFrame,
    decided: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row a claim, columns `CLAIM_STATES`; frames are the ledger's tables of those names.

    `line_verdicts` is what ``denials.classify`` returns: ``remitted_line_id`` (null for a claim without lines),
    ``remitted_claim_id``, ``line_id``, ``denied`` and, where known, ``patient_cents``; `decided` is what
    ``evidence.by_remittance`` makes of it, where that is known already. ``codes`` are the codes of
    the fact that decided; ``payer_control`` is the newest one, what REF*F8 of a correction needs;
    ``accepted_on`` is the day of the payer's proof of timely filing.
    """
    stated = answers.effects(acknowledgments)
    files = evidence.by_file(submissions, submission_claims, submission_events, stated)
    spoken = evidence.by_statement(stated)
    if decided is None:
        lines = evidence.counted(remitted_claims, remittances, line_verdicts)
        decided = evidence.by_remittance(remitted_claims, remittances, lines)
    built = claims[["claim_id", "built_on"]].rename(columns={"built_on": "since"}).assign(state="built")
    replaced = replacements(claims, claim_lines)
    voided = _voided(claims, pd.concat([spoken, decided], ignore_index=True), decided)
    said = pd.concat([built, files, spoken, decided, voided, replaced], ignore_index=True)
    said = said[said["claim_id"].isin(claims["claim_id"])]
    strongest = said.assign(rank=said["state"].map(RANK)).sort_values(["claim_id", "rank"], kind="stable")
    last = strongest.drop_duplicates("claim_id", keep="last")[["claim_id", "state", "since", "codes"]]
    found = claims[["claim_id", "charge_cents", "built_on", "attempt", "replaces_claim_id"]].merge(
        last, on="claim_id", how="left"
    )
    for part, columns in (
        (files, ["submission_id", "sent_on"]),
        (decided, ["paid_cents"]),
        (replaced, ["replaced_by"]),
    ):
        found = found.merge(part[["claim_id", *columns]], on="claim_id", how="left")
    found["accepted_on"] = evidence.first_proof(found["claim_id"], stated)
    found["payer_control"] = evidence.payer_number(found["claim_id"], decided, stated)
    return shapes.conform(found, CLAIM_STATES)


def taken_over(claims: pd.DataFrame, claim_lines: pd.DataFrame) -> pd.Series[bool]:
    """For each row of `claim_lines` whether a claim that names its claim as replaced bills it anew.

    The same charge stands there, or, where the encounter was charged anew, the encounter with its new charges.
    `claims` needs ``claim_id`` and ``replaces_claim_id``.
    """
    parents = claims.loc[claims["replaces_claim_id"].notna(), ["claim_id", "replaces_claim_id"]]
    newer = claim_lines[["claim_id", "charge_id", "encounter_id"]].merge(parents, on="claim_id")
    charge, amended = (
        _pairs(claim_lines, "claim_id", key).isin(_pairs(newer, "replaces_claim_id", key).dropna())
        for key in ("charge_id", "encounter_id")
    )
    encounters = _pairs(claim_lines, "claim_id", "encounter_id")
    kept: pd.Series[bool] = charge.groupby(encounters, dropna=False).transform("any").astype(bool)
    return charge | (amended & ~kept)


def _pairs(rows: pd.DataFrame, first: str, second: str) -> pd.Series[str]:
    """Two columns as one key; null where one is."""
    return rows[first] + " " + rows[second]


def replacements(claims: pd.DataFrame, claim_lines: pd.DataFrame) -> pd.DataFrame:
    """Frame[claim_id, state, since, replaced_by]: claims that newer ones name, once all their lines stand there.

    Until then the old claim keeps its state and its item: what nobody took over would get lost with it.
    """
    left = set(claim_lines.loc[~taken_over(claims, claim_lines), "claim_id"])
    named = claims[claims["replaces_claim_id"].notna() & ~claims["replaces_claim_id"].isin(left)]
    newest = named.sort_values(["attempt", "claim_id"]).drop_duplicates("replaces_claim_id", keep="last")
    return pd.DataFrame(
        {
            "claim_id": newest["replaces_claim_id"],
            "state": "replaced",
            "since": newest["built_on"],
            "replaced_by": newest["claim_id"],
        }
    )


def _voided(claims: pd.DataFrame, spoken: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """Voids (frequency 8) that are done: the payer took them, and what it had paid of the other claim is taken back.

    ``since`` is the day of the later of the two.
    """
    voids = claims.loc[claims["frequency"] == VOID, ["claim_id", "replaces_claim_id"]]
    taken = spoken[spoken["state"].map(RANK) >= RANK["accepted"]][["claim_id", "since"]]
    rows = voids.merge(taken.drop_duplicates("claim_id", keep="last"), on="claim_id")
    of_other = decided[["claim_id", "state", "since"]].rename(columns={"claim_id": "replaces_claim_id"})
    rows = rows.merge(of_other, on="replaces_claim_id", suffixes=("", "_of_other"))
    done = rows[rows["state"].isin(NOTHING_HELD)]
    since = done[["since", "since_of_other"]].max(axis=1)
    return pd.DataFrame({"claim_id": done["claim_id"], "state": "voided", "since": since})


def encounter_states(
    encounters: pd.DataFrame,
    decisions: pd.DataFrame,
    quarantine_open: pd.DataFrame,
    charge_lines: pd.DataFrame,
    claim_lines: pd.DataFrame,
    claim_states: pd.DataFrame,
) -> pd.DataFrame:
    """Frame[encounter_id, state, charge_cents, claim_id]: one row an encounter, one of `ENCOUNTER_STATES`.

    `encounters` are current versions, `quarantine_open` the quarantined rows nobody has released or discarded.
    The newest claim speaks for an encounter that has one; else an open quarantine (of the encounter, or of a
    charge of it); else its newest decision. ``charge_cents`` is null while
    nothing is charged.
    """
    found = encounters[["encounter_id"]].drop_duplicates().assign(state="loaded")
    newest = decisions.sort_values(["encounter_id", "sequence"]).drop_duplicates("encounter_id", keep="last")
    found["state"] = (
        found["encounter_id"].map(_column(newest, "encounter_id", "outcome")).fillna(found["state"])
    )
    current = charge_lines[charge_lines["decision_id"].isin(newest["decision_id"])]
    charges = _charges(current, _live(claim_lines, claim_states))
    found["charge_cents"] = found["encounter_id"].map(charges).astype("Int64")
    found["state"] = found["state"].mask(
        found["encounter_id"].isin(_quarantined(quarantine_open, charge_lines)), "quarantined"
    )
    of_claim = _newest_claims(claim_lines, claim_states)
    found = found.merge(of_claim, on="encounter_id", how="left")
    found["state"] = found["claim_state"].fillna(found["state"])
    return shapes.conform(found, ENCOUNTER_STATE)


def _column(rows: pd.DataFrame, key: str, column: str) -> dict[str, str]:
    """A column as a mapping from another."""
    return dict(zip(rows[key], rows[column], strict=True))


def _quarantined(quarantine_open: pd.DataFrame, charge_lines: pd.DataFrame) -> set[str]:
    """Encounters that are in quarantine, themselves or by one of their charges."""
    kind, subject = quarantine_open["subject_kind"], quarantine_open["subject_id"]
    by_charge = charge_lines["charge_id"].isin(subject[kind == "charge"])
    return {*subject[kind == "encounter"], *charge_lines.loc[by_charge, "encounter_id"]}


def _newest_claims(claim_lines: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """For each encounter its newest claim and the claim's state; a replaced one only where no other is left.

    Where lines of one encounter stand in several claims of the same day, the one that is least far speaks: work
    must not hide behind it.
    """
    rows = _live(claim_lines, states)
    rows = rows.assign(depth=-rows["state"].map(RANK).astype("int64"))
    rows = rows.sort_values(["encounter_id", "built_on", "attempt", "depth", "claim_id"], kind="stable")
    newest = rows.drop_duplicates("encounter_id", keep="last")
    return newest.rename(columns={"state": "claim_state"})[["encounter_id", "claim_id", "claim_state"]]


def _live(claim_lines: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """Claim lines with their claim's state, without those a newer claim took over where the encounter has others."""
    columns = ["claim_id", "state", "built_on", "attempt"]
    lines = claim_lines[["encounter_id", "claim_id", "charge_id", "charge_cents"]]
    rows = lines.assign(over=taken_over(states, claim_lines)).merge(states[columns], on="claim_id")
    current = (rows["state"] != "replaced") & ~rows["over"]
    left: pd.Series[bool] = current.groupby(rows["encounter_id"]).transform("any")
    return rows.loc[current | ~left]


def _charges(current: pd.DataFrame, live: pd.DataFrame) -> pd.Series[int]:
    """Cents by encounter: charges on live claims, each once, and the current ones that are on no claim yet.

    Charges of a newer version count only once a claim carries any of them: until then the claim for the older
    version is what stands.
    """
    claimed = live.drop_duplicates("charge_id")
    on_claim = current["charge_id"].isin(claimed["charge_id"])
    same_version = on_claim.groupby(current["encounter_id"]).transform("any")
    unclaimed = current[~on_claim & (same_version | ~current["encounter_id"].isin(live["encounter_id"]))]
    columns = ["encounter_id", "charge_cents"]
    return pd.concat([claimed[columns], unclaimed[columns]]).groupby("encounter_id")["charge_cents"].sum()


# Where an answer is awaited: of the file's claims since it was sent, of the others since their last answer.
AWAITING_FIRST = ["in_doubt", "sent", "accepted_syntax", "received", "accepted"]
AWAITING_NEXT = ["reversed", "crossed_over"]


def silent(
    submissions: pd.DataFrame,
    submission_claims: pd.DataFrame,
    submission_events: pd.DataFrame,
    acknowledgments: pd.DataFrame,
    claim_states: pd.DataFrame,
    limits: Limits,
    as_of: date,
) -> pd.DataFrame:
    """Work that silence makes on the day `as_of`: columns `SILENCE`, one row a kind and subject.

    ``no_999``: a file that nobody acknowledged, one item for all its claims. ``no_277ca``: a claim that no 277CA
    spoke of. ``unknown_answer``: a claim of which the last 277CA says something that no table knows, ``codes``
    are its words. ``no_835``: a claim past the longest clock, which then is its only item; ``no_crossover`` where the
    payer passed it on and the next one has not answered.
    """
    stated = answers.effects(acknowledgments)
    files = evidence.submission_states(submissions, submission_events, stated)
    heard = evidence.answered(files, stated, "group", "group_control", None) | evidence.answered(
        files, stated, "set", "group_control", None
    )
    quiet = files[~heard & files["state"].isin(["sent", "in_doubt"])].rename(
        columns={"business_date": "since"}
    )
    quiet = _overdue(quiet, limits.days_without_999, as_of)
    late_files = quiet.assign(kind="no_999", subject_kind="submission", subject_id=quiet["submission_id"])
    claims = claim_states.drop(columns="codes").assign(
        claims=1, subject_kind="claim", subject_id=claim_states["claim_id"]
    )
    waiting = claims[claims["state"].isin(AWAITING_FIRST) & claims["sent_on"].notna()]
    waiting = waiting.assign(since=waiting["sent_on"])
    no_835 = pd.concat(
        [
            _overdue(rows, limits.days_without_835, as_of)
            for rows in (waiting, claims[claims["state"].isin(AWAITING_NEXT)])
        ]
    )
    waiting = waiting[~waiting["claim_id"].isin(no_835["claim_id"])]
    spoken = set(stated.loc[(stated["scope"] == "claim") & (stated["effect"] != "alert"), "claim_id"])
    candidates = waiting[
        waiting["state"].isin(["sent", "accepted_syntax"])
        & ~waiting["submission_id"].isin(late_files["submission_id"])
        & ~waiting["claim_id"].isin(spoken)
    ]
    found = [
        late_files,
        _overdue(candidates, limits.days_without_277ca, as_of).assign(kind="no_277ca"),
        _overdue(_not_understood(waiting, stated), -1, as_of).assign(kind="unknown_answer"),
        no_835.assign(kind=no_835["state"].map({"crossed_over": "no_crossover"}).fillna("no_835")),
    ]
    return pd.concat([shapes.conform(part, SILENCE) for part in found], ignore_index=True)


def _not_understood(waiting: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """Claims whose newest 277CA is an alert, ``since`` its day: it may be a refusal, so on one day it counts more."""
    said = stated[stated["scope"] == "claim"].assign(alert=lambda rows: rows["effect"] == "alert")
    ordered = said.sort_values(["claim_id", "stated_on", "alert", "code"], na_position="first", kind="stable")
    last = ordered.drop_duplicates("claim_id", keep="last")
    rows = waiting.merge(last.loc[last["alert"], ["claim_id", "words", "stated_on"]], on="claim_id")
    return rows.assign(since=rows["stated_on"].fillna(rows["since"]), codes=rows["words"])


def _overdue(rows: pd.DataFrame, limit: int, as_of: date) -> pd.DataFrame:
    """Rows whose day is more than `limit` days before `as_of`, with the ``days`` that have passed."""
    days = (pd.Timestamp(as_of) - rows["since"]).dt.days.astype("Int64")
    late = (days > limit).fillna(False).astype(bool)
    overdue: pd.DataFrame = rows.assign(days=days).loc[late]
    return overdue
