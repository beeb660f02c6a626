"""Benefits from a 271: what one service type, on one side of the network, at one level of cover, pays.

An eligibility answer is a heap of EB segments that each say one thing. Read carelessly they cost money: a plan that is
active (service type 30) does not prove that mental health is; "1,500 deductible" is the year's total, and what is left
is given apart (time qualifier 29) and never computed where it is given; a carve-out (EB*U) means that another payer
has the benefit, and is asked with a second 270. Beside an AAA segment nothing is a benefit: the question failed.

A 271 is no guarantee of payment; what the patient may owe is an estimate, and free text (MSG) is never read as fact.

Source: 06 section 8; ``eb_codes.tsv``, ``eb_time_qualifiers.tsv``, ``service_type_codes.tsv``, ``aaa_rejects.tsv``;
X12 271 005010X279A1 (V:S46, S69; how to read it K).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from tasks.billing import money, shapes

# One EB segment a row: EB01 to EB12 by what they are, and the payer its loop 2120 names. Lists have single blanks.
EB = shapes.shape(
    "info level service_types time amount_cents percent_basis_points:int quantity_qualifier quantity:int"
    " authorization network entity"
)
ACTIVE, INACTIVE = ("1", "2", "3", "4", "5"), ("6", "7", "8")
UNDER_INVESTIGATION = ("5", "7", "8")
WHOLE_PLAN = "30"
REMAINING, USED, VISIT = "29", "24", "27"
TOTALS = ("23", "25", "22", "21")  # calendar year, contract year, service year, year
ELSEWHERE = ("U", "MC", "R")
BOTH_SIDES = "W"
FAMILY = "FAM"
# Service types that are behavioural: a carve-out of any of them is one of mental health or substance use.
BEHAVIOURAL = ("MH", "A4", "A5", "A6", "A7", "A8", "AI", "AJ", "AK", "CE", "CF", "CG", "CH", "CI", "CJ")


def segments(lines: Iterable[str], element: str = "*", repetition: str = "^") -> pd.DataFrame:
    """EB segments as rows of ``EB``; an NM1 after one (loop 2120) names its ``entity``, other segments are passed over.

    >>> segments(["EB*C*IND*30***29*400*****Y"])[["info", "time", "amount_cents", "network"]].values.tolist()
    [['C', '29', 40000, 'Y']]
    """
    rows: list[dict[str, object]] = []
    for line in lines:
        parts = line.rstrip("~").split(element)
        if parts[0] == "EB":
            rows.append(_eb([*parts, *[""] * (13 - len(parts))], repetition))
        elif parts[0] == "NM1" and rows and len(parts) > 9 and not rows[-1].get("entity"):
            rows[-1]["entity"] = parts[9] or None
    return shapes.conform(pd.DataFrame(rows, columns=list(EB), dtype=object), EB)


def rejected(lines: Iterable[str], element: str = "*") -> tuple[str, ...]:
    """AAA03 codes of a 271: why the question failed (``aaa_rejects.tsv``); where there are any, nothing is a benefit.

    >>> rejected(["AAA*N**75*C~", "EB*1**MH~"])
    ('75',)
    """
    parts = (line.rstrip("~").split(element) for line in lines)
    return tuple(dict.fromkeys(part[3] for part in parts if part[0] == "AAA" and len(part) > 3))


def _eb(parts: Sequence[str], repetition: str) -> dict[str, object]:
    percent = parts[8] and int((Decimal(parts[8]) * 10_000).to_integral_value())
    return {
        "info": parts[1],
        "level": parts[2] or None,
        "service_types": " ".join(parts[3].split(repetition)) or None,
        "time": parts[6] or None,
        "amount_cents": money.cents(parts[7]) if parts[7] else None,
        "percent_basis_points": percent or (0 if percent == 0 else None),
        "quantity_qualifier": parts[9] or None,
        "quantity": int(Decimal(parts[10])) if parts[10] else None,
        "authorization": parts[11] or None,
        "network": parts[12] or None,
    }


@dataclass(frozen=True)
class Benefits:
    """What the answer says; None is what it does not say. ``rejects`` are AAA codes: then nothing else is said."""

    active: bool | None = None
    investigated: bool = False  # 5, 7, 8: ask again before relying on it
    covered: bool | None = None
    deductible_total_cents: int | None = None
    deductible_left_cents: int | None = None
    copay_cents: int | None = None
    coinsurance_basis_points: int | None = None
    out_of_pocket_left_cents: int | None = None
    visits_limit: int | None = None
    visits_left: int | None = None
    carve_out_for: str | None = None
    carve_out_payer: str | None = None
    authorization: str | None = None  # Y, N, or U: unknown, ask the payer
    unclear: tuple[str, ...] = ()  # benefits stated twice, differently
    rejects: tuple[str, ...] = ()


def benefits(
    eb: pd.DataFrame,
    service_type: str,
    network: str = "Y",
    level: str = "IND",
    *,
    inherits: bool = False,
    rejects: Sequence[str] = (),
) -> Benefits:
    """What `eb` (columns ``EB``) says of a service type, network side (Y, N) and coverage level (IND, FAM).

    Deductible and out-of-pocket are the plan's (service type 30) where the service type has none of its own; copay,
    coinsurance and visits are never taken from another service type. `inherits` is the payer's own rule that its
    service type 30 speaks for this one. Of the individual's and the family's deductible the lesser is left.
    """
    if rejects:
        return Benefits(rejects=tuple(rejects))
    own = _speaking_of(eb, service_type)
    plan = _speaking_of(eb, WHOLE_PLAN)
    active = _active(own)
    if active is None and (inherits or _active(plan) is False):
        active = _active(plan)
    unclear: list[str] = []
    side = _Side(network, level, unclear)
    accumulators = [own, plan]
    total, left = _deductible(side, accumulators)
    limit, visits = _visits(side, own)
    copays = own[(own["info"] == "B") & own["time"].isin([VISIT]).fillna(False)]
    copays = copays if len(copays) else own[(own["info"] == "B") & own["time"].isna()]
    carve = _carve_out(eb, service_type)
    says = own[own["info"].isin(ACTIVE)]
    return Benefits(
        active=active,
        investigated=bool(own["info"].isin(UNDER_INVESTIGATION).any()),
        covered=False if (own["info"] == "I").any() else True if len(says) else None,
        deductible_total_cents=total,
        deductible_left_cents=left,
        copay_cents=side.one("copay", copays, "amount_cents"),
        coinsurance_basis_points=side.one("coinsurance", own[own["info"] == "A"], "percent_basis_points"),
        out_of_pocket_left_cents=_left(side, "out_of_pocket", accumulators, "G"),
        visits_limit=limit,
        visits_left=visits,
        carve_out_for=carve[0],
        carve_out_payer=carve[1],
        authorization=_authorization(own, network),
        unclear=tuple(unclear),
    )


def _speaking_of(eb: pd.DataFrame, service_type: str) -> pd.DataFrame:
    named = (" " + eb["service_types"].fillna("") + " ").str.contains(f" {service_type} ", regex=False)
    return eb[named]


def _active(rows: pd.DataFrame) -> bool | None:
    if rows["info"].isin(INACTIVE).any():
        return False
    return True if rows["info"].isin(ACTIVE).any() else None


@dataclass(frozen=True)
class _Side:
    """Which rows count for one side of the network and one level, the most exact first."""

    network: str
    level: str
    unclear: list[str]

    def rows(self, rows: pd.DataFrame, level: str | None = None) -> pd.DataFrame:
        wanted = level or self.level
        network = rows["network"].map({self.network: 0, BOTH_SIDES: 1}).mask(rows["network"].isna(), 2)
        levels = rows["level"].map({wanted: 0}).mask(rows["level"].isna(), 1)
        exact = (network * 2 + levels).dropna()
        return rows.loc[exact.index[exact == exact.min()]] if len(exact) else rows.iloc[:0]

    def one(self, name: str, rows: pd.DataFrame, column: str, level: str | None = None) -> int | None:
        """The value all rows agree on; where they do not, nothing, and ``unclear`` says so."""
        values = self.rows(rows, level)[column].dropna().unique()
        if len(values) > 1:
            self.unclear.append(name)
        return int(values[0]) if len(values) == 1 else None


def _first(parts: Iterable[int | None]) -> int | None:
    return next((part for part in parts if part is not None), None)


def _left(side: _Side, name: str, parts: Sequence[pd.DataFrame], info: str) -> int | None:
    """What is left (time qualifier 29): the lesser of this level's and the family's, for the one met first ends it."""
    for rows in parts:
        left = rows[(rows["info"] == info) & (rows["time"] == REMAINING).fillna(False)]
        found = [side.one(name, left, "amount_cents", level) for level in dict.fromkeys([side.level, FAMILY])]
        known = [amount for amount in found if amount is not None]
        if known:
            return min(known)
    return None


def _deductible(side: _Side, parts: Sequence[pd.DataFrame]) -> tuple[int | None, int | None]:
    """Total and what is left of it: as said; where that is not said, total less used, if both are."""
    amounts = [rows[rows["info"] == "C"] for rows in parts]
    of_year = (rows[rows["time"].isin(TOTALS).fillna(False)] for rows in amounts)
    total = _first(side.one("deductible_total", rows, "amount_cents") for rows in of_year)
    left = _left(side, "deductible_left", parts, "C")
    if left is not None:
        return total, left
    spent = (rows[(rows["time"] == USED).fillna(False)] for rows in amounts)
    used = _first(side.one("deductible_used", rows, "amount_cents") for rows in spent)
    computed = max(0, total - used) if total is not None and used is not None else None
    return total, computed


def _visits(side: _Side, own: pd.DataFrame) -> tuple[int | None, int | None]:
    """Limit of visits and how many are left; a limit alone does not say how many were used."""
    rows = own[(own["info"] == "F") & (own["quantity_qualifier"] == "VS").fillna(False)]
    limit = rows[rows["time"].isin(TOTALS).fillna(False)]
    left = rows[(rows["time"] == REMAINING).fillna(False)]
    return side.one("visits_limit", limit, "quantity"), side.one("visits_left", left, "quantity")


def _carve_out(eb: pd.DataFrame, service_type: str) -> tuple[str | None, str | None]:
    """Service type that another payer has, and that payer's id: whom to ask with a second 270."""
    wanted = BEHAVIOURAL if service_type in BEHAVIOURAL else (service_type,)
    for row in eb[eb["info"].isin(ELSEWHERE)].itertuples():
        named = str(row.service_types).split() if isinstance(row.service_types, str) else []
        for code in named:
            if code in wanted:
                return code, row.entity if isinstance(row.entity, str) else None
    return None, None


def _authorization(own: pd.DataFrame, network: str) -> str | None:
    """Whether an authorization is wanted: Y where anything says so, then U, then N."""
    said = set(own.loc[own["network"].isna() | own["network"].isin([network, BOTH_SIDES]), "authorization"])
    return next((word for word in ("Y", "U", "N") if word in said), None)


def patient_due(allowed_cents: int, told: Benefits, *, copay_before_deductible: bool = False) -> int | None:
    """Estimate of the patient's share of an allowed amount; None where the answer does not say enough.

    The deductible comes first, then copay or coinsurance of the rest, never more than what is left out of pocket.
    `copay_before_deductible` is the plan's own rule: the copay is all that is owed.
    """
    if told.rejects or told.active is not True or told.covered is False:
        return None
    limit = told.out_of_pocket_left_cents
    if limit == 0:
        return 0
    copay, share = told.copay_cents, told.coinsurance_basis_points
    if copay_before_deductible and copay is not None:
        due = min(copay, allowed_cents)
    elif told.deductible_left_cents is None or (copay is None and share is None):
        return None
    else:
        deductible = min(told.deductible_left_cents, allowed_cents)
        rest = allowed_cents - deductible
        own = money.share(rest, Decimal(share or 0) / 10_000) if copay is None else min(copay, rest)
        due = deductible + own
    return due if limit is None else min(due, limit)


def patient_cap(remarks: Iterable[str], adjustments: Iterable[tuple[str, str, int]]) -> int | None:
    """Most a patient may be asked for under the No Surprises Act: the PR amounts; None where no remark applies it.

    `adjustments` are (group, CARC, cents). RARC N830 and the family N859 to N885 say that the law was applied.

    >>> patient_cap(["N830"], [("CO", "45", 8000), ("PR", "2", 2000)])
    2000
    """
    applied = any(mark == "N830" or (mark[:1] == "N" and mark[1:].isdigit() and 859 <= int(mark[1:]) <= 885)
                  for mark in remarks)  # fmt: skip
    return sum(cents for group, _, cents in adjustments if group == "PR") if applied else None
