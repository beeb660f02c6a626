"""What ``x12 inspect`` shows to people: a tree of envelopes, transaction sets and problems for each file.

A function of the reports that ``connectors.x12.inspect`` makes. Everything is `Text`, which knows no markup, so that
nothing in a file can change how it looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from flows.desk import money

Report = dict[str, Any]

# What is shown of each list unless everything is asked for.
SETS, PROBLEMS, FILES = 20, 20, 20

GROUPS = {
    "FA": "acknowledgments",
    "HB": "eligibility answers",
    "HC": "claims",
    "HI": "authorizations",
    "HN": "claim status",
    "HP": "remittances",
    "HR": "status requests",
    "HS": "eligibility requests",
}
USAGE = {"T": "test", "P": "production", "I": "information"}
USUAL = {"element": "*", "component": ":", "repetition": "^", "segment": "~"}
SEVERITY = {"error": "bold red", "warning": "yellow"}
AMOUNTS = (("charge", "charge_cents"), ("paid", "paid_cents"), ("PLB", "plb_cents"), ("BPR", "bpr_cents"))

# What a person can do about it.
HINTS = {
    "IEA_MISSING": "the file was probably cut off; fetch it again",
    "ZIP_ENCRYPTED": "unpack it with its password, then inspect what comes out",
    "PGP_ENCRYPTED": "decrypt it, then inspect what comes out",
    "ZIP_DAMAGED": "fetch it again",
    "GZ_DAMAGED": "fetch it again",
}
LIKE = {
    "empty": "there is nothing in it",
    "PDF": "this is a PDF; ask for the electronic file (ERA), not the printed one",
    "office document": "this is an office document",
    "picture": "this is a picture",
    "UTF-16 text": "this is UTF-16 text; save it as plain text",
    "EBCDIC text": "this is EBCDIC text; fetch it in ASCII mode",
    "XML or HTML": "this is XML or HTML, perhaps an error page of the portal",
    "X12 without its ISA": "this is X12 whose beginning (ISA) is lost",
    "text": "this is some other text",
    "binary": "these are bytes of another kind",
}


def tree(report: Report, *, everything: bool = False) -> Tree:
    """One file, from its envelopes down to its problems."""
    root = Tree(_file(report))
    _add_problems(root, report["problems"], everything, "of the file", report.get("looks_like"))
    shown = _worth_showing(report["transactions"], None if everything else SETS)
    if len(report["transactions"]) > 1:
        for total in totals([report]):
            root.add(total)
    lost = [number for number in shown if report["transactions"][number]["interchange"] is None]
    for number, interchange in enumerate(report["interchanges"]):
        mine = [n for n in shown if report["transactions"][n]["interchange"] == number]
        if mine or len(report["interchanges"]) <= SETS or everything:
            _add_interchange(root, interchange, report["transactions"], mine, everything)
    for number in lost:
        _add_set(root, report["transactions"][number], everything)
    if left := len(report["transactions"]) - len(shown):
        root.add(_more(left, "transaction set", "without an error" if _sound(report, shown) else ""))
    return root


def totals(reports: Sequence[Report]) -> list[Text]:
    """What several sets come to, kind by kind: counts and verdicts, amounts."""
    of_kind: dict[str, list[dict[str, Any]]] = {}
    for report in reports:
        for each in report["transactions"]:
            of_kind.setdefault(str(each["type"]), []).append(each)
    return [_total(kind, of_kind[kind]) for kind in sorted(of_kind)]


def _total(kind: str, sets: Sequence[dict[str, Any]]) -> Text:
    text = Text(f"{len(sets):,} x {_plain(kind)}")
    balanced = Counter(each["balanced"] for each in sets)
    if balanced[True]:
        text.append(f"  {balanced[True]:,} balanced", "green")
    if balanced[False]:
        text.append(f"  {balanced[False]:,} not balanced", "bold red")
    names = (("claims", "claim"), ("lines", "line"))
    counted = [_count(_sum(sets, name), one) for name, one in names if _has(sets, name)]
    text.append(f"  {', '.join(counted)}" if counted else "")
    amounts = [f"{name} {money(_sum(sets, key))}" for name, key in AMOUNTS if _has(sets, key)]
    return text.append("\n" + "  ".join(amounts)) if amounts else text


def summary(reports: Sequence[Report], hidden: int) -> list[RenderableType]:
    """What is said below several files."""
    lines: list[RenderableType] = []
    if hidden:
        lines.append(_more(hidden, "file", "without an error"))
    severities = Counter(problem["severity"] for report in reports for problem in _all_problems(report))
    strangers = sum(report["kind"] is None for report in reports)
    text = Text(f"{len(reports):,} files", "bold")
    text.append(f", {strangers:,} not X12" if strangers else "")
    text.append(f", {_count(severities['error'], 'error')}, {_count(severities['warning'], 'warning')}")
    return [*lines, text, *totals(reports)]


def has_error(report: Report) -> bool:
    """Whether a file is no X12, holds an error, or does not balance."""
    return (
        report["kind"] is None
        or any(problem["severity"] == "error" for problem in _all_problems(report))
        or any(each["balanced"] is False for each in report["transactions"])
    )


def _all_problems(report: Report) -> Iterable[dict[str, Any]]:
    yield from report["problems"]
    for each in report["transactions"]:
        yield from each["problems"]


# --- the levels of the tree --------------------------------------------------------------------------------------


def _file(report: Report) -> Text:
    text = Text(_plain(PurePath(report["path"]).name), "bold")
    kind = report["kind"] or "not X12"
    text.append(f"  {_plain(kind)}", "" if report["kind"] else "bold red")
    text.append(f"  {report['bytes']:,} bytes  {report['sha256'][:16]}", "dim")
    return text


def _add_interchange(
    root: Tree,
    interchange: dict[str, Any],
    sets: Sequence[dict[str, Any]],
    shown: Sequence[int],
    everything: bool,
) -> None:
    branch = root.add(_interchange(interchange))
    for answer in interchange["ta1"]:
        branch.add(_ta1(answer))
    grouped: set[int] = set()
    for group in interchange["groups"]:
        members = set(group["transactions"])
        mine = [number for number in shown if number in members]
        grouped.update(mine)
        if mine or len(interchange["groups"]) <= SETS or everything:
            below = branch.add(_group(group))
            for number in mine:
                _add_set(below, sets[number], everything)
    for number in shown:
        if number not in grouped:
            _add_set(branch, sets[number], everything)


def _interchange(found: dict[str, Any]) -> Text:
    def party(role: str) -> str:
        return f"{_plain(found[f'{role}_id'] or '?')} ({_plain(found[f'{role}_qualifier'] or '?')})"

    text = Text(f"interchange {_plain(found['control'] or '?')}")
    text.append(f"  {USAGE.get(found['usage'], 'usage ?')}  {_moment(found['date'], found['time'])}")
    text.append("  asks for a TA1" if found["asks_ta1"] else "")
    text.append(f"\n{party('sender')} to {party('receiver')}")
    odd = [
        f"{name} {_named(own)}" for name, own in found["delimiters"].items() if own not in (USUAL[name], None)
    ]
    if odd:
        text.append(f"\ndelimiters: {', '.join(odd)}")
    return text


def _ta1(answer: dict[str, Any]) -> Text:
    code = _plain(answer["code"] or "?")
    text = Text("TA1 for interchange " + _plain(answer["control"] or "?") + ": ")
    words = {"A": "accepted", "E": "accepted with errors", "R": "rejected"}
    text.append(f"{code} {words.get(code, '')}".strip(), {"A": "green", "R": "bold red"}.get(code, "yellow"))
    return text.append(f", note {_plain(answer['note'] or '?')}")


def _group(group: dict[str, Any]) -> Text:
    named = _plain(group["functional_id"] or "?")
    words = f" {GROUPS[named]}" if named in GROUPS else ""
    return Text(
        f"group {_plain(group['control'] or '?')}  {named}{words}  {_plain(group['version'] or '')}".rstrip()
    )


def _add_set(branch: Tree, found: dict[str, Any], everything: bool) -> None:
    below = branch.add(_set(found))
    _add_problems(below, found["problems"], everything)


def _set(found: dict[str, Any]) -> Text:
    """Kind, verdict and counts; amounts; what is off and where."""
    text = Text(f"{_plain(found['type'])} {_plain(found['control'] or '?')}", "bold")
    if found["balanced"] is not None:
        text.append("  balanced" if found["balanced"] else "  not balanced", _colour(found["balanced"]))
    elif not found["intact"]:
        text.append("  envelope damaged", "bold red")
    names = (("claims", "claim"), ("lines", "line"), ("segments", "segment"))
    counts = [_count(found[name], one) for name, one in names if found[name] is not None]
    text.append(f"  {', '.join(counts)}")
    amounts = [f"{name} {money(found[key])}" for name, key in AMOUNTS if found[key] is not None]
    if amounts:
        text.append("\n" + "  ".join(amounts))
    if found["answers"]:
        text.append("\nanswers: " + ", ".join(f"{many:,} {code}" for code, many in found["answers"].items()))
    if found.get("trace"):
        text.append(f"\ntrace {_plain(found['trace'])}")
    for reason in _reasons(found) if found["balanced"] is False else []:
        text.append(f"\n{reason}", "red")
    return text


def _reasons(found: dict[str, Any]) -> list[str]:
    """By how much, and where, an 835 is off."""
    reasons = [] if found["intact"] else ["the envelope around it is damaged"]
    if found["difference_cents"]:
        reasons.append(f"BPR is off by {_cents(found['difference_cents'])}")
    elif found["difference_cents"] is None:
        reasons.append("BPR cannot be compared with the claims: an amount is not known")
    for name, one in (("claims", "claim"), ("lines", "line")):
        off = found["unbalanced"][name]
        if off["count"]:
            which = "at" if off["count"] == 1 else "the first at"
            by = (
                "an amount that is not known"
                if off["difference_cents"] is None
                else _cents(off["difference_cents"])
            )
            reasons.append(f"{_count(off['count'], one)} off, {which} segment {off['segment']} by {by}")
    return reasons


def _add_problems(
    branch: Tree,
    problems: Sequence[dict[str, Any]],
    everything: bool,
    where: str = "",
    looks_like: str | None = None,
) -> None:
    """Errors first; what is left out is counted."""
    ordered = sorted(problems, key=lambda problem: problem["severity"] != "error")
    shown = ordered if everything else ordered[:PROBLEMS]
    for problem in shown:
        leaf = branch.add(_problem(problem, where, looks_like))
        if problem.get("raw"):
            leaf.add(Text(_plain(problem["raw"]), "dim"))
    if left := len(problems) - len(shown):
        branch.add(_more(left, "problem"))


def _problem(problem: dict[str, Any], where: str, looks_like: str | None) -> Text:
    text = Text(problem["severity"], SEVERITY.get(problem["severity"], ""))
    text.append(f" {problem['code']}", "bold")
    if problem["segment"] is not None:
        loop = f" ({problem['loop']})" if problem["loop"] else ""
        text.append(f" at segment {problem['segment']}{' ' + where if where else ''}{loop}")
    text.append(f": {problem['message']}")
    hint = LIKE.get(looks_like or "") if problem["code"] == "NO_ISA" else HINTS.get(problem["code"])
    return text.append(f"; {hint}") if hint else text


# --- which sets, and words ---------------------------------------------------------------------------------------


def _worth_showing(sets: Sequence[dict[str, Any]], most: int | None) -> list[int]:
    """The numbers of the sets to show, in order: those that are wrong before the others."""
    if most is None or len(sets) <= most:
        return list(range(len(sets)))
    wrong = [number for number, each in enumerate(sets) if _wrong(each)][:most]
    others = [number for number, each in enumerate(sets) if not _wrong(each)][: most - len(wrong)]
    return sorted(wrong + others)


def _wrong(found: dict[str, Any]) -> bool:
    return found["balanced"] is False or any(each["severity"] == "error" for each in found["problems"])


def _sound(report: Report, shown: Sequence[int]) -> bool:
    """Whether every set that is not shown is without an error."""
    return sum(map(_wrong, report["transactions"])) == sum(_wrong(report["transactions"][n]) for n in shown)


def _more(many: int, one: str, rest: str = "") -> Text:
    plural = "" if many == 1 else "s"
    return Text(f"... and {many:,} more {one}{plural} {rest}".rstrip() + " (--all shows them)", "dim")


def _count(many: int, one: str) -> str:
    return f"{many:,} {one}{'' if many == 1 else 's'}"


def _cents(cents: int) -> str:
    return f"{cents:,} cent{'' if abs(cents) == 1 else 's'}"


def _colour(good: bool) -> str:
    return "green" if good else "bold red"


def _has(sets: Sequence[dict[str, Any]], key: str) -> bool:
    return any(each[key] is not None for each in sets)


def _sum(sets: Sequence[dict[str, Any]], key: str) -> int:
    return sum(each[key] or 0 for each in sets)


def _moment(day: str | None, minute: str | None) -> str:
    """ISA09 and ISA10 as a person writes them, or as sent."""
    day, minute = _plain(day or "?"), _plain(minute or "?")
    if len(day) == 6 and day.isdecimal():
        day = f"20{day[:2]}-{day[2:4]}-{day[4:]}"
    return f"{day} {minute[:2]}:{minute[2:]}" if len(minute) == 4 else f"{day} {minute}"


def _named(delimiter: str) -> str:
    names = {"\n": "line feed", "\r": "carriage return", "\t": "tab"}
    return names.get(delimiter, delimiter if delimiter.isprintable() else f"0x{ord(delimiter):02x}")


def _plain(value: str) -> str:
    """What a file holds, without what could move the cursor or change its colour."""
    return "".join(each if each.isprintable() else "?" for each in value.strip(" "))
