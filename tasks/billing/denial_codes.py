"""What one reason of a payer means: group, CARC and the remark codes beside it, looked up in the reference tables.

The group says who bears the money, and no code outdoes it: only group PR is ever asked of a patient. What the reason is
follows in this order (dossier 5.1):

1. a row of ``denial_overrides.tsv``, the narrower before the wider (12 before 10), else by its priority;
2. the row of ``carc.tsv``, unless that CARC says nothing alone (`NEEDS_RARC`);
3. the row of ``rarc.tsv`` of the first remark that decides. Alerts never decide; they only protect the patient.

A reason that none of them decides is work for a person and no guess: ``by_rarc`` where the remark is missing,
``unknown_code`` where nobody knows the CARC. Flags (``denial_flags.tsv``) stand beside the verdict and change none.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache

from configs import reference

# CARCs that explain nothing without a RARC (dossier 5.1).
NEEDS_RARC = frozenset(["16", "96", "A1", "129", "148", "226", "227", "234", "250", "251", "252"])
PATIENT = "PR"


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

    def fits(self, group: str, carc: str, marks: tuple[str, ...], whole: bool) -> bool:
        """Whether the row speaks of a reason with these codes; `whole` where it takes the whole charge."""
        return (
            self.group in ("any", group)
            and (not self.carcs or carc in self.carcs)
            and (not self.rarcs or not self.rarcs.isdisjoint(marks))
            and (whole or not self.whole_charge)
        )


@dataclass(frozen=True)
class Meaning:
    """What a reason is. ``rarc`` is the remark that decided, or that stands beside a denial; blank where none."""

    priority: int
    category: str
    denial: bool
    action: str
    root_stage: str
    preventable: str
    rarc: str
    flags: tuple[str, ...] = ()
    protects_patient: bool = False


@cache
def overrides() -> tuple[Override, ...]:
    """The overrides that speak about one adjustment, in the order in which they are asked.

    Rows 19 and 20 speak about a whole line (paid with CO-45 only; status 4 with everything to the deductible)
    and follow from the others: neither CO-45 nor PR-1 is a denial.
    """
    rows = []
    for row in reference.table("denial_overrides"):
        if "(line " in row["carc"] + row["rarc"] or "CLP02" in row["carc"] + row["rarc"]:
            continue
        carcs = row["carc"].split("(")[0].split()
        rows.append(
            Override(
                int(row["priority"]),
                row["group"],
                frozenset() if carcs == ["any"] else frozenset(carcs),
                frozenset() if row["rarc"] == "any" else frozenset(row["rarc"].split()),
                "(" in row["carc"],
                row["category"],
                row["is_denial"] == "Y",
                row["action"],
            )
        )
    return tuple(sorted(rows, key=lambda row: (not row.whole_charge, row.priority)))


@cache
def meaning(group: str, carc: str, marks: tuple[str, ...], whole: bool) -> Meaning:
    """What a reason is; `marks` are the remarks of its line, then of its claim, `whole` as in `Override.fits`."""
    row = reference.by_key("carc", "carc").get(carc)
    priority, category, denial, action, rarc = _decided(group, carc, marks, whole)
    own = (row["root_stage"], row["preventable"]) if row else ("payer", "P")
    stage, preventable = own if row and row["category"] == category else _usual().get(category, own)
    if group != PATIENT:
        category, action = _not_the_patients(category, action, denial)
    said = [flag for flag in _flags() if flag.fits(group, carc, marks)]
    flags = [flag.name for flag in said]
    if group == PATIENT and row and row["is_denial"] == "Y" and PATIENT not in row["usual_groups"].split():
        flags.append(
            "check_network"
        )  # the provider's own fault: no network contract lets a patient pay for it
    return Meaning(
        priority,
        category,
        denial,
        action,
        stage,
        preventable,
        rarc,
        tuple(dict.fromkeys(flags)),
        any(flag.protects_patient for flag in said),
    )


def _decided(group: str, carc: str, marks: tuple[str, ...], whole: bool) -> tuple[int, str, bool, str, str]:
    """Priority, category, denial, action and the remark, by the first table that decides."""
    speaking = next(iter(_speaking(marks)), "")
    for rule in overrides():
        if rule.fits(group, carc, marks, whole):
            named = [mark for mark in marks if mark in rule.rarcs]
            rarc = named[0] if named else speaking if rule.denial else ""
            return rule.priority, rule.category, rule.denial, rule.action, rarc
    row = reference.by_key("carc", "carc").get(carc)
    if row and carc not in NEEDS_RARC:
        denial = row["is_denial"] in ("Y", "COND")
        return 60, row["category"], denial, row["action"], speaking if denial else ""
    if speaking:
        remark = reference.by_key("rarc", "rarc")[speaking]
        return 70, remark["category"], True, remark["action"], speaking
    if row:
        return 80, "by_rarc", True, "call_payer", ""
    return 90, "unknown_code", group != PATIENT, "call_payer", ""


@cache
def _usual() -> dict[str, tuple[str, str]]:
    """Root stage and preventability of each category of denial, where a remark and not the CARC gave the category.

    Each is what most CARCs of the category have in ``carc.tsv``; the first of them where two tie.
    """
    rows = [row for row in reference.table("carc") if row["is_denial"] == "Y"]

    def most(category: str, column: str) -> str:
        return Counter(row[column] for row in rows if row["category"] == category).most_common(1)[0][0]

    found = dict.fromkeys(row["category"] for row in rows)
    return {category: (most(category, "root_stage"), most(category, "preventable")) for category in found}


def _speaking(marks: tuple[str, ...]) -> list[str]:
    """The remark codes that decide something: known and not alerts."""
    known = reference.by_key("rarc", "rarc")
    return [mark for mark in marks if mark in known and known[mark]["kind"] != "alert"]


def _not_the_patients(category: str, action: str, denial: bool) -> tuple[str, str]:
    """Category and action of a reason that is not group PR: whatever would bill the patient gives way.

    A patient's share under another group is no denial, and nobody can be billed for it until the payer explains it.
    """
    instead = reference.by_key("denial_actions", "action")[action]["instead"]
    if not instead:
        return category, action
    if category == "patient_resp" and not denial:
        return "payer_error_or_contract", "do_not_bill_patient"
    return category, instead


@dataclass(frozen=True)
class Flag:
    """A row of ``denial_flags.tsv``: a reason has it that bears one of the CARCs, or a remark among the RARCs."""

    name: str
    group: str
    carcs: frozenset[str]
    rarcs: frozenset[str]
    protects_patient: bool

    def fits(self, group: str, carc: str, marks: tuple[str, ...]) -> bool:
        """Whether a reason with these codes has the flag."""
        return self.group in ("any", group) and (carc in self.carcs or not self.rarcs.isdisjoint(marks))


@cache
def _flags() -> tuple[Flag, ...]:
    return tuple(
        Flag(
            row["flag"],
            row["group"],
            frozenset(row["carc"].split()),
            frozenset(row["rarc"].split()),
            row["protects_patient"] == "Y",
        )
        for row in reference.table("denial_flags")
    )


@cache
def closed_actions() -> frozenset[str]:
    """Actions after which nothing more is expected from a payer."""
    return frozenset(row["action"] for row in reference.table("denial_actions") if row["closed"] == "Y")


@cache
def ladders() -> tuple[tuple[str, ...], ...]:
    """Families of codes that payers pay down, the highest first (``downcoding.tsv``)."""
    return tuple(tuple(row["codes"].split()) for row in reference.table("downcoding"))
