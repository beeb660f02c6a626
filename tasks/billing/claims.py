"""From charge lines to claims.

A claim is one person's services at one payer, under one policy, by one clinician (and supervisor), at one place, under
one authorization number, within the days that the payer lets share a claim; an 837P holds at most fifty lines and
twelve diagnoses. What belongs together stays together: an add-on with its base, the lines of one encounter (unless
they were authorized under two numbers, which one claim cannot carry). Records of a substance-use programme never
share a claim with others. Charges of a stay go onto an 837I by other rules (``institutional.claims``), and wait until
its period is over.

Building is a function of the charges alone: the same charges in any order give the same claims with the same ids. A
charge that was on a claim before (rejected at the front end, to be sent again) goes onto a new claim that names the
old one, with frequency 1: nobody has adjudicated it yet. Corrections (7, 8) are not built here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pandas as pd

from configs.identity import opaque
from tasks.billing import packing
from tasks.billing.context import Masters
from tasks.billing.institutional import claims as institutional
from tasks.billing.institutional import programmes
from tasks.billing.shapes import conform, empty, shape

FORM = "837P"
ORIGINAL = "1"  # CLM05-3 of a claim no payer has adjudicated

CLAIMS = shape(
    "claim_id form patient_id payer_id coverage_id secondary_coverage_id payer_order rendering_id supervising_id"
    " place_of_service frequency original_reference authorization_number diagnoses charge_cents service_from:day"
    " service_to:day attempt:int replaces_claim_id patient_row_id coverage_row_id payer_row_id rendering_row_id"
    " supervising_row_id part2:flag built_on:day type_of_bill condition_codes patient_status stay_id stay_row_id"
    " attending_id attending_row_id coordinates cause"
)
CLAIM_LINES = shape(
    "line_id claim_id position:int charge_id encounter_id service_date:day code modifiers charge_cents units:int"
    " place_of_service pointers revenue_code"
)
# What a charge of a stay has besides; null on all others.
OF_STAY = ["form", "revenue_code", "type_of_bill", "condition_codes", "stay_id", "level_of_care"]
LEFT = shape("charge_id missing")

Attempts = pd.DataFrame | Mapping[str, tuple[str, int]]


@dataclass(frozen=True)
class Built:
    """`claims` and `lines` as the ledger has them; `left`: charges whose master data is gone, with its table;
    `waiting`: charges of stays whose period is not over (``institutional.claims.WAITING``)."""

    claims: pd.DataFrame
    lines: pd.DataFrame
    left: pd.DataFrame
    waiting: pd.DataFrame


def _of(table: pd.DataFrame, key: str, column: str, wanted: pd.Series) -> pd.Series:
    """`column` of the master rows whose key stands in `wanted`; null where there is none."""
    current = table.drop_duplicates(key, keep="last").set_index(key)[column]
    return pd.Series(current.reindex(pd.Index(wanted)).array, index=wanted.index)


def _with_masters(charges: pd.DataFrame, masters: Masters) -> pd.DataFrame:
    """Charges beside the versions of the master rows they are billed with."""
    policy, payer = charges["coverage_id"], charges["payer_id"]
    charges = _with_stays(charges, masters)
    return charges.assign(
        patient_row_id=_of(masters.patients, "patient_id", "row_id", charges["patient_id"]),
        coverage_row_id=_of(masters.coverages, "coverage_id", "row_id", policy),
        payer_order=_of(masters.coverages, "coverage_id", "priority", policy),
        payer_row_id=_of(masters.payers, "payer_id", "row_id", payer),
        window_days=_of(masters.payers, "payer_id", "date_window_days", payer),
        rendering_row_id=_of(masters.providers, "provider_id", "row_id", charges["rendering_id"]),
        supervising_row_id=_of(masters.providers, "provider_id", "row_id", charges["supervising_id"]),
        authorization_number=_of(
            masters.authorizations, "authorization_id", "number", charges["authorization_id"]
        ),
    )


def _with_stays(charges: pd.DataFrame, masters: Masters) -> pd.DataFrame:
    """Charges with OF_STAY; those of an 837I show the attending clinician that their stay has now."""
    charges = charges.assign(**{name: None for name in OF_STAY if name not in charges})
    of_stay = charges["form"] == programmes.INSTITUTIONAL
    if not of_stay.any():
        return charges.assign(stay_row_id=None, attending_id=None, attending_row_id=None)
    stay = charges["stay_id"].where(of_stay)
    attending = _of(masters.stays, "stay_id", "attending_id", stay)
    return charges.assign(
        stay_row_id=_of(masters.stays, "stay_id", "row_id", stay),
        attending_id=attending,
        attending_row_id=_of(masters.providers, "provider_id", "row_id", attending),
        rendering_id=charges["rendering_id"].mask(of_stay, attending),
    )


def _missing(frame: pd.DataFrame) -> pd.Series:
    """The master table that a charge's row is missing from, '' where all are there."""
    of_stay = frame["form"] == programmes.INSTITUTIONAL
    absent = [
        ("stays", of_stay & frame["stay_row_id"].isna()),
        ("patients", frame["patient_row_id"].isna()),
        ("coverages", frame["coverage_row_id"].isna() | frame["payer_order"].isna()),
        ("payers", frame["payer_row_id"].isna()),
        ("providers", frame["rendering_row_id"].isna()),
        ("providers", frame["supervising_id"].notna() & frame["supervising_row_id"].isna()),
        ("authorizations", frame["authorization_id"].notna() & frame["authorization_number"].isna()),
    ]
    return pd.Series(
        np.select([mask.to_numpy() for _, mask in absent], [n for n, _ in absent], ""), frame.index
    )


def _with_attempts(frame: pd.DataFrame, attempts: Attempts | None) -> pd.DataFrame:
    """Charges beside the newest claim they were on, if any, and the attempt that this one is."""
    if attempts is None:
        earlier = pd.DataFrame({"charge_id": [], "claim_id": [], "attempt": []})
    elif isinstance(attempts, pd.DataFrame):
        earlier = attempts[["charge_id", "claim_id", "attempt"]]
    else:
        rows = [(charge_id, claim_id, attempt) for charge_id, (claim_id, attempt) in attempts.items()]
        earlier = pd.DataFrame(rows, columns=["charge_id", "claim_id", "attempt"])
    newest = earlier.sort_values(["attempt", "claim_id"]).drop_duplicates("charge_id", keep="last")
    newest = newest.set_index("charge_id").reindex(pd.Index(frame["charge_id"]))
    before = pd.to_numeric(newest["attempt"]).fillna(0).to_numpy(dtype=np.int64)
    return frame.assign(replaces_claim_id=newest["claim_id"].astype(object).array, attempt=before + 1)


def _diagnoses(lines: pd.DataFrame, claim: npt.NDArray[np.int64]) -> tuple[list[str], list[str]]:
    """(diagnoses of the claim of each line, pointers of each line into them).

    The claim's list is the union of its lines' lists in order of appearance. Most claims have one list, which stays
    as it is; only where lists differ, or one repeats a code, are pointers counted anew.
    """
    listed = lines["diagnoses"].astype(object)
    repeats = {text: len(set(text.split())) < len(text.split()) for text in listed.unique()}
    mixed = (listed.groupby(claim).transform("nunique") > 1) | listed.map(repeats)
    union, pointers = listed.tolist(), lines["pointers"].astype(object).tolist()
    for _, of_claim in groupby(np.flatnonzero(mixed.to_numpy(dtype=bool)), key=claim.__getitem__):
        rows = list(of_claim)
        own = [union[row].split() for row in rows]
        together = list(dict.fromkeys(code for codes in own for code in codes))
        place = {code: str(number) for number, code in enumerate(together, 1)}
        for row, codes in zip(rows, own, strict=True):
            union[row] = " ".join(together)
            pointers[row] = " ".join(dict.fromkeys(place[codes[int(p) - 1]] for p in pointers[row].split()))
    return union, pointers


def _identities(
    lines: pd.DataFrame, claim: npt.NDArray[np.int64], id_key: str
) -> tuple[list[str], list[str]]:
    """(claim_id, line_id) of each line: keyed digests of what is on the claim, and of the line within it."""
    edges = (
        np.flatnonzero(np.r_[True, claim[1:] != claim[:-1]]) if len(claim) else np.array([], dtype=np.int64)
    )
    charge_ids = lines["charge_id"].tolist()
    heads = lines.iloc[edges]
    ends = [*edges[1:], len(lines)]
    claim_ids: list[str] = []
    for start, end, order, payer, attempt, replaces in zip(
        edges,
        ends,
        heads["payer_order"],
        heads["payer_id"],
        heads["attempt"],
        heads["replaces_claim_id"],
        strict=True,
    ):
        parts = (ORIGINAL, order, payer, int(attempt), replaces, *charge_ids[start:end])
        claim_ids += [opaque(id_key, "C", *parts, length=20)] * int(end - start)
    line_ids = [
        opaque(id_key, "L", claim_id, charge_id, length=20)
        for claim_id, charge_id in zip(claim_ids, charge_ids, strict=True)
    ]
    return claim_ids, line_ids


def _claims(lines: pd.DataFrame, built_on: date) -> pd.DataFrame:
    """One row a claim from its lines: sums, first and last day, and what all lines share."""
    groups = lines.groupby("claim_id", sort=False)
    shared = lines.drop_duplicates("claim_id").set_index("claim_id")
    claims = shared.assign(
        form=shared["form"].fillna(FORM),
        frequency=shared["frequency"].fillna(ORIGINAL),
        charge_cents=groups["charge_cents"].sum(),
        service_from=shared["statement_from"].fillna(groups["service_date"].min()),
        service_to=shared["statement_to"].fillna(groups["service_date"].max()),
        built_on=pd.Timestamp(built_on),
    )
    return conform(claims.reset_index(), CLAIMS)


def build(
    charges: pd.DataFrame,
    *,
    id_key: str,
    masters: Masters,
    practice_window_days: int,
    built_on: date,
    attempts: Attempts | None = None,
    across_months: bool = False,
    stay_days: pd.DataFrame | None = None,
    open_days: pd.DataFrame | None = None,
) -> Built:
    """Claims of charge lines that are to go out.

    `charges`: charge_lines with the ``part2`` flag of their encounter (null is false). `attempts`: earlier claims of
    the charges, columns charge_id, claim_id, attempt, or charge_id -> (claim_id, attempt); the newest counts. The
    payer's ``date_window_days`` wins over the practice's. Claims come by payer, person, day and id; lines by claim
    and position. Charges whose master rows are gone are not billed and come back in `left`. What an 837I is within its
    stay, and when it is due, follows from `stay_days` and `open_days` (``institutional.claims.pack``).

    Raises ValueError where the charges lack the flag or repeat a charge, because either would send a wrong claim.
    """
    if "part2" not in charges.columns:
        raise ValueError("charges need the part2 flag of their encounter")
    if charges["charge_id"].duplicated().any():
        raise ValueError("a charge stands twice among the charges")
    frame = _with_attempts(_with_masters(charges, masters), attempts)
    missing = _missing(frame)
    left = frame[["charge_id"]].assign(missing=missing)[missing != ""].sort_values("charge_id")
    flagged = frame.assign(part2=frame["part2"].astype("boolean").fillna(False).astype(bool))
    billable = flagged[missing == ""]
    if billable.empty:
        return Built(empty(CLAIMS), empty(CLAIM_LINES), conform(left, LEFT), empty(institutional.WAITING))
    lines, claim, waiting = _packed(
        billable, masters, practice_window_days, built_on, across_months, stay_days, open_days
    )
    if lines.empty:
        return Built(empty(CLAIMS), empty(CLAIM_LINES), conform(left, LEFT), waiting)
    diagnoses, pointers = _diagnoses(lines, claim)
    claim_ids, line_ids = _identities(lines, claim, id_key)
    lines = lines.assign(
        diagnoses=diagnoses,
        pointers=pointers,
        claim_id=claim_ids,
        line_id=line_ids,
    )
    lines["position"] = lines.groupby("claim_id", sort=False).cumcount() + 1
    claims = _claims(lines, built_on).sort_values(["payer_id", "patient_id", "service_from", "claim_id"])
    order = pd.Series(np.arange(len(claims)), index=pd.Index(claims["claim_id"]))
    lines = lines.iloc[np.lexsort((lines["position"], order.reindex(pd.Index(lines["claim_id"])).to_numpy()))]
    return Built(claims.reset_index(drop=True), conform(lines, CLAIM_LINES), conform(left, LEFT), waiting)


def _packed(
    billable: pd.DataFrame,
    masters: Masters,
    window_days: int,
    built_on: date,
    across_months: bool,
    stay_days: pd.DataFrame | None,
    open_days: pd.DataFrame | None,
) -> tuple[pd.DataFrame, npt.NDArray[np.int64], pd.DataFrame]:
    """Lines in the order they stand on claims, the number of the claim of each, and the charges that wait."""
    of_stay = billable["form"] == programmes.INSTITUTIONAL
    lines, claim = packing.pack(billable[~of_stay], window_days, across_months)
    # A line may go out under another line's authorization than its own.
    numbers = _of(masters.authorizations, "authorization_id", "number", lines["authorization_id"])
    lines = lines.assign(authorization_number=numbers, **_not_of_a_stay(lines.index))
    if not of_stay.any():
        return lines, claim, empty(institutional.WAITING)
    packed = institutional.pack(
        billable[of_stay], masters, built_on, stay_days=stay_days, open_days=open_days
    )
    both = pd.concat([lines, packed.lines], ignore_index=True) if len(lines) else packed.lines
    after = int(claim.max(initial=-1)) + 1
    return both, np.concatenate([claim, packed.claim + after]), packed.waiting


def _not_of_a_stay(index: pd.Index) -> dict[str, pd.Series]:
    """What ``institutional.claims`` says of a claim, null."""
    text, day = (pd.Series(None, index=index, dtype=kind) for kind in ("str", "datetime64[s]"))
    return {"frequency": text, "patient_status": text, "statement_from": day, "statement_to": day}
