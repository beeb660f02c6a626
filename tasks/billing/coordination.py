"""Coordination of benefits: what one payer left goes to the next one, with what was decided before.

A claim to a later payer (SBR01 = S, after it T) carries the same lines and, line by line, what each earlier payer paid
and adjusted. It is due once the payer before has decided, the person has a further policy, and something is left for
it: a patient's share, or a denial that names another payer. Denials that are somebody's work wait until they are
done, for what they change would put the next claim out of date.

It is not due where the payer passed the claim on itself (CLP02 19 to 21, MA07, MA18): a second copy is denied as a
duplicate (N522), so the crossover is waited for, until a person says that the next payer does not have it.

Which answers a claim carries is a fact of it (``coordinates``). When those that count are others by now (a reversal,
a correction, a primary claim that was itself replaced), the claim is out of date, and a person replaces it.

Source: dossier 4.2 (V:S49, S24 RFI 1535), clp02_status.tsv, costly mistake 21.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from tasks.billing import claims as building
from tasks.billing import custody, evidence, shapes
from tasks.billing.context import Masters, beside
from tasks.billing.corrections import (
    COMPARED,
    CORRECT,
    VOIDS,
    WAITING,
    Facts,
    Made,
    identified,
    ready_for,
)
from tasks.billing.denials import BILLS
from tasks.billing.visits import covers

NEXT = {"P": "S", "S": "T"}
# Actions on a line that leave it to whoever comes next.
NEXT_PAYER = BILLS | {"bill_other_payer"}

# ``claim_id`` is the claim of the payer before; the rest says what the new one is.
DUE = shapes.shape(
    "claim_id coverage_id coordinates replaces_claim_id attempt:int frequency original_reference again:flag"
)
OUT_OF_DATE = shapes.shape("claim_id state")


def due(facts: Facts, worked: set[str], let_go: set[str]) -> pd.DataFrame:
    """Claims whose next payer is to be billed for the first time, columns `DUE`.

    `worked` are remitted lines whose denial a person has closed or written off, `let_go` claims of which a
    person says that they did not cross over.
    """
    rows = _standing(facts)
    crossed = (rows["state"] == "crossed_over") & rows["claim_id"].isin(let_go)
    rows = rows[rows["state"].isin(custody.ANSWERED) | crossed]
    rows = rows[rows["payer_order"].isin(list(NEXT)) & rows["secondary_coverage_id"].notna()]
    left, blocked = _left(facts.counted, worked)
    rows = rows[rows["claim_id"].isin(left - blocked)]
    later = rows["payer_order"].map(NEXT) + " "
    taken = _pairs(facts)
    own = facts.claim_lines[["claim_id", "encounter_id"]].merge(
        rows[["claim_id"]].assign(later=later), on="claim_id"
    )
    billed = own.loc[(own["later"] + own["encounter_id"]).isin(taken), "claim_id"]
    rows = rows[~rows["claim_id"].isin(billed)]
    return shapes.conform(
        rows.assign(
            coverage_id=rows["secondary_coverage_id"],
            coordinates=rows["told"],
            replaces_claim_id=None,
            attempt=1,
            frequency=building.ORIGINAL,
            original_reference=None,
            again=False,
        ),
        DUE,
    )


def _standing(facts: Facts) -> pd.DataFrame:
    """Claims that no other took the place of, with their state and the answers they ``told`` so far."""
    states = facts.claim_states[["claim_id", "state"]]
    rows = facts.claims.merge(states, on="claim_id")
    rows = rows[~rows["state"].isin(custody.OVER) & (rows["frequency"] != VOIDS)]
    return rows.assign(told=_told(rows, facts.counted))


def _told(claims: pd.DataFrame, counted: pd.DataFrame) -> pd.Series[str]:
    """The answers that a claim to the next payer would carry: those of earlier payers, and the claim's own."""
    valid = counted[counted["status"] != evidence.REVERSAL]
    unique = valid[["claim_id", "remitted_claim_id"]].drop_duplicates().sort_values("remitted_claim_id")
    own = unique.groupby("claim_id")["remitted_claim_id"].agg(" ".join)
    both = claims["coordinates"].fillna("") + " " + beside(claims["claim_id"], own).fillna("")
    return both.str.split().map(lambda ids: " ".join(sorted(set(ids)))).astype("str")


def passing(counted: pd.DataFrame, worked: set[str]) -> set[str]:
    """Answered claims that left something to the next payer, or may: a denial is still somebody's work.

    `counted` are the verdicts that count (``evidence.counted``), `worked` as in `due`.
    """
    left, blocked = _left(counted, worked)
    return left | blocked


def _left(counted: pd.DataFrame, worked: set[str]) -> tuple[set[str], set[str]]:
    """Claims that left something to the next payer, and claims with a denial that is still somebody's work."""
    lines = counted[counted["status"] != evidence.REVERSAL]
    passed = lines["action"].isin(NEXT_PAYER)
    share = lines[["patient_cents", "claim_patient_cents"]].fillna(0).max(axis=1) > 0
    denied = lines["denied"].astype("boolean").fillna(False).astype(bool)
    subject = lines["remitted_line_id"].fillna(lines["remitted_claim_id"])
    blocked = denied & ~passed & ~subject.isin(worked)
    given = share | (denied & passed) | (lines["action"] == "bill_next_payer")
    return set(lines.loc[given, "claim_id"]), set(lines.loc[blocked, "claim_id"])


def _pairs(facts: Facts) -> set[str]:
    """``order encounter`` of every claim: who was billed for what, whatever came of it."""
    lines = facts.claim_lines[["claim_id", "encounter_id"]].merge(
        facts.claims[["claim_id", "payer_order"]], on="claim_id"
    )
    return set(lines["payer_order"] + " " + lines["encounter_id"])


def _before(later: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """For each claim to a later payer the claims of the payer before: ``later``, and their own columns."""
    standing = _standing(facts)
    previous = later["payer_order"].map({after: order for order, after in NEXT.items()})
    own = facts.claim_lines[["claim_id", "encounter_id"]].merge(
        later[["claim_id"]].assign(payer_order=previous), on="claim_id"
    )
    pairs = own.rename(columns={"claim_id": "later"}).merge(
        facts.claim_lines[["claim_id", "encounter_id"]].merge(standing, on="claim_id"),
        on=["encounter_id", "payer_order"],
    )
    return pairs.drop_duplicates(["later", "claim_id"])


def again(plan: pd.DataFrame, facts: Facts) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Claims to later payers that a person wants corrected or sent again: (`DUE`, `WAITING`).

    They are built anew from what the payer before says by now.
    """
    ready = ready_for(plan, CORRECT, coordinated=True)
    named = ready.rename(columns={"claim_id": "later"})
    heads = facts.claims[["claim_id", "coverage_id", "attempt"]].rename(columns={"claim_id": "later"})
    named = named.drop(columns=["state", "coordinated"]).merge(heads, on="later")
    before = _before(facts.claims[facts.claims["claim_id"].isin(ready["claim_id"])], facts)
    count = before.groupby("later").size()
    open_ = before.loc[~before["state"].isin([*custody.ANSWERED, "crossed_over"]), "later"]
    reason = pd.Series(None, index=named.index, dtype="str")
    reason = reason.mask(beside(named["later"], count).fillna(0) > 1, "SPLITS")
    reason = reason.mask(
        named["later"].isin(open_) | ~named["later"].isin(before["later"]), "AWAITING_PRIMARY"
    )
    found = named.assign(reason=reason).merge(
        before[["later", "claim_id", "told"]].drop_duplicates("later"), on="later", how="left"
    )
    rows = found[found["reason"].isna()].assign(attempt=found["attempt"] + 1)
    rows = rows.rename(columns={"later": "replaces_claim_id", "told": "coordinates"})
    waits = found.dropna(subset="reason").assign(claim_id=found["later"])
    return shapes.conform(rows, DUE), shapes.conform(waits, WAITING)


def out_of_date(facts: Facts) -> pd.DataFrame:
    """Claims to later payers that carry other answers than those that count by now, columns `OUT_OF_DATE`."""
    later = _standing(facts)
    later = later[later["coordinates"].notna() & ~later["state"].isin(custody.REJECTED)]
    before = _before(later, facts)
    told = before.groupby("later")["told"].agg(
        lambda each: " ".join(sorted({i for t in each for i in t.split()}))
    )
    now = beside(later["claim_id"], told)
    stale = later[(now.notna() & (now != later["coordinates"])).astype(bool)]
    return shapes.conform(stale, OUT_OF_DATE)


def claims_of(rows: pd.DataFrame, facts: Facts, *, id_key: str, masters: Masters, built_on: date) -> Made:
    """The claims that `rows` (`DUE`) ask for: the payer before's claim and lines under the next policy.

    What person, policy and clinicians say is taken from what is on file now. An authorization is the payer's own that
    gave it, so none is carried over.
    """
    old = rows.rename(columns={"claim_id": "source"}).merge(
        facts.claims.drop(columns=list(DUE)[1:], errors="ignore"), left_on="source", right_on="claim_id"
    )
    policies = masters.coverages.drop_duplicates("coverage_id", keep="last").set_index("coverage_id")
    on_file = {
        "patient_row_id": _version(masters.patients, "patient_id", old["patient_id"]),
        "coverage_row_id": beside(old["coverage_id"], policies["row_id"]),
        "payer_id": beside(old["coverage_id"], policies["payer_id"]),
        "rendering_row_id": _version(masters.providers, "provider_id", old["rendering_id"]),
        "supervising_row_id": _version(masters.providers, "provider_id", old["supervising_id"]),
    }
    order = old["payer_order"].map(NEXT)
    claims = old.assign(
        **on_file,
        payer_row_id=_version(masters.payers, "payer_id", on_file["payer_id"]),
        payer_order=order,
        secondary_coverage_id=_third(old, masters.coverages).where(order == "S"),
        authorization_number=None,
        cause=old["frequency"].map({building.ORIGINAL: "coordination"}).fillna("correction"),
        built_on=pd.Timestamp(built_on),
    )
    lost = (
        claims[["patient_row_id", "coverage_row_id", "payer_row_id", "rendering_row_id"]].isna().any(axis=1)
    )
    reason = pd.Series(None, index=claims.index, dtype="str").mask(
        ~lost & ~claims["again"].astype(bool) & _alike(claims, facts.claims), "NOTHING_CHANGED"
    )
    reason = reason.mask(lost, "MASTERS_MISSING")
    waits = claims.assign(claim_id=claims["replaces_claim_id"], action=CORRECT, reason=reason)
    kept = claims[reason.isna()]
    lines = facts.claim_lines[facts.claim_lines["claim_id"].isin(kept["claim_id"])]
    kept, lines = identified(kept.drop(columns=["source", "again"]), lines, id_key)
    return Made(kept, lines, shapes.conform(waits.dropna(subset=["reason", "claim_id"]), WAITING))


def _version(table: pd.DataFrame, key: str, keys: pd.Series[str]) -> pd.Series[str]:
    """The newest version of the master row with each key."""
    return beside(keys, table.drop_duplicates(key, keep="last").set_index(key)["row_id"])


def _third(claims: pd.DataFrame, coverages: pd.DataFrame) -> pd.Series[str]:
    """The policy that comes third for the person of each claim on its first day; missing where there is none."""
    third = coverages[coverages["priority"] == "T"]
    pairs = claims[["claim_id", "patient_id", "service_from"]].merge(third, on="patient_id")
    active = pairs[covers(pairs["service_from"], pairs["effective_from"], pairs["effective_to"])]
    first = active.sort_values("coverage_id").drop_duplicates("claim_id").set_index("claim_id")
    return beside(claims["claim_id"], first["coverage_id"]).astype("str")


def _alike(new: pd.DataFrame, claims: pd.DataFrame) -> pd.Series[bool]:
    """Whether each new claim says what the one it replaces said; a claim that replaces none is news."""
    old = claims.set_index("claim_id").reindex(new["replaces_claim_id"])
    same = new["replaces_claim_id"].notna()
    for name in (*COMPARED, "coordinates"):
        mine, theirs = new[name], pd.Series(old[name].array, index=new.index)
        same &= ((mine == theirs).fillna(False) | (mine.isna() & theirs.isna())).astype(bool)
    return same
