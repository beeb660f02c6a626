"""Reassociation: which deposit at the bank is which remittance of a payer, and what has no counterpart.

A payer sends the money to the bank (EFT) and the explanation to the office (ERA), each by its own road; both bear the
payer's trace. They belong together where trace, payer and cents are the same, and under no other circumstances is
money called matched:

* **trace**: TRN02 and the trace of the CCD+ addenda, without blanks, leading zeros and case;
* **payer**: TRN03 and the bank's payer or originator id; ``1512345678``, ``512345678`` and ``51-2345678`` are the same
  TIN, and the ids in a payer's ``remit_ids`` are the same payer;
* **cents**: BPR02 and the amount. A payer's debit is negative on both sides.

One deposit may hold several remittances: where one selection, and one only, of those with its payer and trace, or
else of those with its payer and date, makes its sum to the cent. A remittance paid by check (BPR04 CHK) belongs to a
deposit that names the number of the check, whoever the bank says it is from, unless it says another payer.

The same money may be stated by several files; `tasks.billing.bank_deposits` says what makes two statements one deposit.

Everything is decided from what is there and not from when it came: orders never matter. States:

| state | means |
|---|---|
| matched | deposit and remittance are the same money |
| amount_differs | same trace and payer (or check), other cents |
| deposit_without_remittance | money that nothing explains |
| remittance_without_deposit | an explanation whose money is not there |
| no_deposit_expected | BPR04 NON, or nothing was paid |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Protocol

import pandas as pd

from tasks.billing import bank_deposits, banking_days
from tasks.billing.selections import selections
from tasks.billing.shapes import conform, shape

STATES = (
    "matched",
    "amount_differs",
    "deposit_without_remittance",
    "remittance_without_deposit",
    "no_deposit_expected",
)
MATCHED, DIFFERS, NO_REMITTANCE, NO_DEPOSIT, NOT_EXPECTED = STATES
EFT, CHECK, NONE = "eft", "paper_check", "none"  # how the money travels

# Why a row is work; those in `AT_ONCE` do not become right by waiting.
REASONS = {
    "NOTHING_FOUND": "no counterpart under this payer and trace",
    "TRACE_MISSING": "the bank gave no trace",
    "PAYER_UNKNOWN": "the trace agrees, the bank gave no payer",
    "PAYER_DIFFERS": "the trace agrees, the payer does not",
    "AMOUNT_DIFFERS": "trace and payer agree, the cents do not",
    "SEVERAL_WAYS": "several remittances or checks could be in it in more than one way",
    "SAME_TRACE_AGAIN": "the same payer, trace and amount was matched before: paid or reported twice",
    "POSSIBLE_REPEAT": "same day and amount as a deposit with a trace from another file",
    "BEFORE_DEPOSITS": "older than the first deposit that was loaded",
}
AT_ONCE = (
    "PAYER_UNKNOWN",
    "PAYER_DIFFERS",
    "AMOUNT_DIFFERS",
    "SEVERAL_WAYS",
    "SAME_TRACE_AGAIN",
    "POSSIBLE_REPEAT",
)
# Banking days from the day something became work to the day it should be settled (dossier 12: suspense).
DAYS_TO_SETTLE = 5

REMITTANCE = [
    "remittance_id",
    "payer_id",
    "payer_identifier",
    "trace",
    "method",
    "bpr_cents",
    "payment_date",
    "production_date",
]
EQUAL = ["payer", "trace", "cents"]
ROWS = shape(
    "state path reason deposit deposit_id remittance_id payer payer_id opened_on:day"
    " deposit_cents remittance_cents difference_cents"
)
TIMED = {**ROWS, **shape("days_open:int expected_by:day deadline:day due:flag")}


class Limits(Protocol):
    """The clocks, in banking days."""

    banking_days_apart: int
    banking_days_for_check: int


def nothing() -> pd.DataFrame:
    """No rows of what `reassociate` returns."""
    return conform(pd.DataFrame(columns=list(TIMED)), TIMED)


def reassociate(
    deposits: pd.DataFrame,
    remittances: pd.DataFrame,
    as_of: date,
    limits: Limits,
    payers: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """`associate` with its clocks as of a day: columns `TIMED`.

    ``expected_by``: until then the counterpart may still come (CORE: three banking days between EFT and ERA), after it
    the row is ``due``: on the fourth day the payer is called. ``deadline`` is when it should be settled. What waiting
    cannot put right is due at once. ``days_open`` are banking days since ``opened_on``; settled rows have no clock.
    """
    return timed(associate(deposits, remittances, payers), pd.Timestamp(as_of), limits)


def associate(
    deposits: pd.DataFrame, remittances: pd.DataFrame, payers: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One row a pair or single, columns `ROWS`; frames of the ledger's tables, `payers` (current) for ``remit_ids``.

    Every remittance is in one row. A deposit is in one row, or in as many as it has remittances: ``deposit_cents`` are
    then its parts, so sums by state never count anything twice. ``difference_cents`` is deposit less remittance.
    """
    ours = bank_deposits.identifiers_of(payers)
    work = _Work(bank_deposits.statements_of(deposits, ours), _remittances(remittances, ours))
    work.expect_nothing()
    work.pair_equal()
    work.pair_checks()
    work.share(["payer", "trace"])
    work.share(["payer", "day"])
    work.pair_differing()
    work.leave()
    rows = work.rows()
    rows["payer_id"] = rows["payer"].where(rows["payer"].isin(set(ours.values()))).fillna(rows["payer_id"])
    deposit, remittance = (
        rows[f"{side}_cents"].astype("Int64").fillna(0) for side in ("deposit", "remittance")
    )
    rows["difference_cents"] = deposit - remittance
    return rows.sort_values(["opened_on", "deposit", "remittance_id"], ignore_index=True)


def by_state(rows: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Count and cents of both sides by state, every state named."""
    found = {}
    for state in STATES:
        own = rows[rows["state"] == state]
        found[state] = {
            "count": len(own),
            "deposit_cents": int(own["deposit_cents"].sum()),
            "remittance_cents": int(own["remittance_cents"].sum()),
        }
    return found


def _remittances(remittances: pd.DataFrame, ours: Mapping[str, str]) -> pd.DataFrame:
    rows = remittances.reindex(columns=REMITTANCE)
    rows["payer"] = bank_deposits.payers_by(rows["payer_identifier"], ours)
    rows["trace"] = bank_deposits.normal_traces(rows["trace"])
    rows["day"] = rows["payment_date"].fillna(rows["production_date"])
    rows["path"] = rows["method"].astype("str").map({"CHK": CHECK, "NON": NONE}).astype("str").fillna(EFT)
    rows["path"] = rows["path"].mask((rows["bpr_cents"].fillna(0) == 0).astype(bool), NONE)
    return rows.rename(columns={"bpr_cents": "cents"}).reset_index(drop=True)


# --- the matching ----------------------------------------------------------------------------------------------


class _Work:
    """Deposits and remittances that have no row yet, and the rows; each step takes away what it is sure of."""

    def __init__(self, statements: pd.DataFrame, remittances: pd.DataFrame) -> None:
        deposits = bank_deposits.one_each(statements).rename(
            columns={"amount_cents": "cents", "deposited_on": "day"}
        )
        self.deposits = deposits.sort_values(["day", "deposit"], ignore_index=True)
        self.remittances = remittances.sort_values(["day", "remittance_id"], ignore_index=True)
        self.numbers = bank_deposits.numbers(statements)
        self.repeats = bank_deposits.repeats(statements)
        self.first_day = self.deposits["day"].min()
        # Traces that deposits bear and that remittances have, whatever became of them.
        self.borne, self.explained = _traces(self.deposits), _traces(self.remittances)
        self.several: set[str] = set()  # deposits and remittances that go together in more than one way
        self.equal: list[pd.DataFrame] = []  # payer, trace, cents of what was matched
        self.parts: list[pd.DataFrame] = []

    def rows(self) -> pd.DataFrame:
        """All rows, columns `ROWS` without those that follow from others."""
        parts = [conform(part, ROWS) for part in self.parts or [pd.DataFrame(columns=list(ROWS))]]
        return pd.concat(parts, ignore_index=True)

    def on(self, path: str) -> pd.DataFrame:
        """Remittances whose money travels so."""
        return self.remittances[self.remittances["path"] == path]

    def put(
        self,
        state: str,
        path: str | pd.Series,
        *,
        deposits: pd.DataFrame | None = None,
        remittances: pd.DataFrame | None = None,
        reason: str | list[str] | None = None,
        parts: bool = False,
    ) -> None:
        """Rows of deposits and remittances side by side, or of one of them; they are not looked at again."""
        one = remittances if remittances is not None else deposits
        assert one is not None
        if one.empty:
            return
        made = pd.DataFrame({"payer": one["payer"].to_numpy(), "opened_on": one["day"].to_numpy()})
        if deposits is not None:
            made["deposit"], made["deposit_id"] = (
                deposits["deposit"].to_numpy(),
                deposits["deposit_id"].to_numpy(),
            )
            made["deposit_cents"] = deposits["cents"].to_numpy()
            self.deposits = self.deposits[~self.deposits["deposit"].isin(deposits["deposit"])]
            later = pd.Series(deposits["day"].to_numpy())
            made["opened_on"] = pd.concat([made["opened_on"], later], axis=1).max(axis=1)
        if remittances is not None:
            made["remittance_id"] = remittances["remittance_id"].to_numpy()
            made["payer_id"] = remittances["payer_id"].to_numpy()
            made["remittance_cents"] = remittances["cents"].to_numpy()
            self.remittances = self.remittances[
                ~self.remittances["remittance_id"].isin(remittances["remittance_id"])
            ]
        if parts:
            made["deposit_cents"] = made["remittance_cents"]
        if state == MATCHED:
            self.equal += [side[EQUAL] for side in (deposits, remittances) if side is not None]
        roads = path if isinstance(path, str) else path.tolist()
        self.parts.append(made.assign(state=state, path=roads, reason=reason))

    def put_pairs(self, state: str, path: str, pairs: pd.DataFrame, reason: str | None = None) -> None:
        """Rows for pairs[deposit, remittance_id]."""
        if pairs.empty:
            return
        deposits = self.deposits.set_index("deposit", drop=False).loc[pairs["deposit"]]
        remittances = self.remittances.set_index("remittance_id", drop=False).loc[pairs["remittance_id"]]
        self.put(state, path, deposits=deposits, remittances=remittances, reason=reason)

    def expect_nothing(self) -> None:
        """Remittances that move no money."""
        self.put(NOT_EXPECTED, NONE, remittances=self.on(NONE))

    def pair_equal(self) -> None:
        """Same payer, trace and cents; several of them in the order of their days."""
        self.put_pairs(MATCHED, EFT, _in_turn(self.deposits, self.on(EFT), EQUAL))

    def pair_checks(self) -> None:
        """The number of the check, the cents, and no other payer."""
        self.put_pairs(MATCHED, CHECK, self._checks(equal=True))

    def _checks(self, *, equal: bool) -> pd.DataFrame:
        """Pairs of deposits and checks by the number of the check, of which each side occurs once."""
        checks = self.on(CHECK)[["remittance_id", *EQUAL]].dropna(subset=["trace"])
        if checks.empty or self.deposits.empty:
            return pd.DataFrame(columns=["deposit", "remittance_id"])
        numbered = self.numbers.merge(self.deposits[["deposit", "payer", "cents"]], on="deposit")
        pairs = numbered.merge(checks, left_on="number", right_on="trace", suffixes=("", "_of"))
        agree = pairs["payer"].isna() | (pairs["payer"] == pairs["payer_of"])
        pairs = pairs[agree & ((pairs["cents"] == pairs["cents_of"]) == equal).astype(bool)]
        pairs = pairs[["deposit", "remittance_id"]].drop_duplicates()
        more = pairs["deposit"].duplicated(keep=False) | pairs["remittance_id"].duplicated(keep=False)
        if equal:
            self.several |= {*pairs.loc[more, "deposit"], *pairs.loc[more, "remittance_id"]}
        return pairs[~more]

    def share(self, by: list[str]) -> None:
        """Deposits that hold several remittances of the same payer and `by`."""
        deposits, pool = self.deposits.dropna(subset=by), self.on(EFT).dropna(subset=by)
        deposits = deposits[~deposits["deposit"].isin(self.several)]
        pool = pool[pool.duplicated(by, keep=False)].merge(deposits[by].drop_duplicates(), on=by)
        if pool.empty:
            return
        pools = dict(iter(pool.groupby(by)))
        for key, own in deposits.groupby(by):
            if key in pools:
                self._share_pool(own, pools[key])

    def _share_pool(self, deposits: pd.DataFrame, pool: pd.DataFrame) -> None:
        """What is in each deposit, where that is certain; deposits that claim the same remittance get none."""
        chosen: dict[str, list[str]] = {}
        traces = list(zip(pool["payer"], pool["trace"], strict=True))
        for name, payer, trace, cents in zip(*(deposits[c] for c in ("deposit", *EQUAL)), strict=True):
            # A remittance whose trace another deposit bears belongs there, if anywhere.
            able = pool[[one == (payer, trace) or one not in self.borne for one in traces]]
            found = selections(able["cents"].tolist(), cents)
            if len(found) > 1:
                self.several.add(name)
            if len(found) == 1:
                parts = able.iloc[list(found[0])]
                # Where some remittance has the deposit's trace, a selection without it is a coincidence.
                if (payer, trace) not in self.explained or (parts["trace"] == trace).any():
                    chosen[name] = parts["remittance_id"].tolist()
        claimed = Counter(one for ids in chosen.values() for one in ids)
        for name, ids in chosen.items():
            if any(claimed[one] > 1 for one in ids):
                self.several.add(name)
                continue
            deposit = deposits[deposits["deposit"] == name]
            remittances = pool[pool["remittance_id"].isin(ids)]
            many = deposit.loc[deposit.index.repeat(len(ids))]
            self.put(MATCHED, EFT, deposits=many, remittances=remittances, parts=True)

    def pair_differing(self) -> None:
        """Same payer and trace, or the same check, but other cents: in the order of their days."""
        pairs = _in_turn(self.deposits, self.on(EFT), ["payer", "trace"])
        self.put_pairs(DIFFERS, EFT, pairs, "AMOUNT_DIFFERS")
        self.put_pairs(DIFFERS, CHECK, self._checks(equal=False), "AMOUNT_DIFFERS")

    def leave(self) -> None:
        """What is left has no counterpart; its reason says how near one came."""
        deposits, remittances = self.deposits, self.remittances
        if len(deposits):
            lone = self._reasons(deposits, remittances, deposits["deposit"])
            self.put(NO_REMITTANCE, EFT, deposits=deposits, reason=lone)
        if len(remittances):
            lone = self._reasons(remittances, deposits, remittances["remittance_id"])
            self.put(NO_DEPOSIT, remittances["path"], remittances=remittances, reason=lone)

    def _reasons(self, rows: pd.DataFrame, others: pd.DataFrame, ids: pd.Series) -> list[str]:
        """The reason of each row, the most telling first."""
        others = others.dropna(subset=["trace"])
        nameless = rows["payer"].isna() | rows["trace"].isin(others.loc[others["payer"].isna(), "trace"])
        near = rows["trace"].isin(others["trace"])
        equal = set().union(*(part.itertuples(index=False, name=None) for part in self.equal))
        again = [one in equal for one in rows[EQUAL].itertuples(index=False, name=None)]
        before = ~(rows["day"] >= self.first_day) & rows["day"].notna() & ("remittance_id" in rows)
        reasons = pd.Series("NOTHING_FOUND", index=rows.index, dtype="str")
        for reason, where in (
            ("BEFORE_DEPOSITS", before),
            ("TRACE_MISSING", rows["trace"].isna()),
            ("POSSIBLE_REPEAT", ids.isin(self.repeats)),
            ("SAME_TRACE_AGAIN", pd.Series(again, index=rows.index, dtype="bool")),
            ("PAYER_DIFFERS", near),
            ("PAYER_UNKNOWN", near & nameless),
            ("SEVERAL_WAYS", ids.isin(self.several)),
        ):
            reasons = reasons.mask(where, reason)
        return reasons.tolist()


def _traces(rows: pd.DataFrame) -> set[tuple[str, str]]:
    return set(rows[["payer", "trace"]].dropna().itertuples(index=False, name=None))


def _in_turn(deposits: pd.DataFrame, remittances: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Frame[deposit, remittance_id]: the first deposit and the first remittance of equal keys, the second …"""
    sides = []
    for rows, name in ((deposits, "deposit"), (remittances, "remittance_id")):
        known = rows.dropna(subset=keys)
        sides.append(known[[name, *keys]].assign(turn=known.groupby(keys).cumcount()))
    return sides[0].merge(sides[1], on=[*keys, "turn"])[["deposit", "remittance_id"]]


# --- the clocks ------------------------------------------------------------------------------------------------


def timed(rows: pd.DataFrame, as_of: pd.Timestamp, limits: Limits) -> pd.DataFrame:
    """What `associate` found with its clocks as of a day, see `reassociate`."""
    open_ = rows["state"].isin([DIFFERS, NO_REMITTANCE, NO_DEPOSIT]) & (rows["reason"] != "BEFORE_DEPOSITS")
    since = rows["opened_on"].where(open_)
    days = pd.Series(limits.banking_days_apart, index=rows.index, dtype="int64")
    days = days.mask(rows["path"] == CHECK, limits.banking_days_for_check)
    at_once = rows["reason"].isin(AT_ONCE)
    expected = banking_days.after(since, days)
    late = at_once | expected.isna() | (expected < as_of)
    return conform(
        rows.assign(
            days_open=banking_days.between(since, as_of),
            expected_by=expected.mask(at_once),
            deadline=banking_days.after(since, days + DAYS_TO_SETTLE),
            due=open_ & late,
        ),
        TIMED,
    )
