"""The whole rule book: gates, coding and scrub rules, each with its page, source and version.

A rule of the scrub knows its manual (`scrub.registry.manual`), a gate is a module with one id. What coding says while
it derives charge lines (``CODING_*``, ``FEE_MISSING``) has no module of its own: its page is that of coding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import ModuleType

from tasks.billing import coding, denial_rules, fees, judge
from tasks.billing.gates import registry as gates
from tasks.billing.scrub import registry as scrub
from tasks.billing.scrub.registry import FIRST, Rule

AS_SAID = "As the finding says."
PAGES: dict[str, ModuleType] = {"FEE_MISSING": fees, "CODING_INCOMPLETE": judge}


def _gate(module: ModuleType) -> Rule:
    fix = f"{module.FIX[:1].upper()}{module.FIX[1:]}."
    return Rule(
        module.ID,
        getattr(module, "DEFAULT_SEVERITY", "hold"),
        fix,
        module.SOURCE,
        module.__doc__ or "",
        getattr(module, "VERSION", 1),
        getattr(module, "SINCE", FIRST),
        tuple(getattr(module, "REFERENCES", ())),
        None,
        getattr(module, "PREDICTS", None) or denial_rules.predicted(module.ID),
    )


def _coding(rule_id: str) -> Rule:
    page = PAGES.get(rule_id, coding).__doc__ or ""
    predicts = denial_rules.predicted(rule_id)
    return Rule(rule_id, "hold", AS_SAID, coding.SOURCE, page, predicts=predicts)


def book(configured: Iterable[str] = ()) -> dict[str, Rule]:
    """Every rule by id: gates, then what coding says (the `configured` ids that are nobody else's), then the scrub."""
    asked = {gate.ID: _gate(gate) for gate in (*gates.GATES, *gates.AUTHORIZATION_GATES)}
    scrubbed = scrub.manual()
    others = {rule: _coding(rule) for rule in configured if rule not in asked and rule not in scrubbed}
    return asked | others | scrubbed


@cache
def predictions() -> Mapping[str, str | None]:
    """What a payer would answer where a rule is not heeded, by rule id."""
    return {rule_id: page.predicts for rule_id, page in book().items()}


def family(rule_id: str) -> str:
    """gate, coding or scrub."""
    if rule_id in {gate.ID for gate in (*gates.GATES, *gates.AUTHORIZATION_GATES)}:
        return "gate"
    return "scrub" if rule_id in scrub.manual() else "coding"
