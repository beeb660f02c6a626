"""A history's own account of its provider adjustments against what the take-backs make of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from connectors.sources.history import Truth

Place = tuple[str, int]


def untrue(
    parts: pd.DataFrame, remittances: pd.DataFrame, remitted_claims: pd.DataFrame, truths: Iterable[Truth]
) -> list[str]:
    """What `parts` says and is not so, or leaves unsaid although the files tell it; nothing where all is true.

    What a file does not tell may be left as work: a link that is wrong counts always, one that is missing only where
    the truth is `told`.
    """
    trace = dict(zip(remittances["remittance_id"], remittances["trace"], strict=True))
    place = {
        adjustment: (trace[remittance], int(position))
        for adjustment, remittance, position in parts[
            ["adjustment_id", "remittance_id", "position"]
        ].itertuples(index=False, name=None)
    }
    control = dict(zip(remitted_claims["remitted_claim_id"], remitted_claims["claim_control"], strict=True))
    known = {(truth.trace, truth.position): truth for truth in truths}
    found = [f"{at}: not in the history" for at in set(place.values()) - set(known)]
    found += [f"{at}: not in the ledger" for at in set(known) - set(place.values())]
    for adjustment, rows in parts.groupby("adjustment_id"):
        if truth := known.get(place[str(adjustment)]):
            found += [
                f"{truth.trace} {truth.position} {truth.code}: {what}"
                for what in _wrong(rows, truth, place, control)
            ]
    return found


def _wrong(rows: pd.DataFrame, truth: Truth, place: dict[str, Place], control: dict[str, str]) -> list[str]:
    pairs: Counter[Place] = Counter()
    paired = rows[rows["partner_id"].notna()]
    for partner, cents in paired[["partner_id", "amount_cents"]].itertuples(index=False, name=None):
        pairs[place[partner]] += cents
    want: Counter[Place] = Counter()
    for trace, position, cents in truth.pairs:
        want[trace, position] += cents
    found = [
        f"paired with {partner}"
        for partner in pairs
        if partner not in want or pairs[partner] != want[partner]
    ]
    named = {control[one] for one in rows["remitted_claim_id"].dropna()}
    found += [f"linked to {claim}" for claim in named - truth.claims]
    if truth.told:
        found += [f"not paired with {partner}" for partner in set(want) - set(pairs)]
        found += ["not linked to its claim"] if truth.claims and not named and truth.code != "FB" else []
        if (left := int(rows["unexplained_cents"].sum())) != truth.open_cents:
            found.append(f"{left} cents unexplained, {truth.open_cents} are")
    return found
