"""Damaged files against every decoder, by the hundred thousand.

Run by path: ``python tests/connectors/x12/fuzz.py --cases 200000``. A case is one whole number: its seed says which
files it is made of and what is done to them, so ``--replay SEED`` makes it again. Of each case is demanded that

- no decoder raises or takes longer than two seconds of the processor's time;
- the compiled loops and NumPy alone give the same tables;
- no set is called balanced that ``slow_835`` does not call balanced with the same figures, and differences that both
  can tell are the same;
- in a pass over many files each is decoded as it is alone (compared whole for a sample of the cases);
- read in small windows it is judged no better (for a sample).
"""

from __future__ import annotations

# ruff: noqa: T201
import argparse
import dataclasses
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import slow_835
from engines import by_numpy
from mutations import mutated
from public.regenerate import DECODERS
from random_835 import file as random_file

from connectors.x12 import Decoded835, decode_835_windows, inspect

HERE = Path(__file__).parent
SECONDS = 2.0
BATCH = 200
LARGE = 50_000  # bytes; files above are drawn once in a thousand cases
ALONE, INSPECTED = 32, 8  # one case in so many is decoded alone too, and inspected


class Failure(NamedTuple):
    """A demand that a case does not meet."""

    seed: int
    demand: str
    detail: str


# --- Cases -----------------------------------------------------------------------------------------------------


@cache
def corpus() -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Remittances, other files, large files."""
    paths = sorted((HERE / "public").glob("*/*.edi")) + sorted((HERE / "samples").glob("*.edi"))
    contents = [(path, path.read_bytes()) for path in paths]
    large = [data for _, data in contents if len(data) > LARGE]
    remittances = [data for path, data in contents if "835" in str(path.relative_to(HERE))]
    others = [data for _, data in contents if data not in remittances and data not in large]
    return remittances, others, large


def original(rng: random.Random) -> bytes:
    """A whole file: half of them generated remittances, a quarter published ones."""
    remittances, others, large = corpus()
    if rng.random() < 0.001:
        return rng.choice(large)
    if rng.random() < 0.5:
        return random_file(rng.randint, off=rng.random() < 0.2).data
    return rng.choice(remittances if rng.random() < 0.5 else others)


def case(seed: int) -> bytes:
    """The file of a seed."""
    rng = random.Random(seed)
    return mutated(rng, original(rng), original)


# --- Demands ---------------------------------------------------------------------------------------------------


def failures(seeds: Sequence[int]) -> list[Failure]:
    """What these cases, decoded in one pass and some of them alone, do not meet."""
    return judged(seeds, [case(seed) for seed in seeds])


def judged(seeds: Sequence[int], files: Sequence[bytes]) -> list[Failure]:
    """As ``failures``, of files that have been made."""
    found: list[Failure] = []
    together = []
    for decode in DECODERS:
        decoded = _timed(lambda decode=decode: decode(files))
        if isinstance(decoded, str):
            culprits = _alone(seeds, files, decode)
            found += culprits or [Failure(seeds[0], "pass", f"{decode.__name__}: {decoded}")]
        together.append(decoded)
    if found:
        return found
    found += [Failure(seeds[0], "engine", each) for each in _unlike_numpy(files, together)]
    said = told(together[0], len(files))
    for number, (seed, data) in enumerate(zip(seeds, files, strict=True)):
        found += [Failure(seed, *each) for each in disagreements(said[number], data)]
        if len(files) == 1 or seed % ALONE == 0:
            found += _same_alone(seed, data, number, together)
        if len(files) == 1 or seed % ALONE == 1:
            found += windowed(seed, data)
        if len(files) == 1 or seed % INSPECTED == 0:
            seen = _timed(lambda data=data: inspect(data))
            if isinstance(seen, str):
                found.append(Failure(seed, "inspect", seen))
    return found


def unlike_engines(files: Sequence[bytes]) -> list[str]:
    """Tables of a pass that the compiled loops and NumPy do not give alike."""
    return _unlike_numpy(files, [decode(files) for decode in DECODERS])


def _unlike_numpy(files: Sequence[bytes], together: Sequence[Any]) -> list[str]:
    found = []
    for decode, decoded in zip(DECODERS, together, strict=True):
        with by_numpy():
            other = _timed(lambda decode=decode: decode(files))
        if isinstance(other, str):
            found.append(f"{decode.__name__} by NumPy: {other}")
            continue
        for each in dataclasses.fields(decoded):
            if getattr(decoded, each.name) != getattr(other, each.name):
                found.append(f"{decode.__name__}: {each.name} is another by NumPy")
    return found


def _alone(seeds: Sequence[int], files: Sequence[bytes], decode: Callable[[bytes], Any]) -> list[Failure]:
    """The cases that fail by themselves."""
    found = []
    for seed, data in zip(seeds, files, strict=True):
        decoded = _timed(lambda data=data: decode(data))
        if isinstance(decoded, str):
            found.append(Failure(seed, "decode", f"{decode.__name__}: {decoded}"))
    return found


def _timed(call: Callable[[], Any]) -> Any:
    """What the call returns, or as text what it raised or that it took too long."""
    began = time.process_time()
    try:
        with _alarm(10 * SECONDS):
            result = call()
    except Exception as error:
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f" at {Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else ""
        return f"{type(error).__name__}{where}"
    took = time.process_time() - began
    return f"took {took:.1f} s" if took > SECONDS else result


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


Rows = list[dict[str, Any]]


class Told(NamedTuple):
    """What ``decode_835`` says of one file of a pass: each set with its claims and lines."""

    sets: list[tuple[dict[str, Any], Rows, Rows]]
    no_isa: bool  # its one ISA is said to be none


MONEY = ("transaction", "charge_cents", "paid_cents", "difference_cents", "balanced")


def told(decoded: Any, files: int) -> list[Told]:
    """By input, of the tables of a pass."""
    columns = ("transaction", "bpr_cents", "credit_debit", "plb_cents", "difference_cents", "balanced")
    claims, lines = (_by_set(table.select(MONEY)) for table in (decoded.claims, decoded.lines))
    file_of = decoded.sets["file"].to_pylist()
    isas = Counter(decoded.interchanges["file"].to_pylist())
    codes = zip(decoded.problems["file"].to_pylist(), decoded.problems["code"].to_pylist(), strict=True)
    faulty = {file for file, code in codes if code == "ISA_ELEMENTS" and isas[file] == 1}
    found = [Told([], file in faulty) for file in range(files)]
    for row in decoded.transactions.select(columns).to_pylist():
        number = row["transaction"]
        found[file_of[number]].sets.append((row, claims.get(number, []), lines.get(number, [])))
    return found


def _by_set(table: pa.Table) -> dict[int, Rows]:
    found: dict[int, Rows] = {}
    for row in table.to_pylist():
        found.setdefault(row["transaction"], []).append(row)
    return found


def disagreements(said: Told, data: bytes) -> list[tuple[str, str]]:
    """Where the decoder says balanced and the slow judge does not, or another difference.

    A file that can be cut in more than one way is judged by the others too, where the first does not agree.
    """
    found = _unlike(said, slow_835.judge(data))
    if not found:
        return []
    readings = list(slow_835.readings(data))
    if any(not _unlike(said, judgments) for judgments in readings):
        return []
    balanced: Counter[Any] = Counter()
    for judgments in (slow_835.judge(data), *readings):
        balanced |= _balanced_figures(judgments)
    covered = not _told_balanced(said) - balanced
    return [each for each in found if not (covered and each[1].endswith("set(s) are called balanced"))]


def _unlike(said: Told, judgments: list[slow_835.Judgment]) -> list[tuple[str, str]]:
    found = []
    more = _told_balanced(said) - _balanced_figures(judgments)
    if more:
        found.append(("balanced", f"{sum(more.values())} set(s) are called balanced"))
    if _told_balanced(said) and said.no_isa:
        found.append(("balanced", "under an ISA without its elements"))
    if len(judgments) == len(said.sets):
        for judgment, each in zip(judgments, said.sets, strict=True):
            found += _differences(judgment, *each)
    return found


def _told_balanced(said: Told) -> Counter[Any]:
    return Counter(_told_figures(*each) for each in said.sets if each[0]["balanced"])


def _balanced_figures(judgments: list[slow_835.Judgment]) -> Counter[Any]:
    return Counter(_judged_figures(each) for each in judgments if each.balanced)


def _differences(
    judgment: slow_835.Judgment, row: dict[str, Any], claims: Rows, lines: Rows
) -> Iterator[tuple[str, str]]:
    """Of one set, where claims and lines are as many on both sides."""
    judged_lines = [line for claim in judgment.claims for line in claim.lines]
    if (len(claims), len(lines)) != (len(judgment.claims), len(judged_lines)):
        return
    pairs = [("set", row, judgment), *zip(["claim"] * len(claims), claims, judgment.claims, strict=True)]
    pairs += zip(["line"] * len(lines), lines, judged_lines, strict=True)
    for what, mine, judged_ in pairs:
        expected = _cents(judged_.difference)
        if None not in (expected, mine["difference_cents"]) and expected != mine["difference_cents"]:
            yield f"{what} difference", f"{mine['difference_cents']} is {expected}"
        if what == "claim" and mine["balanced"] and not judged_.balanced:
            yield "claim balanced", "a claim is called balanced"


def _cents(value: Any) -> int | None:
    return None if value is None else int(value * 100)


def _judged_figures(judgment: slow_835.Judgment) -> tuple[Any, ...]:
    lines = [line for claim in judgment.claims for line in claim.lines]
    amounts = [
        [(_cents(each.charge), _cents(each.paid)) for each in rows] for rows in (judgment.claims, lines)
    ]
    return (_cents(judgment.payment), _cents(judgment.held), *map(tuple, amounts))


def _told_figures(row: dict[str, Any], claims: Rows, lines: Rows) -> tuple[Any, ...]:
    payment = -abs(row["bpr_cents"]) if row["credit_debit"] == "D" else row["bpr_cents"]
    amounts = [tuple((each["charge_cents"], each["paid_cents"]) for each in rows) for rows in (claims, lines)]
    return payment, row["plb_cents"], *amounts


# --- In windows ---------------------------------------------------------------------------------------------------


def windowed(seed: int, data: bytes) -> Iterator[Failure]:
    """A file read a few hundred bytes at a time is not judged better than it should be."""
    window = max(100 + seed % 1500, len(data) // 100)  # each window costs the same, however small
    parts = _timed(lambda: list(decode_835_windows([data], window)))
    if isinstance(parts, str):
        yield Failure(seed, "windows", f"decode_835_windows: {parts}")
        return
    (said,) = told(_joined(parts), 1)
    for demand, detail in disagreements(said, data):
        yield Failure(seed, f"windows {demand}", detail)


def _joined(parts: Sequence[Decoded835]) -> Decoded835:
    names = [each.name for each in dataclasses.fields(parts[0])]
    return Decoded835(*(pa.concat_tables([getattr(part, name) for part in parts]) for name in names))


# --- Many in one pass ------------------------------------------------------------------------------------------

NUMBERED = {"interchange": "interchanges", "transaction": "sets", "claim": "claims", "line": "lines"}


def _same_alone(seed: int, data: bytes, number: int, together: Sequence[Any]) -> Iterator[Failure]:
    """The tables of one file of a pass are those of the file alone."""
    for decode, decoded in zip(DECODERS, together, strict=True):
        alone = _timed(lambda decode=decode: decode(data))
        if isinstance(alone, str):
            yield Failure(seed, "decode", f"{decode.__name__}: {alone}")
            continue
        for name, table in slice_of(decoded, number).items():
            if not table.equals(getattr(alone, name)):
                yield Failure(seed, "pass", f"{decode.__name__}: {name} differs from the file alone")


def slice_of(decoded: Any, number: int) -> dict[str, pa.Table]:
    """The rows of input ``number``, numbered as if it had been decoded alone."""
    tables = {each.name: getattr(decoded, each.name) for each in dataclasses.fields(decoded)}
    tables = {name: table for name, table in tables.items() if isinstance(table, pa.Table)}
    kept = {"file": np.array([number])}  # by column: the numbers that are the file's own, in order
    for column, owner in NUMBERED.items():
        if owner in tables and column in tables[owner].column_names:
            kept[column] = _rows(tables[owner], kept)
    return {name: _renumbered(table.take(_rows(table, kept)), kept) for name, table in tables.items()}


def _rows(table: pa.Table, kept: dict[str, np.ndarray]) -> np.ndarray:
    """The rows of a table that belong to the file."""
    column = next((column for column in kept if column in table.column_names), None)
    if column is None:
        return np.arange(table.num_rows)
    values = pc.fill_null(table[column], -1).to_numpy()
    numbers = kept[column]
    if not len(numbers):
        return np.empty(0, np.int64)
    return np.flatnonzero((values >= numbers[0]) & (values <= numbers[-1]) & np.isin(values, numbers))


def _renumbered(table: pa.Table, kept: dict[str, np.ndarray]) -> pa.Table:
    for column, numbers in kept.items():
        if column in table.column_names and pa.types.is_integer(table[column].type):
            at, values = table.column_names.index(column), table[column]
            null = pc.is_null(values).to_numpy()
            place = np.searchsorted(numbers, pc.fill_null(values, 0).to_numpy())
            new = pa.array(place, table.schema.field(at).type, mask=null)
            table = table.set_column(at, table.schema.field(at), new)
    return table


# --- Running ---------------------------------------------------------------------------------------------------


def run(cases: int, start: int, processes: int = 1, progress: bool = False) -> list[Failure]:
    """Seeds ``start`` to ``start + cases`` in passes of BATCH."""
    batches = [range(low, min(low + BATCH, start + cases)) for low in range(start, start + cases, BATCH)]
    if processes == 1:
        return [failure for batch in batches for failure in failures(batch)]
    found, began = [], time.perf_counter()
    with ProcessPoolExecutor(processes) as pool:
        for done, each in enumerate(pool.map(failures, batches), 1):
            found += each
            for failure in each if progress else ():
                print(*failure, sep="\t", flush=True)
            if progress and done % 50 == 0:
                print(
                    f"{done * BATCH} cases, {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True
                )
    return found


def shrunk(data: bytes, fails: Callable[[bytes], bool], seconds: float = 20.0) -> bytes:
    """A smaller file that fails the same way: pieces are taken out as long as it does."""
    until = time.perf_counter() + seconds
    size = len(data) // 2
    while size and time.perf_counter() < until:
        at = 0
        while at < len(data) and time.perf_counter() < until:
            less = data[:at] + data[at + size :]
            if fails(less):
                data = less
            else:
                at += size
        size //= 2
    return data


def _sort(failure: Failure) -> tuple[str, str]:
    return failure.demand, re.sub(r"-?\b[0-9]+\b", "n", failure.detail)


def keep(found: Sequence[Failure], folder: Path) -> None:
    """One shrunk file for each demand and detail."""
    folder.mkdir(parents=True, exist_ok=True)
    for failure in {_sort(each): each for each in reversed(found)}.values():

        def fails(data: bytes, failure: Failure = failure) -> bool:
            return any(each.demand == failure.demand for each in judged([0], [data]))

        data = case(failure.seed)
        if fails(data):
            data = shrunk(data, fails)
        path = folder / f"{failure.demand.replace(' ', '_')}_{failure.seed}.edi"
        path.write_bytes(data)
        print(path, failure.detail)


def main() -> int:
    """Fuzz, or make one case again."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--start", type=int, default=0, help="first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for shrunk failures (a new temporary one)")
    parser.add_argument("--replay", type=int, help="write the file of a seed to stdout")
    asked = parser.parse_args()
    if asked.replay is not None:
        sys.stdout.buffer.write(case(asked.replay))
        return 0
    began = time.perf_counter()
    found = run(asked.cases, asked.start, asked.processes, progress=True)
    took = time.perf_counter() - began
    print(f"seeds {asked.start} to {asked.start + asked.cases - 1}: {len(found)} failures, {took:.0f} s")
    if found:
        print(Counter(map(_sort, found)).most_common(20))
        keep(found, asked.keep or Path(tempfile.mkdtemp(prefix="crashers-")))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
