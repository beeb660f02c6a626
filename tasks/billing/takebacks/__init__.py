"""Take-backs: what a payer keeps or gives outside any claim (PLB), each cent tied to its cause or left as work.

A payer that paid too much takes it back in the checks that follow, and seldom at once:

* the claim is **reversed** (CLP02 22) and the money goes in the same check; or ``WO -x`` beside the reversal **defers**
  it, and a later ``WO +x`` **recovers** it;
* a check that would come out below zero is lifted to zero by ``FB -x``: the debt is **carried forward**, and ``FB +x``
  in a later check **brings it forward**, at once or by and by, perhaps to be carried again;
* a refund that the practice sent is **confirmed** by ``WO +x`` and ``72 -x`` in one remittance, which move nothing.

`explain` cuts every provider adjustment into parts and says of each what it is:

* **paired** with the opposite part of another adjustment (``partner_id``); both stand in one chain;
* **tied** to what it undoes: a payment, a whole check, a reversal; ``partner_id`` is null, the link says what;
* explained by its **account** (interest, tax, levies …), whatever claim it names;
* or **unexplained**, with a reason: `NO_REFERENCE`, `UNKNOWN_REFERENCE`, `AMBIGUOUS`, `AMOUNT_DIFFERS`, or `OPEN`,
  which is understood and waits for its other half.

So explained + unexplained = amount for every part, and the balance of a chain is the sum of what is unexplained in it:
it comes to zero when the chain has closed. Nothing is guessed: a link needs exactly one candidate (`references`), and
without a reference only the amount and the order may speak, again where one candidate fits.

The result depends on the facts alone, not on the order in which they came: adjustments are looked at by payment date,
trace and position.
"""

from tasks.billing.takebacks.chains import CHAIN, members
from tasks.billing.takebacks.explaining import PARTS, explain
from tasks.billing.takebacks.report import WORK, chains, open_work, summary

__all__ = ["CHAIN", "PARTS", "WORK", "chains", "explain", "members", "open_work", "summary"]
