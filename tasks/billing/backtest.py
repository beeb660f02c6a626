"""A rule tried on what was billed: which denials it would have prevented, and which good claims it would have held.

The lines are judged again as of the day they were let go, beside what had been billed by then; only the rule asked
about runs. A gate looks at the session's version that was billed, and at the people and papers as they are on file
today: it says what the rule would have known had they been recorded in time. What the payer answered says whether
holding was right:

* **prevented**: the rule speaks of a line that was denied for what the rule is about (``denial_rules.tsv``). Its
  denied dollars would not have been lost or worked twice, and the days from claim to denial would have been saved.
* **held wrongly**: the rule speaks and the claim was paid. Its dollars would have come later, by the days that a hold
  of this practice takes.
* **denied otherwise**: the rule speaks, and the claim was denied for another reason.
* **missed**: a denial of the rule's kind about which the rule is silent.
* **not judged**: the rule speaks and no payer has answered yet; it counts on no side.

History comes in batches in order of service (`Batch`), so that ten years need no more memory than a month of them.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from tasks.billing import denial_rules, rulebook, scrub, visits
from tasks.billing.context import JudgeContext, Masters, among, words
from tasks.billing.findings import in_force, together
from tasks.billing.gates import registry as gates
from tasks.billing.gates.case import Case
from tasks.billing.scrub import common, registry
from tasks.billing.scrub.common import Flags, join, ordered, prepare

# A line that was let go, and what became of it.
ANSWERS = words(
    "claim_id encounter_id position payer_id charge_cents let_go_on built_on answered_on denied category reasons"
    " denied_cents paid_cents"
)
COUNTS = words(
    "claims flagged denials_prevented held_wrongly denied_otherwise missed not_judged dollars_prevented_cents"
    " dollars_delayed_cents days_saved days_delayed"
)
COLUMNS = ["payer_id", *COUNTS]


@dataclass(frozen=True)
class Batch:
    """Charge lines with what rules read of their visit, earlier lines they are judged beside, and the answers.

    `lines` is one row a charge line (encounter_id, position, let_go_on and the columns of ``scrub.common``), `answers`
    likewise (ANSWERS); `denied` is null where nobody answered. Answers may also be a function of what the rule said
    (as `replay` has it): of a line of which it said nothing and that was not denied, the claim and payer are enough.
    Whatever is in a line's own encounter is in its batch.
    Gates need the versions of the `encounters` that were billed, and the `masters`.
    """

    lines: pd.DataFrame
    history: pd.DataFrame
    answers: pd.DataFrame | Callable[[pd.DataFrame], pd.DataFrame]
    encounters: pd.DataFrame | None = None
    masters: Masters | None = None


# What the rules' own tools read (``scrub.common``), whatever a rule names.
ALWAYS = words("encounter_id position patient_id payer_id service_date code modifiers form")
COLUMNS_OF_LINES = (*common.COLUMNS, *common.INSTITUTIONAL_COLUMNS)
THE_DAY = r"business_date|\.today"

# It asks about what was billed before the encounter was changed: of what was billed it says nothing.
NOT_OF_HISTORY = ("GATE_AMENDED",)


def module_of(rule_id: str) -> ModuleType | None:
    """The scrub rule or gate that speaks under an id and can be tried on history; None where none is.

    Gates of authorizations cannot: the units that were left on a day are not what is left today. Coding cannot either:
    what could not be coded was not billed.
    """
    found = next((module for module in registry.RULES if rule_id in registry.manual([module])), None)
    return found or next((g for g in gates.GATES if rule_id == g.ID and rule_id not in NOT_OF_HISTORY), None)


def is_gate(rule_id: str) -> bool:
    """Whether the rule is a gate: then a batch needs its encounters."""
    return module_of(rule_id) in gates.GATES


@cache
def _reads(module: ModuleType, what: str, at_least: int = 1) -> bool:
    """Whether a rule's module names something: which day it is, the lines before.

    Naming it without need costs time and changes nothing.
    """
    return len(re.findall(what, inspect.getsource(module))) >= at_least


@cache
def reads(rule_id: str) -> frozenset[str] | None:
    """Columns of ``scrub.common`` that a scrub rule can ask for; None where it may be any, as of a gate.

    What is named nowhere in its module, nor in those of the scrub that it uses, is not made ready: a rule that asks for
    it all the same fails, and never judges by something that is not there.
    """
    module = module_of(rule_id)
    if module is None or is_gate(rule_id):
        return None
    text = "".join(inspect.getsource(used) for used in _used(module))
    return frozenset({*ALWAYS, *(name for name in (*COLUMNS_OF_LINES,) if re.search(rf"\b{name}\b", text))})


def _used(module: ModuleType) -> list[ModuleType]:
    """The module and those of the scrub that it imports, and what they import, but for ``common``."""
    found, waiting = [], [module.__name__]
    for name in waiting:
        found.append(sys.modules[name])
        for node in ast.walk(ast.parse(inspect.getsource(found[-1]))):
            if isinstance(node, ast.ImportFrom) and node.module:
                one = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                waiting += [each for each in one if _of_scrub(each) and each not in waiting]
    return found


def _of_scrub(name: str) -> bool:
    return name.startswith(scrub.__name__) and name in sys.modules and name != common.__name__


def asks_the_day(rule_id: str) -> bool:
    """Whether it matters to the rule which day it is: the others are asked once of a whole batch."""
    module = module_of(rule_id)
    return module is not None and (_reads(module, THE_DAY) or is_gate(rule_id))


def replay(batch: Batch, rule_id: str, context: JudgeContext) -> pd.DataFrame:
    """What the rule says of the batch: Frame[encounter_id, line], as of the days its lines were let go."""
    module = module_of(rule_id)
    if module is None:
        raise ValueError("no such rule, or none that can be tried on history")
    # In the order that `prepare` gives them, so that a day's lines are found in what it made.
    lines = ordered(batch.lines)
    asked: list[tuple[Any, JudgeContext]] = [(slice(None), context)]
    if _reads(module, THE_DAY):
        days = lines.groupby("let_go_on").indices
        asked = [
            (at, replace(context, business_date=pd.Timestamp(str(day)).date())) for day, at in days.items()
        ]
    ours = replace(batch, lines=lines)
    parts = _gate(module, ours, asked) if is_gate(rule_id) else _scrub(module, rule_id, ours, asked)
    said = in_force(
        parts,
        lines.drop_duplicates("encounter_id").set_index("encounter_id")["service_date"],
        context,
    )
    return said.loc[said["rule_id"] == rule_id, ["encounter_id", "line"]].reset_index(drop=True)


def reads_history(rule_id: str) -> bool:
    """Whether the rule looks at earlier lines; one that only takes them, because all rules do, is not made to wait.

    No gate that can be tried does.
    """
    module = module_of(rule_id)
    return module is not None and not is_gate(rule_id) and _reads(module, r"\bhistory\b", at_least=2)


def _scrub(
    module: ModuleType, rule_id: str, batch: Batch, asked: list[tuple[Any, JudgeContext]]
) -> pd.DataFrame:
    """The rule's own check and nothing around it: what was configured of its severity does not matter."""
    looks_back = reads_history(rule_id)
    ready, earlier = prepare(batch.lines, None, batch.history if looks_back else None, reads(rule_id))
    if not (looks_back and _reads(module, THE_DAY)):
        return join(*(module.check(ready.iloc[at], earlier, under) for at, under in asked))
    let_go = batch.lines["let_go_on"]
    return join(
        *(module.check(ready.iloc[at], _released(ready, earlier, let_go, at), under) for at, under in asked)
    )


def _released(ready: pd.DataFrame, earlier: pd.DataFrame, let_go: pd.Series, at: Any) -> pd.DataFrame:
    """Earlier lines for those of `ready` at `at`: the history, and what of the batch itself was let go before them.

    Of the same people only, and never of the same encounters.
    """
    mine = ready.iloc[at]
    before = (
        (let_go < let_go.iloc[at].min()).to_numpy()
        & ready["patient_id"].isin(mine["patient_id"].unique()).to_numpy()
        & ~ready["encounter_id"].isin(mine["encounter_id"].unique()).to_numpy()
    )
    return pd.concat([earlier, ready[before]], ignore_index=True) if before.any() else earlier


def _gate(module: ModuleType, batch: Batch, asked: list[tuple[Any, JudgeContext]]) -> pd.DataFrame:
    if batch.encounters is None or batch.masters is None:
        raise ValueError("a gate needs encounters and masters")
    parts = []
    for at, under in asked:
        lines = batch.lines.iloc[at]
        mine = batch.encounters[batch.encounters["row_id"].isin(lines["encounter_row_id"])]
        seen = visits.assemble(mine, batch.masters, under)
        parts.append(gates.run(Case(seen, lines, batch.masters, under, batch.history), [module]))
    return together(parts)


def spoken_of(said: pd.DataFrame, lines: pd.DataFrame) -> Flags:
    """Whether each of the lines (encounter_id, position) is named by what `replay` said, itself or its encounter."""
    whole = said.loc[said["line"].isna(), "encounter_id"]
    some = said[said["line"].notna()]
    flagged = among(lines["encounter_id"], whole).to_numpy(copy=True)
    maybe = np.flatnonzero(among(lines["encounter_id"], some["encounter_id"]))
    named = pd.MultiIndex.from_arrays([some["encounter_id"], some["line"].astype("int64")])
    near = lines[["encounter_id", "position"]].iloc[maybe]
    here = pd.MultiIndex.from_arrays([near["encounter_id"], near["position"].astype("int64")])
    flagged[maybe] |= here.isin(named)
    return flagged


def outcome(said: pd.DataFrame, answers: pd.DataFrame, rule_id: str, hold_days: float) -> pd.DataFrame:
    """Counts by payer, Frame[COLUMNS], one claim counted once; see the module for what each means."""
    lines = answers.reset_index(drop=True)
    flagged, right = spoken_of(said, lines), _foreseen(lines, rule_id)
    # Claims of which the rule says nothing and nothing was of its kind are counted, and that is all.
    touched = among(lines["claim_id"], lines.loc[flagged | right, "claim_id"]).to_numpy()
    silent = lines.loc[~touched, ["payer_id", "claim_id"]].dropna().drop_duplicates()
    rows = _judged(lines[touched], flagged[touched], right[touched], hold_days)
    both = pd.concat([rows, silent[["payer_id"]].assign(claims=1)], ignore_index=True)
    found = both.groupby("payer_id", observed=True)[COUNTS].sum().reset_index()
    return found.astype({name: "int64" for name in COUNTS if name != "days_delayed"})[COLUMNS]


def _foreseen(lines: pd.DataFrame, rule_id: str) -> Flags:
    """Whether each line was denied for what the rule is about."""
    denied = lines["denied"].fillna(False).to_numpy(dtype=bool)
    told = lines.loc[denied, ["category", "reasons"]]
    predicts = rulebook.predictions().get(rule_id)
    foreseen = {
        key: denial_rules.foreseen(rule_id, *key, predicts)
        for key in told.drop_duplicates().itertuples(index=False, name=None)
    }
    right = denied.copy()
    right[denied] = [foreseen[key] for key in told.itertuples(index=False, name=None)]
    return right


def _judged(lines: pd.DataFrame, flagged: Flags, right: Flags, hold_days: float) -> pd.DataFrame:
    """One row a claim, Frame[COLUMNS]."""
    answered = lines["denied"].notna()
    denied = lines["denied"].fillna(False).astype(bool)
    waited = (lines["answered_on"] - lines["built_on"]).dt.days
    claims = pd.DataFrame(
        {
            "claim_id": lines["claim_id"],
            "payer_id": lines["payer_id"],
            "flagged": flagged,
            "open": flagged & ~answered,
            "right": flagged & right,
            "other": flagged & denied & ~right,
            "missed": right & ~flagged,
            "prevented_cents": lines["denied_cents"].where(flagged & right, 0),
            "paid_cents": lines["paid_cents"].fillna(0),
            "waited": waited.where(flagged & right),
        }
    )
    grouped = claims.groupby(["payer_id", "claim_id"], observed=True, sort=False)
    flags = grouped[["flagged", "open", "right", "other", "missed"]].any()
    sums = grouped[["prevented_cents", "paid_cents"]].sum()
    one = flags.join(sums).join(grouped[["waited"]].max()).reset_index()
    wrongly = one["flagged"] & ~one["right"] & ~one["other"] & ~one["open"]
    return pd.DataFrame(
        {
            "payer_id": one["payer_id"],
            "claims": 1,
            "flagged": one["flagged"],
            "denials_prevented": one["right"],
            "held_wrongly": wrongly,
            "denied_otherwise": one["other"] & ~one["right"],
            "missed": one["missed"] & ~one["right"],
            "not_judged": one["open"] & ~one["right"] & ~one["other"],
            "dollars_prevented_cents": one["prevented_cents"],
            "dollars_delayed_cents": one["paid_cents"].where(wrongly, 0),
            "days_saved": one["waited"].where(one["right"], 0).fillna(0),
            "days_delayed": wrongly * float(hold_days),
        }
    ).astype({name: "int64" for name in COUNTS if name != "days_delayed"})


def run(
    batches: Iterable[Batch], rule_id: str, context: JudgeContext, hold_days: float = 1.0
) -> pd.DataFrame:
    """The rule over all of history: counts by payer, Frame[COLUMNS], the largest prevented sum first.

    A claim whose lines are in two batches (days of two months) is counted in each.
    """
    parts = [_of_batch(batch, rule_id, context, hold_days) for batch in batches if len(batch.lines)]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    sums = pd.concat(parts, ignore_index=True).groupby("payer_id")[COUNTS].sum().reset_index()
    order = ["dollars_prevented_cents", "payer_id"]
    return sums.sort_values(order, ascending=[False, True]).reset_index(drop=True)


def _of_batch(batch: Batch, rule_id: str, context: JudgeContext, hold_days: float) -> pd.DataFrame:
    said = replay(batch, rule_id, context)
    answers = batch.answers(said) if callable(batch.answers) else batch.answers
    return outcome(said, answers, rule_id, hold_days)


def spans(days: pd.Series, lines: int) -> Iterator[list[pd.Timestamp]]:
    """Days of service in runs of about so many lines, in order; one day is never cut."""
    counts = days.value_counts().sort_index()
    part: list[pd.Timestamp] = []
    size = 0
    for day, count in counts.items():
        if part and size + count > lines:
            yield part
            part, size = [], 0
        part.append(pd.Timestamp(day))  # type: ignore[arg-type]
        size += int(count)
    if part:
        yield part
