"""Measure everything that has a budget and write ``docs/benchmarks.md``.

    python benchmarks/run.py            # all of it; some minutes, on a quiet machine
    python benchmarks/run.py --quick    # small sizes, printed only, for a look
    python benchmarks/run.py --codec    # the codec alone; the rest of the page stays
    python benchmarks/run.py --ledger   # the ledger alone, to 1,000,000 claims on both engines; an hour
    python benchmarks/run.py --backfill # the backfill alone, to 1,000,000 claims; a quarter of an hour
    python benchmarks/run.py --rest     # everything but those three; a quarter of an hour

Each benchmark runs in a process of its own, one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import codec_report

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
PACKAGES = ("prefect", "great-expectations", "pandas", "pyarrow", "sqlalchemy")
STAGES = (
    "load",
    "check encounters",
    "gates, coding and scrub",
    "build claims",
    "build corrected claims",
    "bill the next payer",
    "write 837 interchanges",
    "upload",
    "collect",
    "read acknowledgments",
    "read remittances",
    "read eligibility answers",
    "recognise answers",
    "settle voids",
    "write off by policy",
    "write the figures",
    "report",
    "proof and results",
)
# Parts shown under a stage.
PARTS = {
    "check encounters": ("check",),
    "gates, coding and scrub": ("gates", "coding", "scrub", "check"),
    "build claims": ("build", "encodable", "check"),
    "write 837 interchanges": ("encode",),
    "read acknowledgments": ("claim states",),
    "read remittances": ("decode", "facts", "match", "post", "check"),
    "report": ("work", "markdown artifact", "table artifact"),
    "proof and results": ("proof", "work"),
}
FLOW_STAGES = tuple(name for name in STAGES if name not in ("load", "proof and results"))
NOTHING = {"calls": 0, "wall": 0.0, "cpu": 0.0}


def run(script: str, *arguments: str) -> dict[str, Any]:
    """The JSON that a benchmark prints, with the CPU seconds of its process and all that it started."""
    print(f"… {script} {' '.join(arguments)}", file=sys.stderr)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CLEANCLAIM_"))
    }
    done = subprocess.run(
        [sys.executable, str(HERE / f"{script}.py"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
        env=kept,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout.splitlines()[-1]) | {"all_cpu": cpu}


# --- what a day comes to -----------------------------------------------------------------------------------------


def shares(day: Mapping[str, Any]) -> dict[str, float]:
    """Seconds of orchestration, checks and the whole day, cold and warm.

    Orchestration is what the flows take beyond the plain functions of their stages, the artifacts, the start of the
    server and the import of Prefect. Not part of the day: making the synthetic practice, and the partner's own work.
    Warm is the same day beside a server that runs already, with everything imported.
    """
    span = day["spans"]
    wall = {name: values["wall"] for name, values in span.items()}
    stages = sum(wall.get(f"flows/{name}", 0.0) for name in FLOW_STAGES)
    start = wall["Prefect server start"] + wall["import Prefect and the line"]
    orchestration = wall["flows"] - stages + wall["import Prefect and the line"]
    orchestration += wall.get("markdown artifact", 0.0) + wall.get("table artifact", 0.0)
    imported = wall["import Great Expectations"]
    checks = wall["check"] + imported
    total = wall["whole day"] - wall["partner"] - wall["synthetic practice"]
    total += imported + wall["import Prefect and the line"]
    return {
        "day": total,
        "orchestration": orchestration,
        "server": wall["Prefect server start"],
        "checks": checks,
        "share": (orchestration + checks) / total,
        "warm_share": (orchestration + checks - start - imported) / (total - start - imported),
    }


def day_table(day: Mapping[str, Any]) -> list[str]:
    """Seconds by stage."""
    span = day["spans"]
    known = shares(day)
    lines = ["| stage | runs | wall s | CPU s |", "|---|---:|---:|---:|"]

    def row(label: str, cost: Mapping[str, float]) -> None:
        lines.append(f"| {label} | {cost['calls']:.0f} | {cost['wall']:.2f} | {cost['cpu']:.2f} |")

    for name in STAGES:
        row(name, span.get(name, NOTHING))
        for part in PARTS.get(name, ()):
            if f"{name}/{part}" in span:
                row(f"· {part}", span[f"{name}/{part}"])
    row("import Great Expectations", span["import Great Expectations"])
    row("import Prefect and the line", span["import Prefect and the line"])
    row("Prefect server start", span["Prefect server start"] | {"calls": 1})  # later calls find it running
    around = known["orchestration"] - known["server"] - span["import Prefect and the line"]["wall"]
    lines.append(f"| Prefect around the stages, artifacts included | 4 | {around:.2f} | |")
    lines.append(f"| **the day** | | **{known['day']:.2f}** | |")
    row("not counted: the partner's own work", span["partner"])
    row("not counted: making the practice", span["synthetic practice"])
    return lines


# --- the page ----------------------------------------------------------------------------------------------------


def verdict(value: float, budget: float, *, at_most: bool = False) -> str:
    """Whether a budget is met."""
    return "met" if (value <= budget if at_most else value >= budget) else "**not met**"


def scrub_rows(scrub: Mapping[str, Any]) -> list[str]:
    alone, whole = scrub["scrub"], scrub["judge"]
    rows = [
        f"| scrub, all {alone['rules']} rules, {alone['claims']:,} claims | {alone['per_cpu_s']:,.0f} claims/s |"
        f" at least 50,000 | {verdict(alone['per_cpu_s'], 50_000)} |",
        f"| gates, coding, scrub and ids together | {whole['per_cpu_s']:,.0f} claims/s | none | |",
    ]
    for name, suite in scrub["suites"].items():
        rows.append(
            f"| suite {name}: {suite['expectations']} expectations, {suite['rows']:,} rows |"
            f" {suite['cpu']:.2f} s | none | |"
        )
    return rows


def backtest_rows(tested: Mapping[str, Any], through: str) -> list[str]:
    """The slowest of the rules tried, and the memory of all of them."""
    name, slowest = max(tested["rules"].items(), key=lambda item: item[1]["wall"])
    claims = f"{tested['claims']:,} claims"
    seconds = ", ".join(f"{rule} {cost['wall']:.0f} s" for rule, cost in tested["rules"].items())
    return [
        f"| a rule tried on {claims} of history, {through} (slowest: {name}; {seconds}) | {slowest['wall']:.0f} s |"
        f" at most 60 s | {verdict(slowest['wall'], 60, at_most=True)} |",
        f"| memory of that | {tested['memory_mb']:,.0f} MB | at most 2,000 MB |"
        f" {verdict(tested['memory_mb'], 2_000, at_most=True)} |",
    ]


def day_rows(day: Mapping[str, Any], demo: Mapping[str, Any]) -> list[str]:
    known = shares(day)
    size = f"{day['encounters']:,}"
    return [
        f"| orchestration and checks in a {size}-encounter day, fresh home | {known['share']:.0%}"
        f" of {known['day']:.0f} s | at most 30 % | {verdict(known['share'], 0.30, at_most=True)} |",
        f"| the same beside a Prefect server that runs already | {known['warm_share']:.0%} | at most 30 % |"
        f" {verdict(known['warm_share'], 0.30, at_most=True)} |",
        f"| demo of {demo['encounters']:,} encounters, from nothing | {demo['seconds_since_start']:.0f} s |"
        f" at most 90 s | {verdict(demo['seconds_since_start'], 90, at_most=True)} |",
    ]


def page(found: Mapping[str, Any], command: str) -> str:
    """The measured page."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    lines = [
        "# Benchmarks",
        "",
        f"Written by `{command}`; budgets are those of the design. {os.cpu_count()} cores, {platform.machine()},"
        f" Python {platform.python_version()}, {versions}."
        f" Load average {found['load'][0]:.1f} before and {found['load'][1]:.1f} after: a run on a quiet machine"
        " starts near 0.",
        "",
        "Speeds and ratios are medians of CPU seconds of one process on one thread, so that neighbours on the machine"
        " count less; what they are compared with ran in the same rounds. Days are wall seconds. The day beside a"
        " server that runs already is the same run less the server's start and the imports.",
        "",
        "| what | measured | budget | |",
        "|---|---|---|---|",
        *scrub_rows(found["scrub"]),
        *backtest_rows(found["backtest"], "Parquet"),
        *backtest_rows(found["backtest_ledger"], "a ledger on SQLite"),
        *day_rows(found["day"], found["demo"]),
        "",
        *(codec_section(found["codec"]) if "codec" in found else kept("## The codec")),
        "",
        *(ledger_section(found["ledger"]) if "ledger" in found else kept("## The ledger")),
        "",
        *(backfill_section(found["backfill"]) if "backfill" in found else kept("## The backfill")),
        "",
        f"## A day of {found['day']['encounters']:,} encounters",
        "",
        f"{found['day']['claims']:,} claims, {found['day']['remittances']} remittances, three collections of answers;"
        f" SQLite, the sandbox clearinghouse in the same process. {found['day']['all_cpu']:.0f} CPU seconds with"
        f" Prefect's server, {found['day']['memory_mb']:.0f} MB at most without it.",
        "",
        *day_table(found["day"]),
        "",
        f"## The demo of {found['demo']['encounters']:,} encounters",
        "",
        *demo_table(found["demo"]),
    ]
    return "\n".join(lines) + "\n"


def kept(heading: str) -> list[str]:
    """A section of the page as it stands."""
    section = PAGE.read_text(encoding="utf-8").partition(f"{heading}\n")[2].partition("\n## ")[0]
    return [heading, *section.rstrip("\n").split("\n")]


def codec_section(codec: Mapping[str, Any]) -> list[str]:
    """The codec beside its peers."""
    made = f"By `python benchmarks/codec.py --peers`, Python {platform.python_version()}, pyarrow {version('pyarrow')}"
    return ["## The codec", "", f"{made}, numpy {version('numpy')}.", "", *codec_report.report(codec)]


LEDGER = {
    "sqlite": ("--claims", "100000"),
    "postgresql": ("--claims", "100000", "--engine", "postgresql"),
    "growth": ("--grow", "1000000"),
    "growth on postgresql": ("--grow", "1000000", "--engine", "postgresql"),
}


def ledger_section(ledger: Mapping[str, Any]) -> list[str]:
    """Posting against the bare insert on both engines, and as the ledger grows."""
    lines = [
        "## The ledger",
        "",
        "By `python benchmarks/ledger.py` with the arguments in the table. Remitted claims of three lines and seven"
        " adjustments, 28 rows each, go from archived bytes to committed postings, checks and their pages included;"
        " the bare insert is that of the same rows, finished, into the same tables and indexes: `executemany` on"
        " SQLite, COPY on PostgreSQL. CPU is that of the one process, so PostgreSQL's server counts in the wall"
        " seconds only. When the ledger has grown, files of 10,000 claims are posted in turn into an empty one and into"
        " it, five each: the medians of the ratios and of the times. The claims' numbers lie all over the indexes."
        f" Load average {ledger['load'][0]:.1f} before and {ledger['load'][1]:.1f} after on {os.cpu_count()} cores.",
        "",
        "| what | arguments | measured | budget | |",
        "|---|---|---|---|---|",
    ]
    for engine, clock in (("sqlite", "cpu"), ("postgresql", "wall")):
        each = ledger[engine]
        ratio = each[f"ratio_{clock}"]
        lines.append(
            f"| post {each['claims']:,} claims, {engine} | `{' '.join(LEDGER[engine])}` | {ratio:.2f} × the bare"
            f" insert ({each[clock]:.1f} s to {each[f'bare_{clock}']:.1f} s, {clock}; the other clock"
            f" {each['ratio_wall' if clock == 'cpu' else 'ratio_cpu']:.2f} ×) | at most 3 × |"
            f" {verdict(ratio, 3, at_most=True)} |"
        )
    for name in ("growth", "growth on postgresql"):
        grown, arguments = ledger[name], f"`{' '.join(LEDGER[name])}`"
        a_claim = 1e6 / grown["a_file"]
        lines += [
            f"| a claim in a ledger of {grown['claims']:,}, {grown['engine']} | {arguments} |"
            f" {grown['growth_cpu']:.2f} × one in an empty ledger ({grown['last_cpu'] * a_claim:.0f} µs to"
            f" {grown['first_cpu'] * a_claim:.0f} µs, cpu; wall {grown['growth_wall']:.2f} ×) | at most 1.3 × |"
            f" {verdict(grown['growth_cpu'], 1.3, at_most=True)} |",
            f"| the most memory of all that time, {grown['engine']} | {arguments} | {grown['memory_mb']:,.0f} MB |"
            f" at most 1,500 MB | {verdict(grown['memory_mb'], 1500, at_most=True)} |",
            f"| looking for open answers where there are none, {grown['engine']} | {arguments} |"
            f" {grown['recognise']:.2f} s | none | |",
        ]
    return lines


SCRIPTS = {
    "little": "keeps little",
    "books": "keeps books",
    "merge": "keeps books and merges each row",
}
BACKFILL = {
    "claims": ("--claims", "100000", "--whole"),
    "postgresql": ("--claims", "100000", "--engine", "postgresql", "--bare"),
    "memory": ("--memory", "1000000"),
}


def backfill_section(found: Mapping[str, Any]) -> list[str]:
    """A backfill against the bare insert, by processes, beside plain scripts, and as it grows."""
    one, server, large = found["claims"], found["postgresql"], found["memory"]
    claims, far = f"{one['claims']:,} claims", one["whole_dask_of_two"]
    seconds = {name: statistics.median(turn[name] for turn in one["whole"]) for name in ("two", "dask")}
    lines = [
        "## The backfill",
        "",
        f"By `python benchmarks/backfill.py` with `--claims {one['claims']} --whole`, with `--engine postgresql"
        f" --bare`, and with `--memory {large['claims']}`."
        " Dense claims that the ledger never sent, in files of 1,000, go from files to adopted and posted"
        " claims on SQLite; proof, fingerprint and report come on top and are told apart. CPU is that of the"
        " one process. Processes and Dask are by the clock on the wall, as that is about who works beside whom: the"
        " medians of three rounds in turn. The scripts are edi-835-parser with SQLAlchemy's ORM: one keeps a row a"
        " claim, line and adjustment, one has keys, indexes and entries about as our ledger does, and one"
        " merges these rows instead of adding them, which asks the database about each. They read 3,000"
        " claims and are taken for linear; three rounds in turn with a whole backfill of"
        f" {one['whole_claims']:,} claims and with the first part of it, archive and Parquet, which keeps what the"
        " first script keeps: the medians of the ratios and of the times."
        f" Load average {one['load'][0]:.1f} before and {one['load'][1]:.1f} after on {os.cpu_count()} cores.",
        "",
        "| what | measured | budget | |",
        "|---|---|---|---|",
        f"| decode, store, adopt and post {claims} | {one['times_bare_cpu']:.2f} × the bare insert"
        f" ({one['cpu']:.1f} s to {one['bare_cpu']:.1f} s, cpu; wall {one['times_bare']:.2f} ×) | at most 3 × |"
        f" {verdict(one['times_bare_cpu'], 3, at_most=True)} |",
        f"| the same on PostgreSQL | {server['times_bare']:.2f} × the bare COPY ({server['wall']:.1f} s to"
        f" {server['bare_wall']:.1f} s, wall) | at most 3 × | {verdict(server['times_bare'], 3, at_most=True)} |",
        f"| · whatever the size; a claim; a claim's part of proof, fingerprint and report | {one['start_cpu']:.2f} s;"
        f" {one['each_cpu'] * 1e6:.0f} µs; {one['proof_cpu'] / one['claims'] * 1e6:.0f} µs | none | |",
        f"| two processes decode | {one['two_processes']:.2f} × as fast as one | at least 1.6 × |"
        f" {verdict(one['two_processes'], 1.6)} |",
        f"| the whole backfill with two local workers of Dask | in {far:.2f} × the time of `--jobs 2`"
        f" ({seconds['dask']:.1f} s to {seconds['two']:.1f} s for {one['whole_claims']:,} claims, wall)"
        " | at most 1.3 × |"
        f" {verdict(far, 1.3, at_most=True)} |",
        f"| · decoding alone, in portions of 4 MB | in {one['dask_of_two']:.2f} × the time of two processes | none | |",
    ]
    lines += script_rows(one)
    bare = one["bare_cpu"] / one["claims"] * 1e6
    lines += [
        f"| a claim among {large['claims']:,} | {large['ratio']:.2f} × one among 10,000"
        f" ({large['cpu_each'] * 1e6:.0f} µs to {large['cpu_each_10000'] * 1e6:.0f} µs, cpu; the median of six, before"
        " and after) | at most 1.3 × |"
        f" {verdict(large['ratio'], 1.3, at_most=True)} |",
        f"| the most memory of all that | {large['memory_mb']:,.0f} MB | at most 1,500 MB |"
        f" {verdict(large['memory_mb'], 1500, at_most=True)} |",
        "",
        f"The bare insert alone is {bare:.0f} µs a claim: twenty times as fast as a script can only be who is compared"
        f" with one of {20 * bare / 1e3:.1f} ms a claim or more.",
    ]
    return lines


def script_rows(found: Mapping[str, Any]) -> list[str]:
    """Rows of the scripts, against the whole of it and, the one that posts nothing, against what does as much."""
    if not found["scripts"]:
        return ["| against scripts | could not be installed | at least 20 × | |"]
    cost = {name: f"{seconds * 1e6:.0f} µs" for name, seconds in found["script_cpu"].items()}
    rows = [
        (
            f"a script that {SCRIPTS[keeps]} ({found['script_rows'][keeps]:.0f} rows a claim)",
            times,
            f"{cost[keeps]} a claim to {cost['ours']}",
        )
        for keeps, times in found["times_script"].items()
    ]
    part = f"{cost['little']} a claim to {cost['parquet']}"
    rows.append(("the first of them, against archive and Parquet alone", found["times_little"], part))
    return [
        f"| {what} | we are {times:.1f} × as fast ({of}, cpu) | at least 20 × | {verdict(times, 20)} |"
        for what, times, of in rows
    ]


def backfill(quick: bool = False) -> dict[str, Any]:
    """What `backfill_section` shows."""
    small = {"100000": "10000", "1000000": "10000"} if quick else {}
    return {
        name: run("backfill", *(small.get(given, given) for given in arguments))
        for name, arguments in BACKFILL.items()
    }


def renewed(text: str, section: list[str]) -> str:
    """The page with the section of that heading replaced."""
    before, _, rest = text.partition(section[0] + "\n")
    _, mark, after = rest.partition("\n## ")
    return before + "\n".join(section) + "\n" + mark + after


def demo_table(demo: Mapping[str, Any]) -> list[str]:
    """Where the demo's seconds go."""
    wall = {name: values["wall"] for name, values in demo["spans"].items()}
    known = shares(demo)
    around = known["orchestration"] - known["server"] - wall["import Prefect and the line"]
    rows = {
        "Prefect server start": wall["Prefect server start"],
        "import Prefect and the line": wall["import Prefect and the line"],
        "import Great Expectations": wall["import Great Expectations"],
        "Prefect around the stages, artifacts included": around,
        "checks": wall["check"],
        "the partner's own work": wall["partner"],
    }
    rows["everything else: the line's own work"] = demo["seconds_since_start"] - sum(rows.values())
    lines = ["| what | wall s |", "|---|---:|"]
    lines += [f"| {name} | {seconds:.1f} |" for name, seconds in rows.items()]
    return [*lines, f"| **all** | **{demo['seconds_since_start']:.1f}** |"]


def median(runs: list[dict[str, Any]], key: Callable[[dict[str, Any]], float]) -> dict[str, Any]:
    """The run in the middle."""
    return sorted(runs, key=key)[len(runs) // 2]


def ledger(quick: bool = False) -> dict[str, Any]:
    """What `ledger_section` shows."""
    smaller = {"100000": "10000", "1000000": "100000"} if quick else {}
    before = os.getloadavg()[0]
    found: dict[str, Any] = {
        name: run("ledger", *(smaller.get(given, given) for given in arguments))
        for name, arguments in LEDGER.items()
    }
    return found | {"load": (before, os.getloadavg()[0])}


def main() -> None:
    """Measure, print, and write the page (not with ``--quick``)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="small sizes; print, do not write the page")
    parser.add_argument("--rounds", type=int, default=3, help="days to run; the one in the middle is shown")
    parser.add_argument("--codec", action="store_true", help="renew the codec's section alone")
    parser.add_argument("--ledger", action="store_true", help="renew the ledger's section alone")
    parser.add_argument("--backfill", action="store_true", help="renew the backfill's section alone")
    parser.add_argument("--rest", action="store_true", help="renew everything but those three sections")
    given = parser.parse_args()
    if given.codec or given.ledger or given.backfill:
        if given.codec:
            section = codec_section(run("codec", "--json", "--peers"))
        else:
            section = ledger_section(ledger()) if given.ledger else backfill_section(backfill())
        print("\n".join(section))
        PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), section), encoding="utf-8")
        return
    quick = ["--quick"] if given.quick else []
    before = os.getloadavg()[0]
    rounds = 1 if given.quick else given.rounds
    encounters = 1_000 if given.quick else 10_000
    days = [run("day", "--encounters", str(encounters)) for _ in range(rounds)]
    found: dict[str, Any] = {}
    if not given.rest:
        found |= {"codec": run("codec", "--json", "--peers", *quick), "ledger": ledger(given.quick)}
        found |= {"backfill": backfill(given.quick)}
    found |= {
        "scrub": run("scrub", *quick),
        "backtest": run("backtest", *quick),
        "backtest_ledger": run("backtest", "--ledger", *quick),
        "day": median(days, lambda each: shares(each)["share"]),
        "demo": run("day", "--encounters", "500"),
    }
    found["load"] = (before, os.getloadavg()[0])
    text = page(found, " ".join(["python benchmarks/run.py", *sys.argv[1:]]))
    print(text)
    if not given.quick:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
