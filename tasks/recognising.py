"""Stage: recognise which of our claims remitted claims answer, and make the journal say what follows.

Runs after everything that teaches something: new remittances, new claims, 277CAs, a person's word. What was unknown
is posted; what turns out to be another claim's, or is contradicted by a second remittance under the same trace, is
withdrawn by the opposite entries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import pandas as pd

from connectors.ledger import Ledger, Transaction
from tasks import adopting, patients, periods, quarantining
from tasks.billing import matching, posting
from tasks.billing.adoption import ADOPTED
from tasks.billing.context import among, beside
from tasks.billing.prior_payers import carried
from tasks.billing.remittances import ANSWERED, CONFLICT, RemittanceFacts, conflicts, rivals, without
from tasks.door import log, settings_and_ledger, stage
from tasks.moment import Moment, Reads
from tasks.portions import AGAIN, portions

FACTS = ("remittances", "remitted_claims", "remitted_lines", "remitted_adjustments", "provider_adjustments")
# What a remitted claim was recognised by and may be recognised otherwise when more is known.
UNSETTLED = ("payer_control", "line_control")


@stage("recognise answers")
def recognise_answers() -> dict[str, int]:
    """Look again at every remitted claim that is not recognised, or only by what may change; then post."""
    _, ledger = settings_and_ledger()
    counts = recognise_portions(ledger)
    log.info("recognise answers: %s", counts)
    return counts


def recognise_portions(ledger: Ledger, adopts: Collection[str] = ()) -> dict[str, int]:
    """`recognise` with a transaction a portion; of remittances that it `adopts`, what is nobody's claim is adopted."""

    def look(remittance_ids: list[str], doubtful: pd.DataFrame) -> dict[str, int]:
        with ledger.transaction() as tx:
            return _look_again(tx, remittance_ids, doubtful, adopts)

    counts = _rounds(ledger, look)
    with ledger.transaction() as tx:
        counts["posted"] += patients.settle(tx)
    return counts


def prepared(
    ledger: Reads, found: RemittanceFacts, disputed: Collection[str], adopt: bool = False
) -> tuple[RemittanceFacts, pd.DataFrame]:
    """New remittances matched to our claims, and the journal entries of those that are not in dispute.

    With `adopt` every number that is none of ours becomes an adopted claim (`tasks.billing.adoption`); without, only
    answers to claims that were adopted before join them.
    """
    known = taught(ledger, found.remitted_claims)
    ours = _concerned(ledger, found.remitted_claims, found.remitted_lines, known)
    claims, lines = matching.match(
        found.remitted_claims, found.remitted_lines, ours.claims, ours.claim_lines, known
    )
    claims = adopting.joined(ledger, claims, adopt)
    found = replace(found, remitted_claims=claims, remitted_lines=lines)
    live = without(found, disputed)
    return found, entries({name: getattr(live, name) for name in FACTS}, ours)


def contradicting(ledger: Reads, found: RemittanceFacts, existing: pd.DataFrame) -> pd.DataFrame:
    """Quarantine rows for remittances, new or `existing`, that contradict each other, see `remittances.conflicts`."""
    ids, claims = rivals(found.remittances, existing), found.remitted_claims
    told = claims.loc[claims["remittance_id"].isin(ids), ["remittance_id", *ANSWERED]]
    stored = ids - set(told["remittance_id"])
    if stored:
        more = ledger.read("remitted_claims", {"remittance_id": sorted(stored)}, ["remittance_id", *ANSWERED])
        told = pd.concat([told, more], ignore_index=True)
    return conflicts(found.remittances, existing, told)


def store(
    tx: Transaction,
    found: RemittanceFacts,
    made: pd.DataFrame,
    waiting: pd.DataFrame,
    disputed: Collection[str],
) -> dict[str, int]:
    """Store prepared remittances and their entries, what waits in quarantine, and what a dispute takes back."""
    counts = {"remittances": tx.add("remittances", found.remittances)}
    for name in FACTS[1:]:
        tx.add(name, getattr(found, name))
    counts["postings"] = tx.add("journal", periods.booked(tx, made))
    counts["new_quarantine"] = tx.add("quarantine", waiting)
    counts["postings"] += adopting.store(tx, found, made, held(tx))
    settle(tx, disputed)
    tx.add("remittance_sources", found.sources)
    return counts


def recognise(tx: Transaction) -> dict[str, int]:
    """Match again what is open, settle the remittances that this, or a conflict, concerns, and the patients' money."""
    counts = _rounds(tx, lambda remittance_ids, doubtful: _look_again(tx, remittance_ids, doubtful))
    return counts | {"posted": counts["posted"] + patients.settle(tx)}


def _rounds(ledger: Reads, look: Callable[[list[str], pd.DataFrame], dict[str, int]]) -> dict[str, int]:
    """Look at all that is open, a portion at a time, until a round changes nothing.

    What is sure is so after the first round, whatever else is known; what that teaches of the payer's numbers is used
    everywhere after the second.
    """
    counts = Counter(recognised=0, posted=0)
    while True:
        doubtful = adopting.doubtful(ledger)
        open_ = _open(ledger, doubtful)
        found = Counter(recognised=0, posted=0)
        for portion in portions(open_["claims"], AGAIN):
            found.update(look(open_["remittance_id"].iloc[portion].tolist(), doubtful))
        counts.update(found)
        if not found["recognised"]:
            return dict(counts)


def _open(ledger: Reads, doubtful: pd.DataFrame) -> pd.DataFrame:
    """Remittances (remittance_id, claims) with a claim to be looked at again, or in dispute."""
    columns = ["remittance_id"]
    told = {"remitted_claim_id": assigned(ledger)["remitted_claim_id"].tolist()}
    ids = {
        *ledger.read("remitted_claims", {"matched_by": [None, *UNSETTLED]}, columns)["remittance_id"],
        *ledger.read("remitted_claims", told, columns)["remittance_id"],
        *_conflicts(ledger)["subject_id"],
        *doubtful["remittance_id"],
    }
    return ledger.read("remittances", {"remittance_id": sorted(ids)}, ["remittance_id", "claims"])


def _look_again(
    tx: Transaction, remittance_ids: list[str], doubtful: pd.DataFrame, adopts: Collection[str] = ()
) -> dict[str, int]:
    """What `_open` named of these remittances, matched and posted as what is known now demands."""
    said = assigned(tx)
    which = {"remittance_id": remittance_ids}
    open_ = tx.read("remitted_claims", where=which | {"matched_by": [None, *UNSETTLED]})
    named = [
        *said["remitted_claim_id"],
        *doubtful["remitted_claim_id"][doubtful["remittance_id"].isin(remittance_ids)],
    ]
    told = tx.read("remitted_claims", where=which | {"remitted_claim_id": named})
    before = pd.concat([open_, told], ignore_index=True).drop_duplicates(
        "remitted_claim_id", ignore_index=True
    )
    changed, left = _match_again(tx, before, said, adopts) if len(before) else (set(), set())
    disputed = {*_conflicts(tx)["subject_id"]} & {*remittance_ids}
    return {"recognised": len(changed), "posted": settle(tx, changed | disputed, left)}


def _match_again(
    tx: Transaction, before: pd.DataFrame, said: pd.DataFrame, adopts: Collection[str]
) -> tuple[set[str], set[str]]:
    """Match these remitted claims as if they had come now.

    Returns the remittances where something is another now, and the adopted claims that answers left.
    """
    lines = tx.read("remitted_lines", where={"remittance_id": before["remittance_id"].unique().tolist()})
    lines = lines[lines["remitted_claim_id"].isin(before["remitted_claim_id"])].reset_index(drop=True)
    said = said[said["remitted_claim_id"].isin(before["remitted_claim_id"])]
    known = taught(tx, before)
    ours = _concerned(tx, before, lines, known, said)
    found, found_lines = matching.match(before, lines, ours.claims, ours.claim_lines, known, said)
    found = adopting.joined(tx, found, found["remittance_id"].isin(adopts))
    adopted = found.loc[found["matched_by"] == ADOPTED, ["claim_id", "claim_control"]]
    tx.add("adopted_claims", adopted.rename(columns={"claim_id": "adopted_id"}).drop_duplicates("adopted_id"))
    changed = found[_differs(before, found, "claim_id") | _differs(before, found, "matched_by")]
    changed_lines = found_lines[_differs(lines, found_lines, "line_id")]
    tx.settle("remitted_claims", changed[["remitted_claim_id", "claim_id", "matched_by"]])
    tx.settle("remitted_lines", changed_lines[["remitted_line_id", "line_id"]])
    left = before.loc[before["matched_by"] == ADOPTED, "claim_id"]
    return {*changed["remittance_id"], *changed_lines["remittance_id"]}, {*left} - {*found["claim_id"]}


def _concerned(
    ledger: Reads,
    claims: pd.DataFrame,
    lines: pd.DataFrame,
    known: pd.DataFrame,
    said: pd.DataFrame | None = None,
) -> posting.Ours:
    """The claims of ours that these remitted claims may answer: all others need not be read."""
    named = claims["claim_control"].dropna()
    found = ledger.read("claims", where={"claim_id": named.unique().tolist()})
    lost = claims.loc[~among(claims["claim_control"], found["claim_id"]), "remitted_claim_id"]
    controls = lines.loc[among(lines["remitted_claim_id"], lost), "line_control"].dropna().unique().tolist()
    owners = ledger.read("claim_lines", where={"line_id": controls}, columns=["claim_id"])["claim_id"]
    more = {*known["claim_id"], *owners, *([] if said is None else said["claim_id"].dropna())}
    more -= set(found["claim_id"])
    if more:
        others = ledger.read("claims", where={"claim_id": sorted(more)})
        found = pd.concat([found, others], ignore_index=True)
    return _ours(ledger, found)


def _ours(ledger: Reads, claims: pd.DataFrame) -> posting.Ours:
    """These claims with their lines, and whose the policy is that comes next."""
    which = {"coverage_id": claims["secondary_coverage_id"].dropna().unique().tolist()}
    policies = ledger.read("coverages", which, ["coverage_id", "version", "payer_id"])
    first = (
        policies.sort_values("version").drop_duplicates("coverage_id").set_index("coverage_id")["payer_id"]
    )
    named = claims.assign(
        next_payer_id=beside(claims["secondary_coverage_id"], first),
        prior_patient_cents=_left_to_patient(ledger, claims),
    )
    return posting.Ours(named, ledger.read("claim_lines", where={"claim_id": claims["claim_id"].tolist()}))


def _left_to_patient(ledger: Reads, claims: pd.DataFrame) -> pd.Series[int]:
    """What the answers that claims to later payers carry left to the patient; missing where they carry none."""
    pairs = carried(claims)
    if pairs.empty:
        return pd.Series(pd.NA, index=claims.index, dtype="Int64")
    which = {"remitted_claim_id": pairs["remitted_claim_id"].unique().tolist()}
    answers = ledger.read("remitted_claims", where=which)
    earlier = {"claim_id": answers["claim_id"].dropna().unique().tolist()}
    paid = {"remittance_id": answers["remittance_id"].unique().tolist()}
    posted = posting.answered(
        ledger.read("remittances", where=paid),
        answers,
        ledger.read("remitted_lines", where=which),
        ledger.read("remitted_adjustments", where=which),
        _ours(ledger, ledger.read("claims", where=earlier)),
    )
    patient = posted[posted["account"] == posting.PATIENT].groupby("remitted_claim_id")["amount_cents"].sum()
    left = beside(pairs["remitted_claim_id"], patient).astype("Int64").fillna(0)
    sums = left.groupby(pairs["claim_id"]).sum().clip(lower=0)
    return beside(claims["claim_id"], sums).astype("Int64")


def _differs(one: pd.DataFrame, other: pd.DataFrame, column: str) -> pd.Series[bool]:
    differs: pd.Series[bool] = one[column].fillna("") != other[column].fillna("")
    return differs


def settle(tx: Transaction, remittance_ids: Collection[str], left: Collection[str] = ()) -> int:
    """Make the journal say what these stored remittances should say; returns how many entries that took.

    So it does with the adopted claims that they answer, and with those that their answers `left`.
    """
    if not remittance_ids:
        return 0
    which = {"remittance_id": sorted(remittance_ids)}
    journal = tx.read("journal", where=which)
    entries = posting.changes(journal, wanted(tx, which))
    adopted = tx.read("remitted_claims", which | {"matched_by": ADOPTED}, ["claim_id"])["claim_id"]
    return tx.add("journal", periods.booked(tx, entries)) + adopting.settle(tx, {*adopted, *left}, held(tx))


def wanted(tx: Reads, which: dict[str, list[str]]) -> pd.DataFrame:
    """What these remittances should post, those that are in dispute left out."""
    out = held(tx)
    live = [one for one in which["remittance_id"] if one not in out]
    found = {name: tx.read(name, where={"remittance_id": live}) for name in FACTS}
    ours = tx.read(
        "claims", where={"claim_id": found["remitted_claims"]["claim_id"].dropna().unique().tolist()}
    )
    return entries(found, _ours(tx, ours))


def entries(facts: Mapping[str, pd.DataFrame], ours: posting.Ours) -> pd.DataFrame:
    """Everything that matched remittances post; `facts` are the ledger's tables by name."""
    remittances, claims, lines, adjustments, provider = (facts[name] for name in FACTS)
    received = posting.received(remittances, claims, provider)
    answered = posting.answered(remittances, claims, lines, adjustments, adopting.beside(ours, claims))
    return pd.concat([received, answered], ignore_index=True)


def taught(ledger: Reads, remitted_claims: pd.DataFrame) -> pd.DataFrame:
    """What stored sure answers and 277CAs taught of the payer's numbers of these remitted claims."""
    which = {"payer_control": remitted_claims["payer_control"].dropna().unique().tolist()}
    return matching.taught(
        ledger.read("remitted_claims", which, ["payer_control", "claim_id", "matched_by"]),
        ledger.read("acknowledgments", which, ["payer_control", "claim_id"]),
    )


def assigned(ledger: Reads) -> pd.DataFrame:
    """What people said last of each remitted claim."""
    said, columns = ledger.read("assignments"), ["remitted_claim_id", "claim_id"]
    if said.empty:
        return said[columns]
    said = said.sort_values(["remitted_claim_id", "sequence"])
    return said.drop_duplicates("remitted_claim_id", keep="last")[columns]


def held(ledger: Reads) -> set[str]:
    """Remittances that another one contradicts and no person has released: they are facts and post nothing."""
    found = ledger.worked_out(_held) if isinstance(ledger, Moment) else _held(ledger)
    return set(found["subject_id"])


def _held(ledger: Reads) -> pd.DataFrame:
    rows = _conflicts(ledger)
    if rows.empty:  # as nearly always
        return rows[["subject_id"]]
    rows = rows.merge(quarantining.decisions(ledger), on="quarantine_id", how="left")
    return rows.loc[rows["action"] != "release", ["subject_id"]]


def live(ledger: Reads, name: str, columns: list[str] | None = None) -> pd.DataFrame:
    """A remittance table without what is in dispute."""
    out = held(ledger)
    wanted = None if columns is None else list({"remittance_id": None, **dict.fromkeys(columns)})
    rows = ledger.read(name, columns=wanted)
    rows = rows[~rows["remittance_id"].isin(out)].reset_index(drop=True) if out else rows
    return rows if columns is None else rows[columns]


def _conflicts(ledger: Reads) -> pd.DataFrame:
    return ledger.read("quarantine", where={"expectation": CONFLICT})
