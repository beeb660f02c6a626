"""The proof: what must hold of the ledger as a whole, checked from its stored rows and nothing else.

`CHECKS` is the list. Each check looks at whole tables and returns what does not hold: ids, positions and cents.
A ledger is balanced when no check finds anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from tasks.billing import accounts, authorizations, months
from tasks.billing.custody import ENCOUNTER_STATES, taken_over
from tasks.billing.posting import turns
from tasks.billing.posting.patients import OWN, REFUNDED, TILL, owners

Tables = Mapping[str, pd.DataFrame]

# The tables and columns the checks read: a caller with much history loads these and no more. `authorizations`,
# `encounters` and `patient_payments` are current versions.
NEEDS: dict[str, list[str]] = {
    table: columns.split()
    for table, columns in {
        "journal": "posting_id source account amount_cents remittance_id charge_id claim_id effective_on period",
        "closings": "period balances_sha256",
        "remittances": "remittance_id bpr_cents claims claim_paid_cents plb_cents",
        "remitted_claims": "remitted_claim_id remittance_id position claim_id charge_cents paid_cents",
        "adopted_claims": "adopted_id",
        "remitted_lines": "remitted_line_id remitted_claim_id position line_id charge_cents paid_cents",
        "remitted_adjustments": "remitted_claim_id remitted_line_id amount_cents",
        "provider_adjustments": "remittance_id amount_cents",
        "encounters": "encounter_id",
        "charge_lines": "charge_id encounter_id position charge_cents",
        "claims": "claim_id charge_cents payer_order replaces_claim_id",
        "claim_lines": "line_id claim_id position charge_id encounter_id charge_cents",
        "submissions": "submission_id claims charge_cents",
        "submission_claims": "submission_id claim_id",
        "patient_payments": "payment_id amount_cents",
        "write_offs": "write_off_id account amount_cents",
        "refunds": "refund_id recipient amount_cents",
        "authorizations": "authorization_id units_approved unit_type",
        "authorization_units": "authorization_id charge_id event units cause",
    }.items()
}


@dataclass(frozen=True)
class Proof:
    """What `prove` found; amounts are cents."""

    balanced: bool
    accounts: dict[str, int]
    remittances: dict[str, int]
    custody: dict[str, dict[str, int]]
    suspense_cents: int
    problems: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """As ``cleanclaim proof --json`` prints it; the caller adds the fingerprint."""
        return asdict(self)


def prove(tables: Tables, encounter_states: pd.DataFrame) -> Proof:
    """Prove the ledger: `tables` as `NEEDS` names them, `encounter_states` as ``custody`` derives them.

    A table that is missing raises KeyError: what was not looked at is not proved.
    """
    missing = sorted(set(NEEDS) - set(tables))
    if missing:
        raise KeyError(f"the proof needs the tables {' '.join(missing)}")
    everything = {**tables, "encounter_states": encounter_states}
    problems = [problem for check in CHECKS for problem in check(everything)]
    journal, remittances = tables["journal"], tables["remittances"]
    cash = journal["amount_cents"].where((journal["account"] == "cash") & journal["remittance_id"].notna(), 0)
    return Proof(
        balanced=not problems,
        accounts=accounts.balances(journal),
        remittances={
            "count": len(remittances),
            "bpr_cents": int(remittances["bpr_cents"].sum()),
            "cash_cents": int(cash.sum()),
        },
        custody=_custody(encounter_states),
        suspense_cents=accounts.suspense(journal),
        problems=problems,
    )


def _custody(states: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Count and cents by state; states that occur, in the order of the line."""
    grouped = states.groupby("state")["charge_cents"]
    counts, cents = grouped.size(), grouped.sum()
    known = [state for state in ENCOUNTER_STATES if state in counts.index]
    odd = sorted(str(state) for state in counts.index if state not in ENCOUNTER_STATES)
    return {state: {"count": int(counts[state]), "charge_cents": int(cents[state])} for state in known + odd}


def _found(
    check: str, kind: str, rows: pd.DataFrame, key: str, cents: str | None = None
) -> list[dict[str, Any]]:
    """Problems from rows: the id in `key`, their position and how many cents they are off, where they have them."""
    problems = []
    for row in rows.to_dict("records"):
        problem: dict[str, Any] = {"check": check, "subject_kind": kind, "subject_id": str(row[key])}
        for name, column in (("position", "position"), ("cents", cents)):
            if column and column in row and pd.notna(row[column]):
                problem[name] = int(row[column])
        problems.append(problem)
    return problems


def _off(rows: pd.DataFrame, amount: pd.Series[int]) -> pd.DataFrame:
    """Rows where the amount is not zero, which it then is in ``off``."""
    off = amount.astype("Int64").fillna(0)
    return rows.assign(off=off)[(off != 0).astype(bool)]


def _sum(rows: pd.DataFrame, by: str, column: str) -> dict[str, int]:
    """Sums by key."""
    sums = rows.groupby(by)[column].sum()
    return dict(zip(sums.index.astype("str"), sums.astype("int64"), strict=True))


def _count(rows: pd.DataFrame, by: str) -> dict[str, int]:
    """Rows by key."""
    return _sum(rows.assign(rows=1), by, "rows")


def _looked_up(keys: pd.Series[str], sums: Mapping[str, int]) -> pd.Series[int]:
    """Sums for keys; zero where there is none."""
    return keys.map(sums).astype("Int64").fillna(0)


def postings_sum_to_zero(tables: Tables) -> list[dict[str, Any]]:
    """Journal: every posting sums to zero."""
    sums = tables["journal"].groupby("posting_id")["amount_cents"].sum().reset_index()
    return _found("posting_zero", "posting", _off(sums, sums["amount_cents"]), "posting_id", "off")


def _accounts_are_known(tables: Tables) -> list[dict[str, Any]]:
    """Journal: every account stands in the chart."""
    found = tables["journal"][["account"]].drop_duplicates()
    return _found(
        "account_known", "account", found[~found["account"].isin(list(accounts.kinds()))], "account"
    )


def cash_is_bpr(tables: Tables) -> list[dict[str, Any]]:
    """Remittance: its cash entries are BPR02, and no cash is posted for one that is not there or in dispute."""
    journal, remittances = tables["journal"], tables["remittances"]
    cash = journal[(journal["account"] == "cash") & journal["remittance_id"].notna()]
    sums = _sum(cash, "remittance_id", "amount_cents")
    off = _off(remittances, _looked_up(remittances["remittance_id"], sums) - remittances["bpr_cents"])
    # What was withdrawn since leaves entries that come to nothing.
    lost = cash.groupby("remittance_id")[["amount_cents"]].sum().reset_index()
    lost = lost[(lost["amount_cents"] != 0) & ~lost["remittance_id"].isin(remittances["remittance_id"])]
    return [
        *_found("cash_is_bpr", "remittance", off, "remittance_id", "off"),
        *_found("cash_has_remittance", "remittance", lost, "remittance_id", "amount_cents"),
    ]


def remittances_balance(tables: Tables) -> list[dict[str, Any]]:
    """Line: charge - adjustments = paid. Claim: the same with all of its. Remittance: paid - PLB = BPR02."""
    claims, lines, adjustments = (tables[f"remitted_{part}"] for part in ("claims", "lines", "adjustments"))
    remittances = tables["remittances"]
    by_line = _sum(adjustments, "remitted_line_id", "amount_cents")
    by_claim = _sum(adjustments, "remitted_claim_id", "amount_cents")
    line_off = lines["charge_cents"] - _looked_up(lines["remitted_line_id"], by_line) - lines["paid_cents"]
    claim_off = (
        claims["charge_cents"] - _looked_up(claims["remitted_claim_id"], by_claim) - claims["paid_cents"]
    )
    paid = _looked_up(remittances["remittance_id"], _sum(claims, "remittance_id", "paid_cents"))
    plb = _sum(tables["provider_adjustments"], "remittance_id", "amount_cents")
    taken = _looked_up(remittances["remittance_id"], plb)
    count = _looked_up(remittances["remittance_id"], _count(claims, "remittance_id"))
    key = "remittance_id"
    return [
        *_found("line_balance", "remitted_line", _off(lines, line_off), "remitted_line_id", "off"),
        *_found("claim_balance", "remitted_claim", _off(claims, claim_off), "remitted_claim_id", "off"),
        *_found(
            "remittance_balance",
            "remittance",
            _off(remittances, paid - taken - remittances["bpr_cents"]),
            key,
            "off",
        ),
        *_found(
            "remittance_paid",
            "remittance",
            _off(remittances, paid - remittances["claim_paid_cents"]),
            key,
            "off",
        ),
        *_found(
            "remittance_plb", "remittance", _off(remittances, taken - remittances["plb_cents"]), key, "off"
        ),
        *_found("remittance_claims", "remittance", _off(remittances, count - remittances["claims"]), key),
    ]


def _charges_posted_once(tables: Tables) -> list[dict[str, Any]]:
    """Charge: one posting of its whole amount to revenue, or that and the one that withdrew it; none without it."""
    journal, charges = tables["journal"], tables["charge_lines"]
    posted = turns.standing(journal[journal["account"] == "revenue"])
    posted = posted[posted["source"] == "charge"]
    size = _looked_up(charges["charge_id"], _count(posted, "charge_id"))
    off = charges["charge_cents"] + _looked_up(
        charges["charge_id"], _sum(posted, "charge_id", "amount_cents")
    )
    once = (size == 1) & (off == 0)
    withdrawn = (size == 2) & (off == charges["charge_cents"])
    nothing = (size == 0) & (charges["charge_cents"] == 0)
    wrong = charges.assign(off=off)[~(once | withdrawn | nothing).astype(bool)]
    lost = posted[~posted["charge_id"].isin(charges["charge_id"])].drop_duplicates("charge_id")
    return [
        *_found("charge_posted_once", "charge", wrong, "charge_id", "off"),
        *_found("posting_has_charge", "charge", lost, "charge_id", "amount_cents"),
    ]


def _encounters_in_one_state(tables: Tables) -> list[dict[str, Any]]:
    """Encounter: exactly one state, a known one."""
    states, encounters = tables["encounter_states"], tables["encounters"]
    known = states[states["state"].isin(ENCOUNTER_STATES)]
    count = _looked_up(encounters["encounter_id"], _count(known, "encounter_id"))
    extra = states[
        ~states["encounter_id"].isin(encounters["encounter_id"]) | ~states["state"].isin(ENCOUNTER_STATES)
    ]
    return [
        *_found("one_state", "encounter", _off(encounters, count - 1), "encounter_id"),
        *_found("state_of_encounter", "encounter", extra, "encounter_id"),
    ]


def _dollars_tie(tables: Tables) -> list[dict[str, Any]]:
    """Encounter - charge - claim line - claim - file: the same cents at each hop, and nothing from nowhere."""
    charges, lines, claims = tables["charge_lines"], tables["claim_lines"], tables["claims"]
    members, files = tables["submission_claims"], tables["submissions"]
    joined = lines.merge(
        charges[["charge_id", "charge_cents"]].rename(columns={"charge_cents": "charged"}),
        on="charge_id",
        how="left",
    )
    homeless = charges[~charges["encounter_id"].isin(tables["encounters"]["encounter_id"])]
    lineless = joined[~joined["claim_id"].isin(claims["claim_id"])]
    summed = _looked_up(claims["claim_id"], _sum(lines, "claim_id", "charge_cents"))
    sent = members.merge(claims[["claim_id", "charge_cents"]], on="claim_id", how="left")
    carried = _looked_up(files["submission_id"], _sum(sent, "submission_id", "charge_cents"))
    count = _looked_up(files["submission_id"], _count(sent, "submission_id"))
    return [
        *_found("charge_has_encounter", "charge", homeless, "charge_id", "charge_cents"),
        *_found("line_has_charge", "claim_line", joined[joined["charged"].isna()], "line_id", "charge_cents"),
        *_found(
            "line_is_charge",
            "claim_line",
            _off(joined, joined["charge_cents"] - joined["charged"]),
            "line_id",
            "off",
        ),
        *_found("line_has_claim", "claim_line", lineless, "line_id", "charge_cents"),
        *_found("claim_is_lines", "claim", _off(claims, claims["charge_cents"] - summed), "claim_id", "off"),
        *_found(
            "file_is_claims",
            "submission",
            _off(files, files["charge_cents"] - carried),
            "submission_id",
            "off",
        ),
        *_found("file_count", "submission", _off(files, files["claims"] - count), "submission_id"),
        *_found("file_has_claim", "claim", sent[sent["charge_cents"].isna()], "claim_id"),
    ]


def _charges_claimed_once(tables: Tables) -> list[dict[str, Any]]:
    """Charge: on one live claim to each payer in line; a line that a newer claim took over is not live."""
    claims, lines = tables["claims"], tables["claim_lines"]
    live = lines[~taken_over(claims, lines)]
    rows = live.merge(claims[["claim_id", "payer_order"]], on="claim_id", how="inner")
    again = rows[rows.duplicated(["charge_id", "payer_order"])].drop_duplicates("charge_id")
    return _found("charge_claimed_once", "charge", again, "charge_id", "charge_cents")


def _authorizations_hold(tables: Tables) -> list[dict[str, Any]]:
    """Authorization: reserved less released never exceeds what was approved, but for what a payer paid after all.

    A denied line gives its units back; where others took them and the payer then pays, nobody gave out too many.
    """
    units, approved = tables["authorization_units"], tables["authorizations"]
    regained = units["cause"].astype("str").str.endswith(authorizations.REGAINED).fillna(False).astype(bool)
    given = units.assign(event=units["event"].mask(regained, "release"))
    left = authorizations.available(approved, given).reindex(approved["authorization_id"])
    return _found(
        "authorization_units", "authorization", approved[(left < 0).to_numpy(dtype=bool)], "authorization_id"
    )


def _matches_exist(tables: Tables) -> list[dict[str, Any]]:
    """Remitted claim and line: what they were matched to exists, and the line is of that claim."""
    claims, lines = tables["remitted_claims"], tables["remitted_lines"]
    known = pd.concat([tables["claims"]["claim_id"], tables["adopted_claims"]["adopted_id"]])
    lost = claims[claims["claim_id"].notna() & ~claims["claim_id"].isin(known)]
    matched = lines[lines["line_id"].notna()].merge(
        claims[["remitted_claim_id", "claim_id"]], on="remitted_claim_id", how="left"
    )
    owners = dict(zip(tables["claim_lines"]["line_id"], tables["claim_lines"]["claim_id"], strict=True))
    stray = matched[matched["line_id"].map(owners).astype("str").fillna("") != matched["claim_id"].fillna("")]
    return [
        *_found("match_exists", "remitted_claim", lost, "remitted_claim_id", "paid_cents"),
        *_found("line_match", "remitted_line", stray, "remitted_line_id", "paid_cents"),
    ]


def _closed_months_stand(tables: Tables) -> list[dict[str, Any]]:
    """Month: a closed one has the trial balance it was closed with."""
    closings = tables["closings"]
    if closings.empty:
        return []
    changed = closings["period"].isin(months.moved(months.trial_balance(tables["journal"]), closings))
    return _found("closed_month", "month", closings[changed], "period")


def _own_money_posted_once(tables: Tables) -> list[dict[str, Any]]:
    """Patient's payment, write-off, refund: its whole amount stands where it belongs, once; nothing else does."""
    rows = tables["journal"]
    rows = rows[rows["source"].isin(OWN)]
    owner = rows["posting_id"].str.split(">").str[0]
    posted = (
        rows.groupby([owner.rename("owner"), "account"])["amount_cents"].sum().rename("posted").reset_index()
    )
    wanted = pd.concat([_payments(tables), _write_offs(tables), _refunds(tables)], ignore_index=True)
    both = wanted.merge(posted, on=["owner", "account"], how="left")
    off = (both["amount_cents"] - both["posted"].fillna(0)).astype("Int64")
    lost = posted[~posted["owner"].isin(wanted["owner"]) & (posted["posted"] != 0)]
    return [
        *_found("own_money_posted", "own_money", _off(both, off), "id", "off"),
        *_found("posting_has_own_money", "posting", lost, "owner", "posted"),
    ]


def _payments(tables: Tables) -> pd.DataFrame:
    """Frame[id, owner, account, amount_cents]: what payments should have left in the till."""
    rows = tables["patient_payments"]
    return _belongs(rows, "patient_payment", rows["payment_id"], TILL, rows["amount_cents"])


def _write_offs(tables: Tables) -> pd.DataFrame:
    rows = tables["write_offs"]
    return _belongs(rows, "write_off", rows["write_off_id"], rows["account"], -rows["amount_cents"])


def _refunds(tables: Tables) -> pd.DataFrame:
    rows = tables["refunds"]
    account = rows["recipient"].map({"payer": REFUNDED, "patient": TILL})
    return _belongs(rows, "refund", rows["refund_id"], account, -rows["amount_cents"])


def _belongs(
    rows: pd.DataFrame, source: str, ids: pd.Series[str], account: object, cents: pd.Series[int]
) -> pd.DataFrame:
    own = {"id": ids, "owner": owners(source, ids), "account": account, "amount_cents": cents}
    return pd.DataFrame(own, index=rows.index)


CHECKS: list[Callable[[Tables], list[dict[str, Any]]]] = [
    postings_sum_to_zero,
    _accounts_are_known,
    cash_is_bpr,
    remittances_balance,
    _charges_posted_once,
    _encounters_in_one_state,
    _dollars_tie,
    _charges_claimed_once,
    _authorizations_hold,
    _matches_exist,
    _closed_months_stand,
    _own_money_posted_once,
]
