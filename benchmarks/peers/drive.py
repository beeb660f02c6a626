"""Runs one peer in the peers' own environment, once for each line on standard input.

    python benchmarks/peers/drive.py openx12 FILE [SMALL_FILE]

Answers with one JSON object a line: first its version, then for each run its seconds, what was found and the memory
at its peak; or why it could not be done. Imports, reading the file into memory where the peer takes text, and one run
over a file of a few claims are not timed. Each is called the fastest way its own interface offers that ends in claims.
"""

from __future__ import annotations

import io
import json
import logging
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

Found = dict[str, Any]
Run = Callable[[], Found]


def openx12(path: Path) -> Run:
    """`x835.parse(text)`: a dictionary a claim, amounts as floats."""
    from openx12 import x835

    text = path.read_text()

    def run() -> Found:
        claims = x835.parse(text).claims
        return _found(
            len(claims),
            sum(len(claim["services"]) for claim in claims),
            sum(claim["claim_payment_amount"] for claim in claims),
        )

    return run


def x12sdk(path: Path) -> Run:
    """`X12ModelReader(path).models()`, then `claims()` of each: Pydantic models, the claims' balance validated."""
    from x12sdk.io import X12ModelReader

    def run() -> Found:
        with X12ModelReader(str(path)) as reader:
            claims = [claim for model in reader.models() for claim in model.claims()]
        return _found(
            len(claims),
            sum(len(claim.claim.loop_2110) for claim in claims),
            sum(claim.paid for claim in claims),
        )

    return run


def pyx12_context(path: Path) -> Run:
    """`X12ContextReader.iter_segments("2100")`: a tree a claim, checked against the guide's map."""
    from pyx12.error_handler import errh_null
    from pyx12.params import params
    from pyx12.x12context import X12ContextReader

    text = path.read_text()

    def run() -> Found:
        claims, lines, paid = 0, 0, 0.0
        reader = X12ContextReader(params(), errh_null(), io.StringIO(text))
        for loop in reader.iter_segments("2100"):
            if loop.id == "2100":
                claims += 1
                lines += sum(child.id == "2110" for child in loop.children)
                paid += float(loop.get_value("CLP04"))
        return _found(claims, lines, paid)

    return run


def edi_835_parser(path: Path) -> Run:
    """`parse(path)`: objects a claim and a line, amounts as floats; one triplet of a CAS, no PLB."""
    from edi_835_parser import parse

    def run() -> Found:
        claims = [claim for each in parse(str(path)) for claim in each.claims]
        return _found(
            len(claims),
            sum(len(claim.services) for claim in claims),
            sum(claim.claim.paid_amount for claim in claims),
        )

    return run


def edi_835_parser_frame(path: Path) -> Run:
    """`parse(path).to_dataframe()`: a row a line; the frame holds no claim's own amounts."""
    from edi_835_parser import parse

    def run() -> Found:
        return {"lines": len(parse(str(path)).to_dataframe())}

    return run


def pyx12_writer(path: Path) -> Run:
    """`X12Writer.Write(Segment(text))` of the ready text of an 837's segments; composing it is not timed."""
    from pyx12.segment import Segment

    texts = _segments(path)
    return _written(path, lambda: (Segment(text, "~", "*", ":") for text in texts))


def pyx12_writer_alone(path: Path) -> Run:
    """`X12Writer.Write` of segments that are objects already: what remains when nothing is made."""
    from pyx12.segment import Segment

    made = [Segment(text, "~", "*", ":") for text in _segments(path)]
    return _written(path, lambda: made)


def x12sdk_writer(path: Path) -> Run:
    """`write_transactions(models)` of 837P models that were read before; making the models is not timed."""
    from x12sdk.io import X12ModelReader, write_transactions

    with X12ModelReader(str(path)) as reader:
        models = list(reader.models())

    def run() -> Found:
        text = write_transactions(models, sender_id="SUBMIT123", receiver_id="CLEARHSE")
        return {"claims": text.count("\nCLM*"), "bytes": len(text.replace("\n", ""))}

    return run


# name -> (distribution, how it is run)
PEERS = {
    "openx12": ("openx12", openx12),
    "x12sdk models": ("x12sdk", x12sdk),
    "pyx12 context": ("pyx12", pyx12_context),
    "edi-835-parser": ("edi-835-parser", edi_835_parser),
    "edi-835-parser frame": ("edi-835-parser", edi_835_parser_frame),
    "pyx12 writer": ("pyx12", pyx12_writer),
    "pyx12 writer alone": ("pyx12", pyx12_writer_alone),
    "x12sdk writer": ("x12sdk", x12sdk_writer),
}


def _found(claims: int, lines: int, paid: Any) -> Found:
    return {"claims": claims, "lines": lines, "paid_cents": round(float(paid) * 100)}


def _segments(path: Path) -> list[str]:
    return path.read_text().rstrip("~").split("~")


def _written(path: Path, segments: Callable[[], Any]) -> Run:
    from pyx12.x12file import X12Writer

    expected = len(path.read_bytes())

    def run() -> Found:
        stream = io.StringIO()
        with X12Writer(stream, "~", "*", ":", "", "^") as writer:
            for segment in segments():
                writer.Write(segment)
        text = stream.getvalue()
        return {"claims": text.count("~CLM*"), "bytes": len(text), "bytes_expected": expected}

    return run


def _peak_mb() -> float:
    """Memory at its peak; `ru_maxrss` of a child can be that of the process that started it."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _serve(name: str, path: Path, warm: Path | None, answers: Any) -> None:
    package, make = PEERS[name]

    def say(**answer: Any) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    try:
        if warm:
            make(warm)()
        run = make(path)
        say(version=version(package), how=" ".join((make.__doc__ or "").split()))
    except Exception as error:
        return say(error=_reason(error))
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            found = run()
        except Exception as error:
            return say(error=_reason(error))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        say(wall=wall, cpu=cpu, memory_mb=_peak_mb(), **found)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).replace('|', '/').split())[:300]}"


def main() -> None:
    """Keep the answers' stream for answers: what a peer prints or logs goes nowhere."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    name, path, *rest = sys.argv[1:]
    _serve(name, Path(path), Path(rest[0]) if rest else None, answers)


if __name__ == "__main__":
    main()
