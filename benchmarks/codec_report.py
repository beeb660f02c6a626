"""The codec's measurements as tables in Markdown, each against its budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Found = Mapping[str, Any]
# Ours to theirs, at least; a peer that is not here has no budget.
RATIOS = {
    "pyarrow.csv": 0.4,
    "openx12": 20,
    "x12sdk models": 100,
    "pyx12 context": 300,
    "pyx12 writer": 8,
}
DECODE_MB_PER_S = 100
FILES_MB_PER_S = 40
ENCODE_MB_PER_S = 40
MEMORY_MB = 600
SHOWN = {"decode": 25, "files": 10, "encode": 10}  # functions in each profile


def report(found: Found) -> list[str]:
    """Speeds, ratios, memory, what the peers are and where the time goes, of the parts that were measured."""
    lines = conditions(found)
    if rows := list(speeds(found)):
        lines += ["", "| what | ours MB/s | theirs MB/s | ratio | ratio, wall | budget | |"]
        lines += ["|---|---:|---:|---:|---:|---|---|", *rows]
    if "memory" in found:
        lines += ["", "| memory | peak | before it | windows | MB/s | budget | |"]
        lines += ["|---|---:|---:|---:|---:|---|---|", *map(memory_row, found["memory"])]
    lines += peer_table(found)
    if "decode" in found:
        decode = found["decode"]
        lines += ["", *by_module("decoding one file", decode), "", *floors(decode), "", next_limit(decode)]
        lines += ["", *by_function("decoding one file", decode, SHOWN["decode"])]
    for part, what in (("files", "decoding many small files"), ("encode", "encoding")):
        if part in found:
            lines += ["", *by_function(what, found[part], SHOWN[part])]
    return lines


def conditions(found: Found) -> list[str]:
    """What the numbers are of."""
    before, after = found["load"]
    return [
        "Speeds are per CPU second of one process on one thread, medians of runs taken in turn with what they are"
        " compared with; before each of ours and of Arrow's comes one that is not counted, because the peers leave the"
        f" caches to themselves. Load average {before:.1f} before and {after:.1f} after on {found['cores']} cores."
    ]


# --- speeds ------------------------------------------------------------------------------------------------------


def speeds(found: Found) -> Iterator[str]:
    """The rows of the first table: each speed of ours, then its comparisons."""
    if "decode" in found:
        part = found["decode"]
        what = f"decode one 835 of {part['claims']:,} claims, {part['lines']:,} lines, {part['megabytes']:.1f} MB"
        yield own(what, part, DECODE_MB_PER_S)
        yield from against(part)
    if "files" in found:
        part = found["files"]
        each = part["megabytes"] * 1e3 / part["files"]
        yield own(f"decode {part['files']:,} files of {each:.1f} KB in one call", part, FILES_MB_PER_S)
        yield from against(part, budgets={})
    if "encode" in found:
        part = found["encode"]
        what = f"encode 837P, {part['claims']:,} claims, {part['megabytes']:.1f} MB"
        yield own(what, part, ENCODE_MB_PER_S)
        yield from against(part)


def own(what: str, part: Found, budget: float) -> str:
    """A speed of ours against its budget."""
    ours = part["timed"]["ours"]
    speed, wall = (part["megabytes"] / ours[name] for name in ("cpu", "wall"))
    met = verdict(speed >= budget)
    return f"| {what} | {speed:.1f} | | | ({wall:.1f} MB/s) | at least {budget} MB/s | {met} |"


def against(part: Found, budgets: Mapping[str, float] = RATIOS) -> Iterator[str]:
    """A row for each thing ours ran beside."""
    ours, size = part["timed"]["ours"], part["megabytes"]
    for name, theirs in part["timed"].items():
        if name == "ours":
            continue
        wanted = f"at least {budgets[name]:g} ×" if name in budgets else "none"
        if not theirs:
            yield f"| · against {name} | | not measured | | | {wanted} | see below |"
            continue
        ratio, wall = (theirs[clock] / ours[clock] for clock in ("cpu", "wall"))
        met = verdict(ratio >= budgets[name]) if name in budgets else ""
        yield (
            f"| · against {name} | {size / ours['cpu']:.1f} | {size / theirs['cpu']:.2f}"
            f" | {times(ratio)} | {times(wall)} | {wanted} | {met} |"
        )


def times(ratio: float) -> str:
    """A ratio with as many digits as mean something."""
    return f"{ratio:.2f} ×" if ratio < 10 else f"{ratio:,.0f} ×"


def verdict(met: bool) -> str:
    """Whether a budget is met."""
    return "met" if met else "**not met**"


def memory_row(memory: Found) -> str:
    """The windowed reader's peak."""
    shape = "one set of all claims" if memory["one_set"] else "sets of 10,000 claims"
    what = f"one file of {memory['megabytes'] / 1e3:.2f} GB in windows, {shape}"
    budget = f"under {MEMORY_MB} MB"
    if "memory_mb" not in memory:
        what = f"one large file in windows, {shape}"
        return f"| {what} | not measured: {memory['missing']} | | | | {budget} | **not met** |"
    met = memory["memory_mb"] < MEMORY_MB and "missing" not in memory
    return (
        f"| {what} | {memory['memory_mb']:,.0f} MB | {memory['memory_before_mb']:,.0f} MB"
        f" | {memory['windows']:,} | {memory['megabytes'] / memory['cpu']:.1f}"
        f" | {budget} | {verdict(met)}{': ' + memory['missing'] if 'missing' in memory else ''} |"
    )


# --- peers -------------------------------------------------------------------------------------------------------


def peer_table(found: Found) -> list[str]:
    """What each peer is, how it was called, and what it could not do."""
    if not found["peers"]:
        return ["", "The peers were not asked for (`--peers`)."]
    lines = ["", "| peer | version | how it is called | runs | memory | found |"]
    lines += ["|---|---|---|---:|---:|---|"]
    for part in (found[name] for name in ("decode", "encode") if name in found):
        for name, peer in part["peers"].items():
            package = name.split()[0]
            lines.append(
                f"| {name} | {peer['version'] or ''} | {peer['how'] or ''} | {runs(part, name)} |"
                f" {peer['memory_mb']:,.0f} MB | {outcome(peer, part, found['not_installed'].get(package))} |"
            )
    return lines


def runs(part: Found, name: str) -> int:
    """How often it ran."""
    timed = part["timed"].get(name)
    return timed["runs"] if timed else 0


def outcome(peer: Found, part: Found, failure: str | None) -> str:
    """What it found, or why it found nothing."""
    if failure:
        return f"not installed: {failure}"
    if peer["error"]:
        return f"failed: {peer['error']}"
    if peer["differs"]:
        return "; ".join(
            f"{name} {value:,}{f' of {part[name]:,}' if name in part else ''}"
            for name, value in peer["differs"].items()
        )
    return "all"


# --- where the time goes -----------------------------------------------------------------------------------------


def by_module(what: str, part: Found) -> list[str]:
    """A module's functions together."""
    seconds = part["timed"]["ours"]["cpu"]
    lines = [f"Where {what} spends its time, by module:", "", "| module | share | ms |", "|---|---:|---:|"]
    return lines + [
        f"| {module} | {share:.1%} | {share * seconds * 1e3:.1f} |" for module, share in modules(part)
    ]


def modules(part: Found) -> list[tuple[str, float]]:
    """Shares of the modules, costliest first."""
    shares: dict[str, float] = {}
    for spot in part["profile"]:
        shares[spot["module"]] = shares.get(spot["module"], 0.0) + spot["share"]
    return sorted(shares.items(), key=lambda each: -each[1])


def by_function(what: str, part: Found, shown: int) -> list[str]:
    """The costliest functions, each with what it calls outside the codec."""
    seconds = part["timed"]["ours"]["cpu"]
    lines = [f"Where {what} spends its time, by function, NumPy and Arrow counted for who calls them:", ""]
    lines += ["| function | calls | share | ms |", "|---|---:|---:|---:|"]
    return lines + [
        f"| {spot['module']} `{spot['function']}` | {spot['calls']:,.0f} | {spot['share']:.1%} |"
        f" {spot['share'] * seconds * 1e3:.1f} |"
        for spot in part["profile"][:shown]
    ]


def floors(decode: Found) -> list[str]:
    """Single passes over the same bytes, for comparison."""
    seconds = decode["timed"]["ours"]["cpu"]
    lines = ["Single passes over the same bytes:", "", "| pass | ms | of decoding |", "|---|---:|---:|"]
    return lines + [
        f"| {name} | {cpu * 1e3:.1f} | {cpu / seconds:.1%} |" for name, cpu in decode["floors"].items()
    ]


def next_limit(decode: Found) -> str:
    """What to look at next, and what it could bring at most."""
    seconds, size = decode["timed"]["ours"]["cpu"], decode["megabytes"]
    spot, (module, share) = decode["profile"][0], modules(decode)[0]
    over = seconds - size / DECODE_MB_PER_S
    gap = f"{over * 1e3:.0f} ms too many for the budget" if over > 0 else f"{-over * 1e3:.0f} ms to spare"
    return (
        f"The next limit is `{spot['function']}` in {spot['module']}, {spot['share']:.0%}: were it free, decoding"
        f" would run at {size / (seconds * (1 - spot['share'])):.0f} MB/s instead of {size / seconds:.0f}."
        f" The costliest module is {module} with {share:.0%}. Decoding takes {seconds * 1e3:.0f} ms, {gap}."
    )
