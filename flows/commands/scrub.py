"""``cleanclaim scrub``: the rule book, files tried without the ledger, rules on history, people's word on rules."""

from __future__ import annotations

import datetime as dt
import getpass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from flows import desk

app = typer.Typer(no_args_is_help=True, help="The rules: read them, try them, silence one for a while.")
Encounter = Annotated[str, typer.Argument(help="Id of the encounter.")]
RuleId = Annotated[str, typer.Argument(help="Id of the rule, as 'scrub rules' lists it.")]
Line = Annotated[int | None, typer.Option("--line", min=1, help="Only this charge line of the encounter.")]
Config = Annotated[
    Path | None,
    typer.Option("--config", exists=True, dir_okay=False, help="A rules.toml to try on top of the home's."),
]
DAY = ["%Y-%m-%d"]
From = Annotated[dt.datetime | None, typer.Option("--from", formats=DAY, help="First day.")]
To = Annotated[dt.datetime | None, typer.Option("--to", formats=DAY, help="Last day.")]

Files = Annotated[
    list[Path],
    typer.Argument(
        help="Encounters, charges or masters: CSV, Parquet or JSON; the columns say what a file is.",
        exists=True,
        dir_okay=False,
    ),
]


@app.command("rules")
def rules(home: desk.Home = None, json_output: desk.Json = False) -> None:
    """Every rule with its severity here, its source and since when it is there."""
    entries = [_entry(*known) for known in _book(home)]
    if json_output:
        desk.print_json({"rules": entries})
        return
    columns = ["rule", "severity", "payers", "source"]
    body = [
        [
            entry["rule"],
            entry["severity"],
            " ".join(f"{payer}={severity}" for payer, severity in entry["payers"].items()),
            entry["source"],
        ]
        for entry in entries
    ]
    desk.out.print(desk.table(f"{len(entries)} rules", columns, body, whole=("rule",)))


@app.command("explain")
def explain(rule: RuleId, home: desk.Home = None, json_output: desk.Json = False) -> None:
    """A rule's page with its samples, what it is here, and how often it was right before."""
    from tasks import standing
    from tasks.trying import opened

    settings = desk.enter(home)
    known = {page.rule_id: (page, context) for page, context in _book(home)}
    if rule not in known:
        desk.fail(desk.USAGE, "no such rule: 'cleanclaim scrub rules' lists them")
    page, context = known[rule]
    entry = _entry(page, context) | {"page": page.page.strip()}
    with opened(settings) as ledger:
        record = standing.track_record(ledger) if ledger else pd.DataFrame({"rule_id": []})
    mine = record[record["rule_id"] == rule]
    none = {"said": 0, "judged": 0, "right": 0}
    entry["track_record"] = {name: int(mine[name].iloc[0]) for name in none} if len(mine) else none
    if json_output:
        desk.print_json({"rule": entry})
        return
    shown = [[name, _flat(value)] for name, value in entry.items() if name not in ("page", "rule")]
    desk.out.print(desk.table(rule, ["", ""], shown))
    desk.out.print(entry["page"], markup=False, soft_wrap=True)


def _flat(value: object) -> object:
    return " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else value


def _book(home: Path | None) -> list[tuple[Any, Any]]:
    """Pages of all rules, each with the context they are judged under."""
    from tasks import masters
    from tasks.billing import rulebook

    settings = desk.enter(home)
    context = masters.context(settings, dt.date.today())
    return [(page, context) for page in rulebook.book(context.severities).values()]


def _entry(page: Any, context: Any) -> dict[str, Any]:
    from tasks.billing import rulebook

    first, last = context.dates.get(page.rule_id, (None, None))
    return {
        "rule": page.rule_id,
        "family": rulebook.family(page.rule_id),
        "severity": context.severities.get(page.rule_id, page.severity),
        "payers": {
            payer: severity for (payer, rule), severity in context.overrides.items() if rule == page.rule_id
        },
        "from": first,
        "to": last,
        "parameters": dict(context.parameters.get(page.rule_id, {})),
        "version": page.version,
        "since": page.since,
        "source": page.source,
        "references": {kind: context.references.versions.get(kind) for kind in page.references},
        "fix": page.fix,
        "predicts": page.predicts,
    }


@app.command("try")
def try_(
    files: Files,
    masters: Annotated[
        Path | None,
        typer.Option(
            "--masters",
            exists=True,
            file_okay=False,
            help="Folder of master data; it wins over the ledger's.",
        ),
    ] = None,
    config: Config = None,
    date: Annotated[
        dt.datetime | None, typer.Option("--date", formats=DAY, help="Business date; default today.")
    ] = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Judge files without touching the ledger; works in an empty home, and without one where masters are given.

    Exit status 1 when something would be held or a row could not be read.
    """
    from tasks import trying

    settings = desk.enter(home, must_exist=masters is None)
    day = (date or dt.datetime.now()).date()
    tried = trying.try_files(settings, files, day, folder=masters, config=config)
    if json_output:
        desk.print_json(
            {
                "findings": desk.records(tried.findings),
                "counts": tried.counts,
                "problems": desk.records(tried.problems),
            }
        )
    else:
        _show(tried)
    if tried.counts["unusable_files"]:
        desk.fail(desk.USAGE, "a file could not be used")
    if not tried.counts["encounters"] + tried.counts["charges"] + tried.counts["kept_out"]:
        desk.fail(desk.USAGE, "nothing to judge: give a file of encounters or charges")
    if tried.holds or tried.counts["kept_out"]:
        raise typer.Exit(desk.WORK_LEFT)


def _show(tried: Any) -> None:
    from tasks import frames

    columns = ["encounter", "line", "rule", "severity", "message", "fix", "right before"]
    body: list[list[object]] = [
        [
            row["encounter"],
            "" if pd.isna(row["line"]) else row["line"],
            *(row[name] for name in ("rule", "severity", "message", "fix")),
            f"{row['right']} of {row['judged']}" if row["judged"] else "",
        ]
        for row in frames.records(tried.findings)
    ]
    counts = tried.counts
    title = f"{counts['encounters']} encounters, {counts['charges']} charges: {counts['held']} would be held"
    desk.out.print(desk.table(title, columns, body, whole=("encounter", "rule", "severity")))
    for problem in tried.problems.itertuples():
        desk.err.print(
            f"{problem.file}: line {problem.row}, column {problem.column}: {problem.code}: {problem.message}"
        )


@app.command("suppress")
def suppress(
    encounter: Encounter,
    rule: RuleId,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")],
    until: Annotated[dt.datetime, typer.Option("--until", formats=DAY, help="Last day it holds.")],
    line: Line = None,
    home: desk.Home = None,
) -> None:
    """Silence a rule about one encounter until a day; then it speaks again by itself."""
    _say(home, rule, "suppress", encounter, line=line, reason=reason, until=until.date())


@app.command("unsuppress")
def unsuppress(
    encounter: Encounter,
    rule: RuleId,
    line: Line = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; kept in the ledger.")] = None,
    home: desk.Home = None,
) -> None:
    """Let a suppressed rule speak again; without a line, about all of the encounter."""
    _say(home, rule, "unsuppress", encounter, line=line, reason=reason)


def _say(home: Path | None, rule: str, action: str, encounter: str, **values: Any) -> None:
    from tasks import scrubbing
    from tasks.door import open_ledger
    from tasks.people import Refused

    settings = desk.enter(home)
    if rule not in {page.rule_id for page, _ in _book(home)}:
        desk.fail(desk.USAGE, "no such rule: 'cleanclaim scrub rules' lists them")
    try:
        getattr(scrubbing, action)(open_ledger(settings), encounter, rule, person=getpass.getuser(), **values)
    except Refused as refused:
        desk.fail(desk.USAGE, str(refused))
    desk.out.print(f"{action}: {rule}")


@app.command("backtest")
def backtest(
    rule: Annotated[str, typer.Option("--rule", help="Id of a scrub rule or a gate.")],
    first: Annotated[dt.datetime, typer.Option("--from", formats=DAY, help="First day of service.")],
    last: Annotated[dt.datetime, typer.Option("--to", formats=DAY, help="Last day of service.")],
    config: Config = None,
    chart: Annotated[Path | None, typer.Option("--chart", dir_okay=False, help="An SVG file to write.")] = None,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:  # fmt: skip
    """Try a rule on what was billed and answered: denials it would have prevented, good claims it would have held."""
    from tasks import backtesting
    from tasks.billing.backtest import module_of
    from tasks.door import open_ledger

    settings = desk.enter(home)
    if module_of(rule) is None:
        desk.fail(
            desk.USAGE, "no such rule, or one that says nothing of what was billed (authorizations, coding)"
        )
    if last < first:
        desk.fail(desk.USAGE, "--to is before --from")
    days = first.date(), last.date()
    tested = backtesting.backtested(settings, open_ledger(settings), rule, *days, config)
    rows = tested.by_payer
    total = rows.drop(columns="payer_id").sum()
    if chart is not None:
        chart.write_text(_chart(rule, *days, rows), encoding="utf-8")
    if json_output:
        desk.print_json(
            {
                "rule": rule,
                "from": days[0],
                "to": days[1],
                "lines": tested.lines,
                "hold_days": tested.hold_days,
                "payers": desk.records(rows),
                "total": {str(name): value for name, value in total.items()},
            }
        )
        return
    columns = ["payer", "claims", "right", "saved", "wrong", "delayed", "other", "missed", "open"]
    body = [[str(row["payer_id"]), *_counts(row)] for _, row in rows.iterrows()]
    body.append(["all", *_counts(total)])
    title = f"{rule}, service {days[0]} to {days[1]}: {tested.lines} lines"
    desk.out.print(desk.table(title, columns, body, right=tuple(columns[1:]), whole=("payer",)))
    desk.out.print(
        f"right: {int(total['denials_prevented'])} denials it would have prevented, {int(total['days_saved'])} days of"
        f" waiting for them. wrong: {int(total['held_wrongly'])} paid claims it would have held,"
        f" {float(total['days_delayed']):.0f} days at {tested.hold_days:.0f} a hold. other: denied for something else."
        " missed: denials of its kind it says nothing about. open: held and not answered yet."
    )


def _counts(row: Any) -> list[object]:
    return [
        int(row["claims"]),
        int(row["denials_prevented"]),
        desk.money(int(row["dollars_prevented_cents"])),
        int(row["held_wrongly"]),
        desk.money(int(row["dollars_delayed_cents"])),
        *(int(row[name]) for name in ("denied_otherwise", "missed", "not_judged")),
    ]


def _chart(rule: str, first: dt.date, last: dt.date, rows: pd.DataFrame) -> str:
    from tasks import charts

    groups = [
        charts.Bars(
            str(row["payer_id"]),
            [row["dollars_prevented_cents"], row["dollars_delayed_cents"]],
            [
                f"{desk.money(int(row['dollars_prevented_cents']))} in {int(row['denials_prevented'])} claims",
                f"{desk.money(int(row['dollars_delayed_cents']))} in {int(row['held_wrongly'])} claims",
            ],
        )
        for _, row in rows.iterrows()
    ]
    title = f"{rule}: service {first} to {last}"
    return charts.bars(title, ["denials prevented", "good claims held"], groups)


@app.command("learned")
def learned(
    first: From = None,
    last: To = None,
    everything: Annotated[bool, typer.Option("--all", help="Also denials that a rule covers.")] = False,
    home: desk.Home = None,
    json_output: desk.Json = False,
) -> None:
    """Denials that no rule covers, by dollars: where the next rule would pay. Days are payment dates."""
    from tasks import frames, learning
    from tasks.door import open_ledger

    ledger = open_ledger(desk.enter(home))
    days = (first.date() if first else None, last.date() if last else None)
    rows = learning.denials_by_kind(ledger, *days)
    shown = rows if everything else rows[~rows["covered"].astype(bool)]
    if json_output:
        sums = {
            "denied_cents": int(rows["denied_cents"].sum()),
            "uncovered_cents": int(rows.loc[~rows["covered"].astype(bool), "denied_cents"].sum()),
        }
        desk.print_json({"denials": desk.records(shown), "total": sums})
        return
    columns = ["category", "CARC", "RARC", "denials", "claims", "denied", "rules"]
    body: list[list[object]] = [
        [
            *(row[name] for name in ("category", "carc", "rarc", "denials", "claims")),
            desk.money(int(row["denied_cents"])),
            row["rules"],
        ]
        for row in frames.records(shown)
    ]
    title = "denials by kind" if everything else "denials that no rule covers"
    desk.out.print(
        desk.table(title, columns, body, right=("denials", "claims", "denied"), whole=("category",))
    )
