"""The codec: 835 decoded and 837P encoded, in MB/s and against `pyarrow.csv` on as many bytes in the same rounds.

    python benchmarks/codec.py [--quick]      # one JSON object on stdout

One thread throughout. Speeds are given for wall and for CPU seconds; ratios are of CPU, so a neighbour counts less.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.csv
from clock import Timing, compare
from practice import claims_837
from synthetic_835 import files, of_size

from connectors.x12 import Envelope, decode_835, encode_837

SEED = 7
ENVELOPE = Envelope(
    sender_qualifier="ZZ",
    sender_id="SUBMIT123",
    receiver_qualifier="ZZ",
    receiver_id="CLEARHSE",
    submitter_name="EXAMPLE GROUP",
    contact="BILLING",
    phone="2175550100",
    receiver_name="EXAMPLE CLEARINGHOUSE",
    interchange_control="000000001",
    group_control="1",
    date=dt.date(2026, 1, 15),
    time=dt.time(17),
    usage="T",
    claims_per_transaction=100,
    reference="B000000001",
)


def csv_of(size: int) -> bytes:
    """About `size` bytes of CSV as plain as a CSV of claims can be: ids, codes, amounts in cents, a date."""
    rows = max(1, size // 57)
    text = "".join(
        f"C{n:012d},9083{n % 10},95,{10_000 + n % 20_000},{n % 9_000},2026-01-05,ICN{n:09d}\n"
        for n in range(rows)
    )
    return ("claim,code,modifier,charge_cents,paid_cents,service_date,payer_control\n" + text).encode()


def read_csv(data: bytes) -> pa.Table:
    """The yardstick: Arrow's CSV reader on one thread."""
    return pyarrow.csv.read_csv(io.BytesIO(data), pyarrow.csv.ReadOptions(use_threads=False))


def speed(size: int, thing: Timing, yardstick: Timing) -> dict[str, float]:
    """MB/s, and how much of the yardstick's speed that is."""
    return {
        "megabytes": size / 1e6,
        "mb_per_s": size / 1e6 / thing.wall,
        "mb_per_cpu_s": size / 1e6 / thing.cpu,
        "of_csv": yardstick.cpu / thing.cpu,
    }


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Speeds of the three paths."""
    pa.set_cpu_count(1)
    rounds = 3 if quick else 9
    large = of_size(8_000_000, SEED)
    small = files(2_000 if quick else 10_000, 9, SEED)
    tables = claims_837(2_000 if quick else 10_000, SEED)
    written = len(encode_837(tables, ENVELOPE))
    total = sum(map(len, small))
    _all_balanced(decode_835(large), 1)
    _all_balanced(decode_835(small), len(small))
    sheets = {size: csv_of(size) for size in (len(large), total, written)}
    timed = compare(
        rounds,
        large=lambda: decode_835(large),
        large_csv=lambda: read_csv(sheets[len(large)]),
        encode=lambda: encode_837(tables, ENVELOPE),
        encode_csv=lambda: read_csv(sheets[written]),
    )
    timed |= compare(
        2 if quick else 3, small=lambda: decode_835(small), small_csv=lambda: read_csv(sheets[total])
    )
    return {
        "decode one 835": speed(len(large), timed["large"], timed["large_csv"]),
        "decode small 835s": speed(total, timed["small"], timed["small_csv"]) | {"files": len(small)},
        "encode 837P": speed(written, timed["encode"], timed["encode_csv"])
        | {"claims": tables["claims"].num_rows},
    }


def _all_balanced(decoded: Any, transactions: int) -> None:
    """A speed counts only where the work was done: every transaction is there, balanced and without a problem."""
    assert decoded.transactions["balanced"].to_pylist() == [True] * transactions
    assert decoded.problems.num_rows == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    print(json.dumps(measure(quick=parser.parse_args().quick)))
