"""Judging: which encounters may be billed today, as what, and why the others wait.

Assemble the visit, code it, ask every gate and every scrub rule, then give out authorized units to the encounters
that nothing else holds. The answer for an encounter is one decision, held or charged, with its findings; it is a
fact, and a new one is written only when the answer changes. Held encounters are judged again every day, so that a
recorded enrolment, a signature or a retroactive authorization lets them go without anybody's doing.

Nothing here reads a clock: the same encounters, masters and context give the same rows with the same ids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from configs.identity import digests
from tasks.billing import authorizations, coding, findings, suppressions
from tasks.billing.context import Column, JudgeContext, Masters, beside, words
from tasks.billing.gates import authorization_week
from tasks.billing.gates import registry as gates
from tasks.billing.gates.case import Case
from tasks.billing.scrub import registry as scrub
from tasks.billing.shapes import conform, shape
from tasks.billing.visits import assemble

DECISIONS = shape("decision_id encounter_id encounter_row_id sequence:int outcome previous_id decided_on:day")
FINDINGS = shape(
    "finding_id decision_id encounter_id line:int rule_id severity fields message fix source reference_version change"
    " predicts data_as_of:day"
)
SHADOWS = shape("shadow_id rule_id encounter_id encounter_row_id line:int payer_id charge_cents")
CHARGES = shape(
    "charge_id encounter_id encounter_row_id decision_id position:int patient_id payer_id coverage_id"
    " secondary_coverage_id rendering_id supervising_id service_date:day place_of_service code modifiers units:int"
    " charge_cents diagnoses pointers authorization_id level_of_care form revenue_code type_of_bill condition_codes"
    " stay_id"
)  # fmt: skip
HELD, CHARGED = "held", "charged"
# What makes two charge lines the same line: the encounter's version, the coding and who is billed how.
IDENTITY = words(
    "encounter_row_id position payer_id coverage_id rendering_id supervising_id place_of_service code modifiers units"
    " charge_cents diagnoses pointers"
)
# And two lines of an 837I.
IDENTITY_OF_STAYS = words("form revenue_code type_of_bill condition_codes stay_id")
# What a charge line cannot be without.
NEEDED = words(
    "patient_id payer_id coverage_id rendering_id place_of_service code units charge_cents diagnoses pointers"
)
SPOKEN = words("line rule_id severity fields message")  # what makes two answers the same answer


@dataclass(frozen=True)
class Judgement:
    """New facts, in the ledger's columns: decisions that changed, their findings, and what was charged.

    `shadows` is what rules in shadow mode would have said of every encounter judged.
    """

    decisions: pd.DataFrame
    findings: pd.DataFrame
    charges: pd.DataFrame
    reservations: pd.DataFrame
    shadows: pd.DataFrame


def _holding(found: pd.DataFrame) -> set[str]:
    return set(found.loc[found["severity"] == "hold", "encounter_id"])


def _incomplete(visits: pd.DataFrame, lines: pd.DataFrame, held: set[str]) -> pd.DataFrame:
    """Encounters that no rule holds and that still cannot be written down: no line, or a line with a hole.

    Severities are configuration; this is what keeps a rule that was switched off from losing or zeroing a charge.
    """
    free = visits[~visits["encounter_id"].isin(held)]
    holes = lines[lines[NEEDED].isna().any(axis=1)]
    bad = free[
        ~free["encounter_id"].isin(lines["encounter_id"]) | free["encounter_id"].isin(holes["encounter_id"])
    ]
    return findings.about(
        bad,
        "CODING_INCOMPLETE",
        "the encounter gives no complete charge line",
        fields=" ".join(f"charge_lines.{name}" for name in NEEDED),
        fix="complete the encounter and the records it names",
        source="coding v1: columns a charge line cannot be without",
    )


def _in_weeks(
    case: Case, lines: pd.DataFrame, entries: pd.DataFrame, weighed: Callable[[pd.DataFrame], pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Units for `lines` without the encounters that a week's limit holds, and what was said of those.

    What is held spends nothing, so the units go to the next ones. Only a patient's first encounter over a week is
    certain (what comes after depends on it), therefore the rounds.
    """
    on_file = case.masters.authorizations
    facility = case.context.npi
    given = authorizations.allocate(lines, on_file, entries, facility=facility)
    told: list[pd.DataFrame] = []
    while True:
        now = Case(case.visits, lines, case.masters, case.context, case.history, given)
        said = gates.run(now, [authorization_week])
        over = lines[lines["encounter_id"].isin(_holding(weighed(said)))]
        if over.empty:
            return given, findings.together(told)
        first = over.sort_values(["service_date", "encounter_id"]).drop_duplicates("patient_id")
        told.append(said[said["encounter_id"].isin(first["encounter_id"])])
        lines = lines[~lines["encounter_id"].isin(first["encounter_id"])]
        theirs = lines["patient_id"].isin(first["patient_id"])
        again = authorizations.allocate(lines[theirs], on_file, entries, facility=facility)
        given = pd.concat([given.loc[lines.index[~theirs]], again]).reindex(lines.index)


def _authorized(
    case: Case,
    entries: pd.DataFrame,
    held: set[str],
    weighed: Callable[[pd.DataFrame], pd.DataFrame],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lines with their authorization, and what the authorization gates say.

    Encounters held for something else, or by a week's limit, spend no units; they hear only what would be missing.
    """
    lines, on_file = case.lines, case.masters.authorizations
    needed = authorizations.required(lines)
    free = needed & ~lines["encounter_id"].isin(held)
    given, weeks = _in_weeks(case, lines[free], entries, weighed)
    asking, asked = lines.loc[given.index], lines[needed & ~lines.index.isin(given.index)]
    taken = asking.assign(
        authorization_id=given["authorization_id"],
        charge_id=asking["encounter_id"] + "/" + asking["position"].astype("str"),
        cause="judging",
    )
    spent = pd.concat([entries, authorizations.told(authorizations.reserve(taken), taken)], ignore_index=True)
    told = authorizations.allocate(asked, on_file, spent, pooled=False, facility=case.context.npi)
    missing = asked.loc[told["authorization_id"].isna(), "encounter_id"]
    found = [
        weeks[~weeks["encounter_id"].isin(missing)],  # without units no other week would help
        gates.run(
            Case(case.visits, asking, case.masters, case.context, case.history, given),
            gates.AUTHORIZATION_GATES,
        ),
        gates.run(
            Case(case.visits, asked, case.masters, case.context, case.history, told),
            gates.AUTHORIZATION_GATES[:1],
        ),
    ]
    return lines.assign(authorization_id=given["authorization_id"].reindex(lines.index)), findings.together(
        found
    )


def _signatures(found: pd.DataFrame) -> Column:
    """What was said of each encounter as one text, by encounter_id; the order of the rules does not matter."""
    said = found[SPOKEN].astype("str").fillna("")
    text = said.agg("\x1f".join, axis=1) if len(said) else pd.Series(dtype="str")
    ordered = pd.DataFrame({"encounter_id": found["encounter_id"], "text": text}).sort_values(
        ["encounter_id", "text"]
    )
    return ordered.groupby("encounter_id")["text"].agg("\x1e".join)


def _identify(answers: pd.DataFrame, previous: Column) -> list[str]:
    parts = zip(answers["encounter_row_id"], answers["outcome"], answers["signature"], previous, strict=True)
    return digests("decision", parts)


def _decide(
    visits: pd.DataFrame, found: pd.DataFrame, previous: pd.DataFrame, context: JudgeContext
) -> pd.DataFrame:
    """Decisions that differ from the newest ones before.

    The old answer is recognised by its id: the same version, outcome and findings after the same decision give
    the same digest. The business date is not part of it.
    """
    held = _holding(found)
    answers = visits[["encounter_id", "encounter_row_id"]].copy()
    answers["outcome"] = answers["encounter_id"].isin(held).map({True: HELD, False: CHARGED})
    answers["signature"] = beside(answers["encounter_id"], _signatures(found)).fillna("")
    newest = previous.sort_values("sequence").drop_duplicates("encounter_id", keep="last")
    before = newest.set_index("encounter_id").reindex(answers["encounter_id"]).set_index(answers.index)
    answers["again"] = _identify(answers, before["previous_id"])
    answers["previous_id"] = before["decision_id"]
    answers["decision_id"] = _identify(answers, answers["previous_id"])
    answers["sequence"] = before["sequence"].astype("Int64").fillna(0) + 1
    answers["decided_on"] = context.today
    changed = before["decision_id"].isna() | (answers["again"] != before["decision_id"])
    return conform(answers[changed], DECISIONS)


def _identified_findings(found: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    rows = found.merge(decisions[["encounter_id", "decision_id"]], on="encounter_id")
    named = zip(
        rows["decision_id"], rows["rule_id"], rows["line"], rows["fields"], rows["message"], strict=True
    )
    return conform(rows.assign(finding_id=digests("finding", named)), FINDINGS)


def _shadows(said: pd.DataFrame, visits: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """What rules in shadow mode would have said, with the money they would have spoken about."""
    rows = said.merge(visits[["encounter_id", "encounter_row_id", "payer_id"]], on="encounter_id")
    alone = lines[["encounter_id", "position", "charge_cents"]].rename(columns={"position": "line"})
    rows = rows.merge(alone, on=["encounter_id", "line"], how="left")
    whole = lines.groupby("encounter_id")["charge_cents"].sum(min_count=1)
    rows["charge_cents"] = (
        rows["charge_cents"].astype("Int64").fillna(beside(rows["encounter_id"], whole.astype("Int64")))
    )
    named = zip(rows["rule_id"], rows["encounter_row_id"], rows["line"], strict=True)
    rows = rows.assign(shadow_id=digests("shadow", named)).drop_duplicates("shadow_id")
    return conform(rows, SHADOWS)


def _charges(lines: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    charged = decisions[decisions["outcome"] == CHARGED]
    rows = lines.merge(charged[["encounter_id", "decision_id"]], on="encounter_id")
    rows["charge_id"] = digests("charge", rows[IDENTITY].itertuples(index=False, name=None))
    of_stay = rows["form"].notna()
    named = rows.loc[of_stay, [*IDENTITY, *IDENTITY_OF_STAYS]].itertuples(index=False, name=None)
    rows.loc[of_stay, "charge_id"] = digests("charge", named)
    return conform(rows, CHARGES)


def _unbilled(encounters: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Encounters without those whose very version is charged already: charging is final for a version."""
    return encounters[~encounters["row_id"].isin(history["encounter_row_id"])]


def judge(
    encounters: pd.DataFrame,
    masters: Masters,
    context: JudgeContext,
    *,
    history_lines: pd.DataFrame,
    authorization_units: pd.DataFrame,
    previous_decisions: pd.DataFrame,
    suppressed: pd.DataFrame | None = None,
) -> Judgement:
    """Judge `encounters` (current versions, with ``row_id``).

    `history_lines` are the charge lines of the same people that stand (for duplicates, pairs and amended
    encounters), with their visit and payer (``billed.completed``), `authorization_units` all entries so far,
    `previous_decisions` the newest decision of each encounter. Gives only what is new; judging the same again with
    what it gave stored gives empty frames. `suppressed` is what people said of rules (the table ``suppressions``).
    """
    visits = assemble(_unbilled(encounters, history_lines), masters, context)
    coded = coding.code(visits, masters, context)
    case = Case(visits, coded.lines, masters, context, history_lines)
    others = history_lines[~history_lines["encounter_id"].isin(visits["encounter_id"])]
    known = visits.set_index("encounter_id")
    given = conform(pd.DataFrame() if suppressed is None else suppressed, suppressions.SUPPRESSIONS)

    def weighed(said: pd.DataFrame) -> pd.DataFrame:
        heard = findings.weigh(said, known["payer_id"], context, known["service_date"])
        return suppressions.suppress(heard, given, context.today)

    first = weighed(findings.together([gates.run(case), coded.findings]))
    scrubbed = suppressions.suppress(scrub.run(coded.lines, visits, others, context), given, context.today)
    found = findings.together([first, scrubbed])
    found = findings.together([found, weighed(_incomplete(visits, coded.lines, _holding(found)))])
    lines, last = _authorized(case, authorization_units, _holding(found), weighed)
    found, shadows = findings.apart(findings.together([found, weighed(last)]))
    found = found.drop_duplicates(["encounter_id", *SPOKEN]).reset_index(drop=True)

    decisions = _decide(visits, found, previous_decisions, context)
    charges = _charges(lines, decisions)
    return Judgement(
        decisions=decisions,
        findings=_identified_findings(found, decisions),
        charges=charges,
        reservations=authorizations.reserve(charges.assign(cause=charges["decision_id"])),
        shadows=_shadows(shadows, visits, lines),
    )
