"""What each remitted line is: paid, the patient's, the contract's, or denied, and what to do about it.

A denial is decided per line from group, CARC, RARC and amounts, never from CLP02: payers send status 1 on
full denials and status 4 on claims that merely met a deductible. Precedence is the dossier's: the group and the
override table first (``denial_overrides.tsv``), then the CARC row (``carc.tsv``), and where that CARC says
nothing alone (16, 96, A1 …) the first RARC that is not an alert (``rarc.tsv``).

Money: PR amounts are the patient's; contractual amounts are nobody's; what a denial withheld is recoverable
unless its action says the matter is closed. CO is never the patient's, whatever its CARC.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pandas as pd

from configs import reference
from tasks.billing.evidence import passed_on

# CARCs that explain nothing without a RARC (dossier 5.1).
NEEDS_RARC = frozenset(["16", "96", "A1", "129", "148", "226", "227", "234", "250", "251", "252"])
# Status codes whose adjustments are not verdicts on the service (clp02_status.tsv).
NOT_ADJUDICATED = {"22": "reversal", "23": "forwarded", "25": "estimate"}
CROSSED_OVER = frozenset({"19", "20", "21"})
# Actions that bill whoever comes next.
BILLS = frozenset({"bill_patient", "bill_next_payer"})
# Actions after which nothing more is expected from a payer.
CLOSED_ACTIONS = frozenset(
    {"close_duplicate", "write_off", "post_only", "mark_crossover", "bill_patient", "hold"}
)

COLUMNS = [
    "remittance_id",
    "remitted_claim_id",
    "remitted_line_id",
    "line_id",
    "denied",
    "partial",
    "category",
    "action",
    "root_stage",
    "preventable",
    "flag",
    "patient_cents",
    "contractual_cents",
    "denied_cents",
    "recoverable_cents",
    "reasons",
]


@dataclass(frozen=True)
class Override:
    """A row of ``denial_overrides.tsv``: blank sets match anything."""

    priority: int
    group: str
    carcs: frozenset[str]
    rarcs: frozenset[str]
    whole_charge: bool
    category: str
    denial: bool
    action: str


@cache
def overrides() -> tuple[Override, ...]:
    """The overrides that speak about one adjustment, in order of priority.

    Rows 19 and 20 speak about a whole line (paid with CO-45 only; status 4 with everything to the deductible)
    and follow from the others: neither CO-45 nor PR-1 is a denial.
    """
    rows = []
    for row in reference.table("denial_overrides"):
        if "(line " in row["carc"] + row["rarc"] or "CLP02" in row["carc"] + row["rarc"]:
            continue
        whole = "(" in row["carc"]
        carcs = row["carc"].split("(")[0].split()
        rows.append(
            Override(
                int(row["priority"]),
                row["group"],
                frozenset() if carcs == ["any"] else frozenset(carcs),
                frozenset() if row["rarc"] == "any" else frozenset(row["rarc"].split()),
                whole,
                row["category"],
                row["is_denial"] == "Y",
                row["action"],
            )
        )
    # The narrower row first where two of them share group and CARC (12 before 10).
    return tuple(sorted(rows, key=lambda r: (not r.whole_charge, r.priority)))


def classify(remitted_claims: pd.DataFrame, lines: pd.DataFrame, adjustments: pd.DataFrame) -> pd.DataFrame:
    """One row for each remitted line, and for each claim without lines, with the columns `COLUMNS`.

    Frames are those of the ledger's ``remitted_*`` tables. Claim-level adjustments of a claim that has lines
    are judged on its first line.
    """
    units = _units(remitted_claims, lines)
    judged = _judge_adjustments(units, adjustments)
    sums = _sums(judged)
    main = _main_reason(judged)
    result = units.merge(sums, on="unit", how="left").merge(main, on="unit", how="left")
    cents = ["patient_cents", "contractual_cents", "denied_cents", "recoverable_cents"]
    result[cents] = result[cents].fillna(0).astype("Int64")
    return _verdicts(result)[COLUMNS].reset_index(drop=True)


def _units(claims: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """What is judged: a line, or a claim that has none. ``unit`` is its id."""
    context = claims[["remitted_claim_id", "status", "remarks"]].rename(columns={"remarks": "claim_remarks"})
    of_lines = lines[
        [
            "remittance_id",
            "remitted_claim_id",
            "remitted_line_id",
            "line_id",
            "position",
            "charge_cents",
            "paid_cents",
            "remarks",
        ]
    ].assign(unit=lines["remitted_line_id"])
    bare = claims[~claims["remitted_claim_id"].isin(lines["remitted_claim_id"])]
    of_claims = bare[["remittance_id", "remitted_claim_id", "charge_cents", "paid_cents"]].assign(
        remitted_line_id=pd.Series(pd.NA, index=bare.index, dtype="str"),
        line_id=pd.Series(pd.NA, index=bare.index, dtype="str"),
        position=pd.Series(1, index=bare.index, dtype="Int64"),
        remarks=pd.Series(pd.NA, index=bare.index, dtype="str"),
        unit=bare["remitted_claim_id"],
    )
    units = pd.concat([of_lines, of_claims], ignore_index=True) if len(of_claims) else of_lines
    units = units.merge(context, on="remitted_claim_id", how="left")
    marks = units["remarks"].fillna("") + " " + units["claim_remarks"].fillna("")
    return units.assign(marks=marks.str.strip())


def _judge_adjustments(units: pd.DataFrame, adjustments: pd.DataFrame) -> pd.DataFrame:
    """Each adjustment with the category, action and verdict its codes give it on its unit."""
    first = units.sort_values("position").drop_duplicates("remitted_claim_id")[["remitted_claim_id", "unit"]]
    owned = adjustments.merge(first, on="remitted_claim_id", how="inner")
    owned["unit"] = owned["remitted_line_id"].where(owned["remitted_line_id"].notna(), owned["unit"])
    owned = owned.drop(columns=["remitted_claim_id", "remitted_line_id", "remittance_id"], errors="ignore")
    judged = owned.merge(units[["unit", "charge_cents", "status", "marks"]], on="unit", how="inner")
    judged["whole"] = (judged["amount_cents"] == judged["charge_cents"]) & (judged["charge_cents"] > 0)
    # Few distinct combinations of codes occur: judge each once, then spread the answer over the rows.
    keys = judged[["group_code", "carc", "marks", "whole"]].drop_duplicates()
    keys[["priority", "category", "denial", "action", "root_stage", "preventable", "rarc"]] = [
        _judge(group, carc, tuple(marks.split()), bool(whole))
        for group, carc, marks, whole in keys.itertuples(index=False, name=None)
    ] or pd.DataFrame(columns=range(7))
    return judged.merge(keys, on=["group_code", "carc", "marks", "whole"], how="left")


@cache
def _judge(
    group: str, carc: str, marks: tuple[str, ...], whole: bool
) -> tuple[int, str, bool, str, str, str, str]:
    """Priority, category, denial, action, root stage, preventable and RARC for one combination of codes."""
    row = reference.by_key("carc", "carc").get(carc)
    stage, preventable = (row["root_stage"], row["preventable"]) if row else ("payer", "P")
    for rule in overrides():
        fits = (rule.group in ("any", group)) and (not rule.carcs or carc in rule.carcs)
        named = [mark for mark in marks if mark in rule.rarcs]
        if fits and (named or not rule.rarcs) and (whole or not rule.whole_charge):
            rarc = named[0] if named else next(iter(_speaking(marks)), "")
            return rule.priority, rule.category, rule.denial, rule.action, stage, preventable, rarc
    rarc = next(iter(_speaking(marks)), "")
    if row is None:
        return 90, "unknown_code", group != "PR", "call_payer", stage, preventable, rarc
    denial = row["is_denial"] in ("Y", "COND")
    if carc in NEEDS_RARC and rarc:
        remark = reference.by_key("rarc", "rarc")[rarc]
        return 50, remark["category"], denial, remark["action"], stage, preventable, rarc
    return 60, row["category"], denial, row["action"], stage, preventable, rarc


def _speaking(marks: tuple[str, ...]) -> list[str]:
    """The remark codes that decide something: known and not alerts."""
    known = reference.by_key("rarc", "rarc")
    return [mark for mark in marks if mark in known and known[mark]["kind"] != "alert"]


def _sums(judged: pd.DataFrame) -> pd.DataFrame:
    """Cents by unit: the patient's, the contract's, denied, recoverable."""
    amount = judged["amount_cents"].astype("Int64")
    patient = judged["group_code"] == "PR"
    denied = judged["denial"].fillna(False).astype(bool) & ~patient & (amount > 0)
    contractual = (
        ~patient & ~judged["denial"].fillna(False).astype(bool) & (judged["category"] == "contractual")
    )
    # CO with a patient's reason (1, 2, 3): not a denial and not the patient's, so the payer must explain it.
    unexplained = ~patient & (judged["category"] == "payer_error_or_contract") & (amount > 0)
    closed = judged["action"].isin(CLOSED_ACTIONS)
    parts = pd.DataFrame(
        {
            "unit": judged["unit"],
            "patient_cents": amount.where(patient, 0),
            "contractual_cents": amount.where(contractual, 0),
            "denied_cents": amount.where(denied, 0),
            "recoverable_cents": amount.where((denied | unexplained) & ~closed, 0),
            # PR-96 and its like: denied as a benefit, owed by the patient.
            "patient_denied": (judged["denial"].fillna(False).astype(bool) & patient & (amount > 0)),
            "reasons": _reason_text(judged),
        }
    )
    grouped = parts.groupby("unit", sort=False)
    sums = grouped[["patient_cents", "contractual_cents", "denied_cents", "recoverable_cents"]].sum()
    sums["patient_denied"] = grouped["patient_denied"].any()
    sums["reasons"] = grouped["reasons"].agg(" ".join)
    return sums.reset_index()


def _reason_text(judged: pd.DataFrame) -> pd.Series:
    """``CO-16/N290`` for each adjustment."""
    rarc = judged["rarc"].fillna("")
    return judged["group_code"] + "-" + judged["carc"] + ("/" + rarc).where(rarc != "", "")


def _main_reason(judged: pd.DataFrame) -> pd.DataFrame:
    """For each unit the adjustment that names it: a denial before anything else, then the larger amount."""
    ordered = judged.assign(
        rank=judged["denial"].fillna(False).astype(bool) & (judged["amount_cents"] > 0),
        size=judged["amount_cents"].abs(),
    ).sort_values(["unit", "rank", "size", "priority", "carc"], ascending=[True, False, False, True, True])
    first = ordered.drop_duplicates("unit")
    return first[["unit", "category", "action", "root_stage", "preventable", "denial"]]


def _verdicts(rows: pd.DataFrame) -> pd.DataFrame:
    """Denied or not, and the category of lines that no adjustment explains."""
    other = rows["status"].map(NOT_ADJUDICATED)
    adjudicated = other.isna()
    owed = rows["patient_denied"].fillna(False).astype(bool)
    denied = adjudicated & ((rows["denied_cents"] > 0) | owed)
    rows["denied"] = denied.astype("boolean")
    rows["partial"] = (denied & (rows["paid_cents"] > 0)).astype("boolean")
    fallback = pd.Series("paid", index=rows.index).where(rows["paid_cents"] > 0, "zero_charge")
    fallback = fallback.where((rows["paid_cents"] != 0) | (rows["charge_cents"] == 0), "patient_resp")
    good = pd.Series("paid", index=rows.index).where(rows["paid_cents"] > 0, rows["category"])
    rows["category"] = other.fillna(rows["category"].where(denied, good)).fillna(fallback)
    settled = pd.Series("post", index=rows.index).where(rows["patient_cents"] <= 0, "bill_patient")
    rows["action"] = (
        rows["action"].where(denied, rows["action"].where(rows["paid_cents"] == 0, settled)).fillna("post")
    )
    rows["action"] = rows["action"].where(
        adjudicated, rows["status"].map({"22": "reverse_posting"}).fillna("post_only")
    )
    rows["flag"] = pd.Series(pd.NA, index=rows.index, dtype="str")
    rows["flag"] = rows["flag"].where(~(denied & (rows["category"] == "suspect")), "suspect_bad_remit")
    crossed = rows["status"].isin(CROSSED_OVER) | (adjudicated & passed_on(rows["marks"]))
    rows["flag"] = rows["flag"].where(~crossed, "wait_crossover")
    # The next payer has it already: nobody bills it, and the patient's share is what is left after that payer.
    rows["action"] = rows["action"].mask(crossed & rows["action"].isin(BILLS), "mark_crossover")
    for column in ("root_stage", "preventable"):
        rows[column] = rows[column].where(denied)
    for column in ("denied_cents", "recoverable_cents"):
        rows[column] = rows[column].where(adjudicated, 0)
    rows["reasons"] = rows["reasons"].fillna("")
    return rows
