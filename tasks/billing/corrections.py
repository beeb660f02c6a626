"""Corrected claims: what a person asked for, what it waits for, and the claim that takes the place of the old one.

A payer that has decided about a claim takes a change as a *replacement* (CLM05-3 = 7) or a *void* (8) of that claim
and nothing else: the change sent as a second original is denied as a duplicate (CARC 18), or paid twice and taken
back. Both name the claim by the payer's own number of its newest decision (REF*F8 = CLP07), and a replacement carries
the whole claim, changed lines and unchanged ones, because it replaces all of it. A claim that was never decided about
goes again as an original (1): one that the front end rejected, or one that came back unprocessable (MA130, N142).
While a claim lies with the payer undecided nothing is sent at all: too early a replacement is refused (N779).

A person starts it, because a decision is behind it: what is wrong, and whether it is worth it. The request is a fact
about the claim; it is fulfilled by the claim that names the old one in ``replaces_claim_id``, so that no rerun makes
a second one. What stands in the way has a reason, and is work until it is gone (`WAITS`).

Source: frequency_codes.tsv (V:S24, S05, S47); costly mistakes 6 and 18.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from configs.identity import digest, opaque
from tasks.billing import authorizations, custody, shapes
from tasks.billing import claims as building
from tasks.billing.context import Masters, words
from tasks.billing.denials import UNPROCESSABLE

QUEUE = "corrections"
CORRECT, VOID, RESUBMIT = "correct", "void", "resubmit"
REPLACES, VOIDS = authorizations.CORRECTION, authorizations.VOID
DECIDING = ("snooze", "resolve", "reopen", RESUBMIT)  # what a person decides about an item
AGAIN = (REPLACES, VOIDS)  # frequencies of what speaks to a payer that has decided before
# States in which a payer has decided, so that there is something to replace or to void.
DECIDED = [*custody.ANSWERED, "reversed", "crossed_over"]

ASKED = shapes.shape("claim_id action")
OUTLOOK = shapes.shape(
    "claim_id action state coordinated:flag frequency original_reference again:flag reason"
)
WAITING = shapes.shape("claim_id action reason")
AUTHORIZED = shapes.shape("charge_id authorization_id")

# Why a correction that was asked for is not sent yet -> what to do about it.
WAITS = {
    "AWAITING_ANSWER": "wait for the payer's decision; the correction goes by itself after it",
    "NUMBER_UNKNOWN": "ask the payer for its number of the claim, and assign the answer that bears it",
    "ENCOUNTER_OPEN": "the next daily run charges the changed encounter; where it is held, see its item in holds",
    "AWAITING_PRIMARY": "wait for the decision of the payer before; the correction goes by itself after it",
    "MASTERS_MISSING": "load the patient, policy, payer or clinician that the claim needs",
    "NOTHING_CHANGED": "load what is to be corrected; an equal claim would come back as a duplicate",
    "OTHER_PAYER": "void this claim; the encounters then go to their new payer as an original",
    "SPLITS": "void this claim; what it held no longer fits on one claim",
}
# What makes a rebuilt claim another claim than the one it was built from.
COMPARED = words(
    "patient_row_id coverage_row_id payer_row_id rendering_row_id supervising_row_id authorization_number diagnoses"
    " place_of_service charge_cents type_of_bill condition_codes patient_status stay_row_id attending_row_id"
)


@dataclass(frozen=True)
class Facts:
    """What requests are judged by; frames of the ledger's tables or of the pure functions named."""

    claims: pd.DataFrame
    claim_lines: pd.DataFrame
    claim_states: pd.DataFrame  # custody.claim_states
    decided: pd.DataFrame  # evidence.by_remittance
    counted: pd.DataFrame  # evidence.counted, with the verdicts
    charges: pd.DataFrame  # live charge lines: of each encounter's newest charged version
    encounters: pd.DataFrame  # current encounters


def item(claim_id: str) -> str:
    """The id of the item that people's word on correcting a claim is stored under."""
    return digest("item", QUEUE, claim_id)


def last_word(events: pd.DataFrame, actions: Collection[str]) -> pd.Series[str]:
    """The last of these actions on each item, by item id; `events` are the ledger's ``work_events``."""
    told = events[events["action"].isin(actions)].sort_values("sequence")
    last: pd.Series[str] = told.drop_duplicates("item_id", keep="last").set_index("item_id")["action"]
    return last


def asked(events: pd.DataFrame, claim_ids: Iterable[str]) -> pd.DataFrame:
    """Frame[claim_id, action]: claims that a person wants corrected or voided and did not take that back.

    Resolving or reopening the claim's own item takes it back.
    """
    if not events["action"].isin([CORRECT, VOID]).any():
        return shapes.empty(ASKED)
    last = last_word(events, [CORRECT, VOID, "resolve", "reopen"])
    known = pd.Series({claim_id: item(claim_id) for claim_id in claim_ids}, dtype="str").map(last)
    kept = known[known.isin([CORRECT, VOID])]
    return shapes.conform(pd.DataFrame({"claim_id": kept.index, "action": kept.to_numpy()}), ASKED)


def resubmitted(events: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """The same of replacements, voids and claims to later payers that were rejected and are to go again."""
    other = claims[claims["frequency"].isin(AGAIN) | claims["coordinates"].notna()]
    last = last_word(events, DECIDING)
    items = pd.Series([digest("item", "rejections", each) for each in other["claim_id"]], other.index, "str")
    chosen = other[(items.map(last) == RESUBMIT).to_numpy(dtype=bool)]
    return shapes.conform(chosen[["claim_id"]].assign(action=RESUBMIT), ASKED)


def outlook(wanted: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """What becomes of each request that is not fulfilled yet, columns `OUTLOOK`; ``reason`` is null where it may go.

    `wanted` is what `asked` and `resubmitted` give. Rejected originals are left out: they go again by themselves as
    frequency 1. ``again`` marks what may go as it is, because the front end refused its like.
    """
    claims = facts.claims.assign(coordinated=facts.claims["coordinates"].notna())
    rows = wanted.drop_duplicates("claim_id").merge(
        claims[["claim_id", "coordinated", "frequency"]], on="claim_id"
    )
    rows = rows.merge(facts.claim_states[["claim_id", "state"]], on="claim_id")
    done = facts.claims["replaces_claim_id"].dropna()
    rows = rows[~rows["claim_id"].isin(done) & ~rows["state"].isin(custody.OVER)]
    dead = rows["state"].isin(custody.REJECTED)
    before = rows["frequency"].isin(AGAIN)
    rows = rows[~dead | before | rows["coordinated"]]
    dead, before = dead.loc[rows.index], before.loc[rows.index]
    rows["again"] = dead & (rows["action"] == RESUBMIT)
    voids = (rows["action"] == VOID) | (rows["again"] & (rows["frequency"] == VOIDS))
    original = (dead & ~before) | rows["claim_id"].isin(unprocessable(facts.counted))
    rows["action"] = rows["action"].mask(voids, VOID).mask(~voids, CORRECT)
    rows["frequency"] = pd.Series(REPLACES, rows.index).mask(original, building.ORIGINAL).mask(voids, VOIDS)
    rows["original_reference"] = newest_number(rows["claim_id"], facts).mask(
        rows["frequency"] == building.ORIGINAL
    )
    waiting = ~dead & ~rows["state"].isin(DECIDED)
    unknown = (rows["frequency"] != building.ORIGINAL) & rows["original_reference"].isna()
    open_ = ~voids & rows["claim_id"].isin(_with_open_encounters(facts))
    rows["reason"] = pd.Series(
        np.select([waiting, unknown, open_], ["AWAITING_ANSWER", "NUMBER_UNKNOWN", "ENCOUNTER_OPEN"], ""),
        rows.index,
    ).replace("", None)
    return shapes.conform(rows, OUTLOOK)


def unprocessable(counted: pd.DataFrame) -> set[str]:
    """Claims all of whose answers say that the payer never decided: a new original, and no replacement (MA130)."""
    never = (counted["action"] == UNPROCESSABLE).groupby(counted["claim_id"]).all()
    return set(never.index[never])


def newest_number(claim_ids: pd.Series[str], facts: Facts) -> pd.Series[str]:
    """CLP07 of the newest decision about each claim, or about the nearest one it replaces that has any.

    A 277CA's number is not enough: it stands for a claim that nobody has decided about.
    """
    numbers = facts.decided.dropna(subset="payer_control").set_index("claim_id")["payer_control"]
    parents = facts.claims.dropna(subset="replaces_claim_id").set_index("claim_id")["replaces_claim_id"]
    claim, found = claim_ids, claim_ids.map(numbers)
    while (found.isna() & claim.notna()).any():
        claim = claim.map(parents)
        found = found.fillna(claim.map(numbers))
    return found.astype("str")


def _with_open_encounters(facts: Facts) -> set[str]:
    """Claims with an encounter whose newest version is not charged yet."""
    charged = facts.encounters["row_id"].isin(facts.charges["encounter_row_id"])
    open_ = facts.encounters.loc[~charged, "encounter_id"]
    return set(facts.claim_lines.loc[facts.claim_lines["encounter_id"].isin(open_), "claim_id"])


def ready_for(plan: pd.DataFrame, action: str, coordinated: bool | None = None) -> pd.DataFrame:
    """Rows of a plan that may go, of one action, and of claims to later payers or of the others where it is said."""
    rows = plan[plan["reason"].isna() & (plan["action"] == action)]
    return rows if coordinated is None else rows[rows["coordinated"] == coordinated]


def amendable(plan: pd.DataFrame, facts: Facts) -> set[str]:
    """Encounters that may be charged anew although their claim stands: it is about to be replaced."""
    may = plan[
        (plan["action"] == CORRECT)
        & ~plan["coordinated"]
        & (plan["reason"].isna() | (plan["reason"] == "ENCOUNTER_OPEN"))
    ]
    lines = facts.claim_lines
    return set(lines.loc[lines["claim_id"].isin(may["claim_id"]), "encounter_id"])


def of_claims(plan: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Charge lines that the replacements are built of, with ``replaced`` and ``attempt`` of the claim they are for.

    Of an encounter that was not changed these are the lines that stood on the claim, of a changed one all that it
    has now.
    """
    ready = ready_for(plan, CORRECT, coordinated=False)
    lines = facts.claim_lines[facts.claim_lines["claim_id"].isin(ready["claim_id"])]
    pairs = lines[["claim_id", "encounter_id"]].drop_duplicates()
    charges = facts.charges.merge(pairs, on="encounter_id")
    stood = charges["charge_id"].isin(facts.claim_lines["charge_id"])
    here = (charges["claim_id"] + " " + charges["charge_id"]).isin(
        lines["claim_id"] + " " + lines["charge_id"]
    )
    attempts = facts.claims.set_index("claim_id")["attempt"]
    kept = charges[here | ~stood].rename(columns={"claim_id": "replaced"})
    return kept.assign(attempt=kept["replaced"].map(attempts)).drop_duplicates("charge_id")


@dataclass(frozen=True)
class Made:
    """New claims and lines in the ledger's columns, and what could not be made, columns `WAITING`.

    ``authorized`` are the charges that were built of with their authorization, which may be newer than the charge.
    """

    claims: pd.DataFrame
    lines: pd.DataFrame
    waits: pd.DataFrame
    authorized: pd.DataFrame = field(default_factory=lambda: shapes.empty(AUTHORIZED))


def replacements(
    plan: pd.DataFrame,
    charges: pd.DataFrame,
    facts: Facts,
    *,
    id_key: str,
    masters: Masters,
    practice_window_days: int,
    built_on: date,
) -> Made:
    """The claims that replace the old ones; `charges` as `of_claims`, with the ``part2`` flag.

    They are built as any claim is, from what is on file now. One that does not come out as one claim to the same
    payer, or that would say what the old one said, is not made.
    """
    ready = ready_for(plan, CORRECT, coordinated=False)
    built = building.build(
        charges.drop(columns=["replaced", "attempt"]),
        id_key=id_key,
        masters=masters,
        practice_window_days=practice_window_days,
        built_on=built_on,
        attempts=charges[["charge_id", "attempt"]].assign(claim_id=charges["replaced"]),
    )
    reasons = _reasons(ready, built, facts)
    refused = ready.assign(reason=ready["claim_id"].map(reasons))
    good = built.claims[built.claims["replaces_claim_id"].isin(set(ready["claim_id"]) - set(reasons))]
    told = ready.set_index("claim_id")[["frequency", "original_reference"]].reindex(good["replaces_claim_id"])
    original = (told["frequency"] == building.ORIGINAL).to_numpy(dtype=bool)
    claims = good.assign(
        frequency=good["frequency"].where(original, told["frequency"].to_numpy()),
        original_reference=told["original_reference"].to_numpy(),
        coordinates=None,
        cause="correction",
    )
    lines = built.lines[built.lines["claim_id"].isin(claims["claim_id"])]
    claims, lines = identified(claims, lines, id_key)
    return Made(claims, lines, shapes.conform(refused.dropna(subset="reason"), WAITING))


def nothing(waits: pd.DataFrame) -> Made:
    """No claim, and why."""
    return Made(
        shapes.empty(building.CLAIMS), shapes.empty(building.CLAIM_LINES), shapes.conform(waits, WAITING)
    )


def _reasons(ready: pd.DataFrame, built: building.Built, facts: Facts) -> dict[str, str]:
    """Why a request cannot be met by what was built, by the claim to be replaced."""
    made = built.claims.drop_duplicates("replaces_claim_id").set_index("replaces_claim_id")
    count = built.claims.groupby("replaces_claim_id").size()
    old = facts.claims.set_index("claim_id").loc[ready["claim_id"]]
    new = made.reindex(old.index)
    same = pd.Series(True, index=old.index)
    for name in COMPARED:
        same &= (old[name] == new[name]).fillna(False) | (old[name].isna() & new[name].isna())
    same &= _charged(facts.claim_lines, old.index) == _charged(built.lines, new["claim_id"], old.index)
    again = ready.set_index("claim_id")["again"].reindex(old.index).fillna(False).astype(bool)
    known = [
        new["claim_id"].isna(),
        count.reindex(old.index) > 1,
        old["payer_id"] != new["payer_id"],
        same & ~again,
    ]
    names = ["MASTERS_MISSING", "SPLITS", "OTHER_PAYER", "NOTHING_CHANGED"]
    found = np.select([part.fillna(False).to_numpy(dtype=bool) for part in known], names, "")
    return {claim: reason for claim, reason in zip(old.index, found, strict=True) if reason}


def _charged(lines: pd.DataFrame, claim_ids: Iterable[str], index: pd.Index | None = None) -> pd.Series[str]:
    """The charges of each claim as one text."""
    texts = lines.sort_values("charge_id").groupby("claim_id")["charge_id"].agg(" ".join)
    keys = pd.Index(claim_ids)
    return pd.Series(texts.reindex(keys).fillna("").to_numpy(), index=keys if index is None else index)


def voids(plan: pd.DataFrame, facts: Facts, *, id_key: str, built_on: date) -> Made:
    """Voids: the claim as it was sent, line by line and with the same versions of everything, as frequency 8."""
    ready = ready_for(plan, VOID)
    old = facts.claims[facts.claims["claim_id"].isin(ready["claim_id"])]
    told = ready.set_index("claim_id")["original_reference"].reindex(old["claim_id"])
    claims = old.assign(
        frequency=VOIDS,
        original_reference=told.to_numpy(),
        replaces_claim_id=old["claim_id"],
        attempt=old["attempt"] + 1,
        cause="void",
        built_on=pd.Timestamp(built_on),
    )
    lines = facts.claim_lines[facts.claim_lines["claim_id"].isin(old["claim_id"])]
    claims, lines = identified(claims, lines, id_key)
    return Made(claims, lines, shapes.empty(WAITING))


def identified(claims: pd.DataFrame, lines: pd.DataFrame, id_key: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The claims and their lines under ids of their own, made of what they say and to whom.

    `lines` still bear the ``claim_id`` of `claims` as given. The same claim built again has the same id.
    """
    ordered = lines.sort_values(["claim_id", "position"])
    charges = ordered.groupby("claim_id")["charge_id"].agg(list)
    parts = ["frequency", "payer_order", "payer_id", "attempt", "replaces_claim_id", "coordinates"]
    said = claims.reindex(columns=[*parts, "claim_id"])
    new = {
        old: opaque(id_key, "C", frequency, order, payer, int(attempt), replaces, coordinates, *charges[old])
        for frequency, order, payer, attempt, replaces, coordinates, old in said.itertuples(
            index=False, name=None
        )
    }
    named = ordered.assign(claim_id=ordered["claim_id"].map(new))
    named["line_id"] = [
        opaque(id_key, "L", claim_id, charge_id)
        for claim_id, charge_id in zip(named["claim_id"], named["charge_id"], strict=True)
    ]
    return claims.assign(claim_id=claims["claim_id"].map(new)), named
